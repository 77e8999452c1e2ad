"""What is told from one line alone: blank, quoted, an attribution's moment, a paragraph's edge."""

import re

# Right-to-left letters and phones wrap names in these; they hide an end or a beginning.
INVISIBLE = dict.fromkeys(
    [*range(0x200B, 0x2010), 0x2060, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF]
)
# A pipe quotes where it opens a line and doesn't close it: else it is a table.
QUOTED = re.compile(r"\s*(?:[>\uff1e»]|\|(?=\s|$)(?!.*\|\s*$))")
LONG = 400


def bare(line: str) -> str:
    """A line as the rules read it: nothing invisible, no blanks at its ends, no stars of bold."""
    seen = line if line.isascii() else line.translate(INVISIBLE)
    return seen.strip().strip("*").strip()


def is_blank(line: str) -> bool:
    return not line or line.isspace() or not bare(line)


def is_quoted(line: str) -> bool:
    return QUOTED.match(line[:LONG]) is not None


def next_written(lines: list[str], after: int) -> str | None:
    """The first line below that isn't blank."""
    return next((line for line in lines[after + 1 : after + 12] if not is_blank(line)), None)


def paragraphs(lines: list[str]) -> list[range]:
    """Where the paragraphs are: runs of lines between blank ones."""
    found: list[range] = []
    for number, line in enumerate(lines):
        if is_blank(line):
            continue
        if found and found[-1].stop == number:
            found[-1] = range(found[-1].start, number + 1)
        else:
            found.append(range(number, number + 1))
    return found
