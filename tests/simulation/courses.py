"""A course that its author changes while it runs."""

from dataclasses import replace
from random import Random
from typing import Any, cast

from course.catalogue import CallToAction, Catalogue, Course, Rules
from course.lessons import Lesson, Timing
from tests.support.houses import COURSE

NAMES = ("apple", "birch", "cedar", "daisy", "elder", "fern", "grass", "hazel")
TIMINGS = {"cedar": Timing(wait_days=14), "fern": Timing(hour=18)}
INVITATION = CallToAction(text="Support is available.", button="Schedule a session")
GAPS = (3, 5, 7)
CATCH_UPS = ("at once", "next morning", "next slot")
FIRST_LETTERS = ("at once", "next slot")


def lesson(name: str) -> Lesson:
    return Lesson(
        slug=name,
        title=f"The {name}",
        subject=f"A letter about the {name} outside",
        preheader=f"What the {name} has to say about it all.",
        theme="Trees and what grows below them.",
        exercise="Look at one for a minute.",
        timing=TIMINGS.get(name, Timing()),
        body=f"Somebody planted this {name} long before you came by.",
    )


POOL = {name: lesson(name) for name in NAMES}


def new_course(rng: Random) -> Course:
    rules = Rules(
        weekday=rng.choice(("sunday", "tuesday", "thursday")),
        hour=rng.choice((2, 8, 8, 9)),
        first_letter=cast("Any", rng.choice(FIRST_LETTERS)),
        minimum_gap_days=rng.choice(GAPS),
        catch_up=cast("Any", rng.choice(CATCH_UPS)),
        late_after_hours=rng.choice((1, 6, 24)),
    )
    return Course(
        slug=COURSE,
        title="A walk in the wood",
        description="",
        sender=None,
        language="en",
        call_to_action=INVITATION,
        rules=rules,
        lessons=tuple(POOL[name] for name in rng.sample(NAMES, rng.randint(3, 4))),
    )


def edited(course: Course, rng: Random) -> tuple[str, Course]:
    """One change of the author's: what it is, and the course after it."""
    lessons = list(course.lessons)
    spare = [name for name in NAMES if name not in course.by_slug]
    what = rng.choice(("insert", "append", "move", "remove"))
    if what in {"insert", "append"} and spare:
        place = rng.randint(0, len(lessons)) if what == "insert" else len(lessons)
        lessons.insert(place, POOL[rng.choice(spare)])
    elif what == "move":
        rng.shuffle(lessons)
    elif len(lessons) > 1:
        what = "remove"
        lessons.pop(rng.randrange(len(lessons)))
    return f"{what}: {' '.join(one.slug for one in lessons)}", replace(
        course, lessons=tuple(lessons)
    )


def catalogue(course: Course) -> Catalogue:
    return Catalogue({course.slug: course})
