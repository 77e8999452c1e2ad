"""What compiling a letter once saves: `python -m bench.rendering`.

The baseline keeps its Jinja environment and puts the letter's Markdown and MJML through for every
reader. Ours does that once per lesson version and fills the slots for each reader. Both make the
same bytes.
"""

from collections.abc import Callable
from datetime import date
from time import perf_counter

from app.settings import SHIPPED_COURSES
from course.catalogue import load_catalogue
from course.keys import new_secret, parse_keys
from emails.compose import Composer
from emails.links import Links, Tokens
from emails.message import Address
from emails.reader import Reader
from emails.rendering import Blueprint, Templates
from emails.sheet import Sheet
from emails.stationery import Stationery

READERS = 500
ROUNDS = 5

STATIONERY = Stationery(
    sender=Address("letters@practice.example", "A practice"),
    owner=Address("owner@practice.example", "A practice"),
    postal_address="1 Example Street, 12345 Example City",
    educational_note="These letters are educational.",
    crisis_note="In a crisis, call your local emergency number.",
    reading_days="I read replies on Tuesdays.",
)
COURSE = load_catalogue(SHIPPED_COURSES)["six-letters"]
LINKS = Links(
    "https://letters.practice.example",
    "replies@practice.example",
    Tokens(parse_keys(new_secret())),
)


class Forgetful(Templates):
    """Compiles the letter anew each time."""

    def _blueprint(self, sheet: Sheet) -> Blueprint:
        return self._compile(sheet)


def main() -> None:
    people = [
        Reader(f"{n:0>13}", f"reader-{n}@example.com", f"Reader {n}", date(2026, 1, 5))
        for n in range(READERS)
    ]
    assert _compiled_each_time(people[:2]) == _compiled_once(people[:2])
    pairs = [
        (_seconds(_compiled_each_time, people), _seconds(_compiled_once, people))
        for _ in range(ROUNDS)
    ]
    pairs.sort(key=lambda pair: pair[0] / pair[1])
    each_time, once = pairs[ROUNDS // 2]
    print(f"{READERS} letters, median of {ROUNDS} rounds")
    print(f"compiled for every reader  {each_time / READERS * 1000:8.3f} ms each")
    print(f"compiled once              {once / READERS * 1000:8.3f} ms each")
    print(f"ratio                      {each_time / once:8.1f}")


def _compiled_each_time(people: list[Reader]) -> list[str]:
    return _letters(Forgetful(), people)


def _compiled_once(people: list[Reader]) -> list[str]:
    return _letters(Templates(), people)


def _letters(templates: Templates, people: list[Reader]) -> list[str]:
    composer = Composer(templates, LINKS, STATIONERY)
    return [_letter(composer, reader) for reader in people]


def _letter(composer: Composer, reader: Reader) -> str:
    message = composer.lesson("0" * 32, COURSE, COURSE.lessons[0], reader).message
    assert message is not None
    return message.html


def _seconds(render: Callable[[list[Reader]], list[str]], people: list[Reader]) -> float:
    start = perf_counter()
    render(people)
    return perf_counter() - start


if __name__ == "__main__":
    main()
