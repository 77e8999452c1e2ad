"""The keepsake as a PDF that can be read aloud (PDF/UA), typeset by Typst in this very process.

Her words reach Typst as data and are never read as its markup. Where no font here holds a sign of
hers, PDF/UA refuses it rather than leave a gap: symbols are then written as their names, and for
a script that no font holds there is no PDF.
"""

import json
import re
import unicodedata
from datetime import datetime
from pathlib import Path

import typst

from app.keepsake import Chapter, Keepsake
from emails import markdown, palette

TEMPLATE = Path(__file__).parent / "web" / "templates" / "keepsake.typ"
NO_GLYPH = "could not be displayed"
RIGHT_TO_LEFT = {"R", "AL"}
# Such as the hearts and faces that phones offer, and what only changes their look.
SYMBOLS = {"So", "Sk", "Cn", "Co"}
LOOKS = re.compile("[\ufe0e\ufe0f\u200d]|[\U0001f3fb-\U0001f3ff]|[\U000e0020-\U000e007f]")


def typeset(keepsake: Keepsake, made_at: datetime) -> bytes | None:
    """The PDF; nothing where it can't hold each of her words."""
    data = _data(keepsake)
    return _compile(data, made_at) or _compile(_spoken(data), made_at)


def _compile(data: str, made_at: datetime) -> bytes | None:
    try:
        return typst.compile(
            TEMPLATE.read_bytes(),
            format="pdf",
            sys_inputs={"keepsake": data},
            pdf_standards=["ua-1"],
            timestamp=int(made_at.timestamp()),
        )
    except typst.TypstError as error:
        if NO_GLYPH in error.message:
            return None
        raise


def _data(keepsake: Keepsake) -> str:
    value = {
        "course": keepsake.course_title,
        "title": keepsake.language.say("Your words"),
        "language": keepsake.course_language.partition("-")[0],
        "span": keepsake.span,
        "chapters": [_chapter(chapter) for chapter in keepsake.chapters],
        "ink": palette.LIGHT.ink,
        "quiet": palette.LIGHT.quiet,
        "line": palette.LIGHT.line,
    }
    return json.dumps(value, ensure_ascii=False)


def _chapter(chapter: Chapter) -> dict[str, object]:
    return {
        "title": chapter.title,
        "question": [_paragraph(each) for each in markdown.paragraphs(chapter.question)],
        "entries": [
            {"day": entry.day, "words": [_paragraph(p) for p in _paragraphs(entry.words)]}
            for entry in chapter.entries
        ],
    }


def _paragraphs(words: str) -> list[str]:
    return [part.strip("\n") for part in re.split(r"\n\s*\n", words) if part.strip()]


def _paragraph(text: str) -> dict[str, object]:
    """Its lines, and which way they run: as the first letter that knows one."""
    ways = (unicodedata.bidirectional(sign) for sign in text)
    first = next((way for way in ways if way in {"L", *RIGHT_TO_LEFT}), "L")
    return {"lines": text.split("\n"), "rtl": first in RIGHT_TO_LEFT}


def _spoken(data: str) -> str:
    return "".join(map(_named, LOOKS.sub("", data)))


def _named(sign: str) -> str:
    if unicodedata.category(sign) not in SYMBOLS:
        return sign
    return f"[{unicodedata.name(sign, 'a sign').lower()}]"
