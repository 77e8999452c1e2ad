"""Every sentence that a reader may see, gathered from the code and the templates."""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from course.language import FOLDER

ROOT = Path(__file__).parents[2]
ROOMS = ("course", "emails", "app")
METHODS = [("**.py", "python"), ("**/templates/**", "jinja2")]
OPTIONS = {"**/templates/**": {"trimmed": "true", "silent": "false"}}
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "say": None,
    "mark": None,
    "plural": (1, 2),
    "mark_plural": (1, 2),
}


def gather() -> Catalog:
    sentences = Catalog()
    for room in ROOMS:
        found = extract_from_dir(ROOT / room, METHODS, OPTIONS, KEYWORDS)
        for _file, _line, sentence, _comments, context in found:
            sentences.add(sentence, context=context)
    return sentences


def files() -> list[Path]:
    return sorted(FOLDER.glob("*.po"))


def read(file: Path) -> Catalog:
    with file.open("rb") as written:
        return read_po(written, locale=file.stem.replace("-", "_"))


def pairs(catalogue: Catalog) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Each sentence in its forms, and their translations."""
    for message in catalogue:
        if message.id:
            yield _forms(message.id), _forms(message.string or "")


def _forms(words: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)
