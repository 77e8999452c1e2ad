"""The courses on disk: one folder each, with a `course.toml` and numbered Markdown lessons.

The number in a file's name orders the lessons and nothing else; a lesson's name is its slug.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from course.errors import ContentError, Fault
from course.hours import Hours, parse_hours
from course.language import ENGLISH, Language, language_of
from course.lessons import (
    Hour,
    Lesson,
    Line,
    Slug,
    Weekday,
    read_lesson,
    read_text,
    validation_faults,
)

AfterBooking = Literal["go-on", "no-pitch", "stop"]


class CallToAction(BaseModel):
    """The invitation at the end of every email."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    text: Annotated[str, Field(min_length=1, max_length=300)]
    button: Annotated[str, Field(min_length=1, max_length=40)]


def _hours(words: object) -> object:
    return parse_hours(words) if isinstance(words, str) else words


class Rules(BaseModel):
    """How a course is paced. Days and hours are those of each reader's own wall clock."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    weekday: Weekday
    hour: Hour
    first_letter: Literal["at once", "next slot"] = "next slot"
    minimum_gap_days: Annotated[int, Field(ge=1, le=60)] = 5
    catch_up: Literal["at once", "next morning", "next slot"] = "at once"
    late_after_hours: Annotated[int, Field(ge=1, le=168)] = 6
    # The hours in which a letter that is late may come; none means at any hour.
    send_between: Annotated[Hours | None, BeforeValidator(_hours)] = None


class CourseFile(Rules):
    """What stands in a `course.toml`."""

    title: Line
    sender: Line | None = None
    # What new visitors read in place of the form, while the course takes nobody new.
    closed: Line | None = None
    # How many may read at the same time; none means any number.
    places: Annotated[int, Field(ge=1)] | None = None
    language: Annotated[str, Field(pattern="^[a-z]{2}(-[A-Z]{2})?$")] = "en"
    # What becomes of the letters that are left once their reader has booked a session.
    after_booking: AfterBooking = "go-on"
    call_to_action: CallToAction


@dataclass(frozen=True)
class Course:
    slug: str
    title: str
    description: str
    sender: str | None
    language: str
    call_to_action: CallToAction
    rules: Rules
    lessons: tuple[Lesson, ...]
    after_booking: AfterBooking = "go-on"
    closed: str | None = None
    places: int | None = None

    @cached_property
    def by_slug(self) -> dict[str, Lesson]:
        return {lesson.slug: lesson for lesson in self.lessons}

    def number(self, lesson: Lesson) -> int:
        """Where the lesson stands today, counted from 1; for people to read, never stored."""
        return self.lessons.index(lesson) + 1


class Shelf(Mapping[str, Course]):
    """The courses below a folder, read when one of them is first asked for.

    Whoever asks for none, to hold all mail or to erase a reader, isn't stopped by a broken letter.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _courses(self) -> Mapping[str, Course]:
        return load_catalogue(self._folder).courses

    def __getitem__(self, slug: str) -> Course:
        return self._courses[slug]

    def __iter__(self) -> Iterator[str]:
        return iter(self._courses)

    def __len__(self) -> int:
        return len(self._courses)


@dataclass(frozen=True)
class Catalogue:
    courses: Mapping[str, Course]

    def __getitem__(self, slug: str) -> Course:
        return self.courses[slug]

    def get(self, slug: str) -> Course | None:
        return self.courses.get(slug)

    def language(self, slug: str) -> Language:
        """What a course's readers read; English where the course is gone."""
        course = self.courses.get(slug)
        return language_of(course.language) if course else ENGLISH

    def only(self) -> Course | None:
        """The course, when there is just one."""
        return next(iter(self.courses.values())) if len(self.courses) == 1 else None


