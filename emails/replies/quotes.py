"""Lines marked as quoted: left out, unless she chose them herself."""

import re

from emails.replies.letters import without_letter
from emails.replies.marks import LONG, is_blank, is_quoted

MARKS = re.compile(r"[\s>\uff1e»|]+")
# Mail programs on the way break lines near here, and the rest loses its mark.
WRAP_WIDTH = 72
REMNANT = re.compile(r"[^\W\d_A-Z]\S*(?:\s\S+){0,5}\s*$")
BY_HAND_LINES = 10


def mended(lines: list[str]) -> list[str]:
    """What was broken off a long quoted line is marked like it.

    It stands between marked lines, begins small, and the line above it doesn't end.
    """
    whole = list(lines)
    for number in range(1, len(lines) - 1):
        above = whole[number - 1].rstrip()
        if (
            len(above) >= WRAP_WIDTH
            and is_quoted(above)
            and is_quoted(lines[number + 1])
            and len(lines[number]) < LONG
            and REMNANT.match(lines[number])
            and above[-1] not in ".!?:…"
        ):
            whole[number] = f"> {lines[number]}"
    return whole


def without_quotes(lines: list[str]) -> list[str]:
    return [line for line in lines if not is_quoted(line)]


def chosen_by_hand(lines: list[str]) -> bool:
    """A few quoted lines that nobody announces, and an answer below: she put them there herself.

    A mail program quotes the whole letter, and says whose it was.
    """
    marked = [number for number, line in enumerate(lines) if is_quoted(line)]
    if not 1 <= len(marked) <= BY_HAND_LINES or without_letter(lines) != lines:
        return False
    unmarked = [MARKS.sub("", line[:LONG], count=1) for line in lines]
    answered = any(not is_blank(line) for line in lines[marked[-1] + 1 :])
    return answered and without_letter(unmarked) == unmarked
