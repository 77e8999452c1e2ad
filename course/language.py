"""What readers are told, in the language of their course.

The sentences in our code are English and stand for themselves; a catalogue in `languages/` has them
in another language. A language that has none gets English sentences, English dates and all: never
half of each.
"""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent / "languages"


class Language:
    """The sentences of one language. Its placeholders are written `%(name)s`."""

    def __init__(self, tag: str, catalogue: NullTranslations) -> None:
        self.tag = tag
        self.locale = Locale.parse(tag, sep="-")
        self._catalogue = catalogue

    @property
    def direction(self) -> str:
        """How it runs: "ltr" or "rtl"."""
        return str(self.locale.text_direction)

    def say(self, sentence: str, /, **values: object) -> str:
        return self.sentence(sentence) % values

    def plural(self, one: str, many: str, count: int, /, **values: object) -> str:
        """What fits so many; `count` itself is among the values."""
        return self.sentences(one, many, count) % {"count": count, **values}

    def sentence(self, sentence: str) -> str:
        """With its placeholders still in it."""
        return self._catalogue.gettext(sentence) if sentence else ""

    def sentences(self, one: str, many: str, count: int) -> str:
        return self._catalogue.ngettext(one, many, count)


# What our sentences are written in.
ENGLISH = Language("en", NullTranslations())


def mark(sentence: str) -> str:
    """Itself: a sentence that stands in a table, for the catalogues to find it."""
    return sentence


def mark_plural(one: str, many: str) -> tuple[str, str]:
    """The same for a pair of which the count chooses one."""
    return one, many


def languages() -> tuple[str, ...]:
    """The tags of all there are."""
    return (ENGLISH.tag, *sorted(file.stem for file in FOLDER.glob("*.po")))


@cache
def language_of(tag: str) -> Language:
    """What there is for a tag such as "de-AT": its own catalogue, or that of "de", or English."""
    for known in (tag, tag.partition("-")[0]):
        if known == "en":
            break
        if (FOLDER / f"{known}.po").exists():
            return Language(known, _read(known))
    return ENGLISH


def _read(tag: str) -> NullTranslations:
    with (FOLDER / f"{tag}.po").open("rb") as written:
        catalogue = read_po(written, locale=tag.replace("-", "_"))
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
