"""RFC 3676: in text marked format=flowed a blank at the end of a line means that it goes on."""

import re

DEPTH = re.compile(r">*")
SIGNATURE = "-- "


def unflowed(text: str, *, delsp: bool) -> str:
    """Paragraphs as they were written, each on one line, quoted ones with their marks."""
    done: list[str] = []
    depth, flowing = 0, False
    for line in text.splitlines():
        marks = DEPTH.match(line)
        deep = marks.end() if marks else 0
        content = line[deep:].removeprefix(" ")
        if flowing and deep == depth and content != SIGNATURE:
            done[-1] += content
        else:
            done.append(f"{'>' * deep} {content}" if deep else content)
        depth = deep
        flowing = content.endswith(" ") and content != SIGNATURE
        if flowing and delsp:
            done[-1] = done[-1][:-1]
    return "\n".join(done)