def load_catalogue(folder: Path) -> Catalogue:
    """Every course below `folder`. Raises ContentError with all mistakes of all files at once."""
    faults: list[Fault] = []
    homes = sorted(file.parent for file in folder.glob("*/course.toml"))
    if not homes:
        faults.append(
            Fault(folder, 1, "There is no course here; a course is a folder with a course.toml.")
        )
    courses = [_read_course(home, faults) for home in homes]
    if faults:
        raise ContentError(faults)
    return Catalogue({course.slug: course for course in courses if course})


def unnumbered(folder: Path) -> list[Fault]:
    """What looks like a letter in any course below `folder`, and has no number: nobody gets it."""
    sentence = "Nobody gets this letter: its name has no number. Name it such as 07-{name}."
    return [
        Fault(file, 1, sentence.format(name=file.name))
        for file in sorted(folder.glob("*/[!0-9]*.md"))
        if (file.parent / "course.toml").exists() and (read_text(file, []) or "").startswith("---")
    ]


def _read_course(home: Path, faults: list[Fault]) -> Course | None:
    head = _read_head(home / "course.toml", faults)
    lessons = _read_lessons(home, faults)
    description = home / "description.md"
    words = read_text(description, faults) if description.exists() else ""
    if not _is_slug(home.name):
        sentence = (
            "The folder's name is the course's address; use small letters, digits and dashes."
        )
        faults.append(Fault(home, 1, sentence))
    if head is None:
        return None
    return Course(
        slug=home.name,
        title=head.title,
        description=(words or "").strip(),
        sender=head.sender,
        closed=head.closed,
        places=head.places,
        language=head.language,
        call_to_action=head.call_to_action,
        rules=Rules(**{name: getattr(head, name) for name in Rules.model_fields}),
        lessons=lessons,
        after_booking=head.after_booking,
    )


def _read_head(file: Path, faults: list[Fault]) -> CourseFile | None:
    text = read_text(file, faults)
    if text is None:
        return None
    try:
        return CourseFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        sentence = f"This can't be read: {error}. Put text in quotes and close every quote."
        faults.append(Fault(file, _line_of_mistake(text, error), sentence))
    except ValidationError as error:
        faults += validation_faults(file, text, error)
    return None


def _line_of_mistake(text: str, error: tomllib.TOMLDecodeError) -> int:
    """Python 3.11 tells the line in words only."""
    told = re.search(r"at line (\d+)", str(error))
    return int(told[1]) if told else max(1, len(text.splitlines()))


def _read_lessons(home: Path, faults: list[Fault]) -> tuple[Lesson, ...]:
    files = sorted(home.glob("[0-9]*.md"), key=_order)
    if not files:
        faults.append(
            Fault(home, 1, "The course has no lessons; the first is a file such as 01-hello.md.")
        )
    read = [(file, read_lesson(file, faults)) for file in files]
    lessons = [(file, lesson) for file, lesson in read if lesson]
    _refuse_twins(lessons, faults)
    return tuple(lesson for _, lesson in lessons)


def _order(file: Path) -> tuple[int, str]:
    """By the number, so that 10 comes after 9 with or without leading noughts."""
    return int(re.split(r"[^0-9]", file.name, maxsplit=1)[0]), file.name


def _is_slug(name: str) -> bool:
    try:
        TypeAdapter(Slug).validate_python(name)
    except ValidationError:
        return False
    return True


def _refuse_twins(lessons: list[tuple[Path, Lesson]], faults: list[Fault]) -> None:
    """Same slug: one person's two lessons. Same subject: mail programs fold them into one."""
    for key in ("slug", "subject"):
        seen: dict[str, Path] = {}
        for file, lesson in lessons:
            value = getattr(lesson, key)
            if value in seen:
                line = _line(file, key)
                sentence = (
                    f"`{key}` is the same as in {seen[value].name}; give each lesson its own."
                )
                faults.append(Fault(file, line, sentence))
            seen.setdefault(value, file)


def _line(file: Path, key: str) -> int:
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    return next((n for n, line in enumerate(lines, 1) if line.startswith(f"{key}:")), 1)
