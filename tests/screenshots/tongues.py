"""The same pages and a letter for readers of German, and of Arabic, which runs from the right."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from app.proofs import proofs
from course.catalogue import Catalogue, load_catalogue
from tests.screenshots.stage import ANA, Sight, Stage, stage
from tests.support.houses import COURSE, TUESDAY, join, play

COURSES = Path(__file__).parent / "courses"
SPOKEN = {"german": "stille-briefe", "arabic": "rasail"}


def sights(folder: Path) -> Iterator[Sight]:
    courses = load_catalogue(COURSES)
    for tongue, slug in SPOKEN.items():
        catalogue = Catalogue({COURSE: replace(courses[slug], slug=COURSE)})
        with stage(folder, catalogue=catalogue) as one:
            yield from (replace(sight, name=f"{tongue}-{sight.name}") for sight in _seen(one))


def _seen(one: Stage) -> Iterator[Sight]:
    yield one.get("course", f"/courses/{COURSE}")
    yield one.post("course-errors", f"/courses/{COURSE}", email="nobody")
    reader = join(one.house)
    play(one.house, TUESDAY)
    first = next(iter(one.house.catalogue[COURSE].by_slug))
    yield one.get("letters", one.own("letters", reader))
    yield one.get("reflect", one.own("reflect", reader, first))
    yield one.get("book", one.own("book", reader))
    yield from _emails(one)


def _emails(one: Stage) -> Iterator[Sight]:
    for proof in proofs(one.house, one.house.catalogue[COURSE], ANA)[:3]:
        message = proof.composed.message
        assert message is not None, proof.composed.problems
        yield Sight(f"email-{proof.name.partition('/')[2]}", message.html, is_email=True)
