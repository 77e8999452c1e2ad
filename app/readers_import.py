"""Readers from a CSV file: each line stands for itself, and a repeat changes nothing."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.bootstrap import House
from app.errors import CommandError
from course import consents, enrolments, joining, subscribers
from course.catalogue import Course
from course.consents import Act, Means
from course.errors import SignUpError
from course.subscribers import Subscriber
from emails.suppression import EVERYTHING, suppressed

CHUNK = 200
Row = tuple[int, dict[str, str]]


@dataclass
class Imported:
    added: int = 0
    known: int = 0
    left_out: int = 0
    mistakes: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        parts = [f"Brought in: {self.added}", f"in already: {self.known}"]
        if self.left_out:
            parts.append(f"left before, so not written to again: {self.left_out}")
        if self.mistakes:
            parts.append(f"lines that can't be used: {len(self.mistakes)}")
        return f"{', '.join(parts)}."

    def as_json(self) -> dict[str, Any]:
        return {
            "added": self.added,
            "known": self.known,
            "left_out": self.left_out,
            "mistakes": self.mistakes,
        }


@dataclass
class Intake:
    """One import under way: where to, on whose word, and what came of it so far."""

    house: House
    course: Course
    confirmed: bool
    now: datetime
    result: Imported = field(default_factory=Imported)

    def take(self, session: Session, line: int, row: dict[str, str]) -> None:
        """One line of the file; what can't be used is noted, with what to mend."""
        try:
            email = subscribers.clean_email(row["email"])
            name = subscribers.clean_name(row.get("name"))
            zone = subscribers.clean_zone(row.get("timezone") or self.house.settings.owner.timezone)
        except SignUpError as error:
            self.result.mistakes.append(f"line {line}: {error.field}: {error}")
            return
        if self._has_left(session, email):
            self.result.left_out += 1
            return
        reader = subscribers.find_or_add(
            session, self.house.keys, email=email, name=name, zone=zone, now=self.now
        )
        if enrolments.of_subscriber(session, reader, self.course.slug) is not None:
            self.result.known += 1
            return
        self._enrol(session, reader)

    def _has_left(self, session: Session, email: str) -> bool:
        digest = self.house.keys.digest(email)
        barred = suppressed(session, [digest])
        return (digest, EVERYTHING) in barred or (digest, self.course.slug) in barred

    def _enrol(self, session: Session, reader: Subscriber) -> None:
        enrolment = joining.sign_up(
            session, reader, self.course.slug, self.now, ask=not self.confirmed
        )
        if self.confirmed:
            joining.confirm(session, enrolment, self.course, self.now)
        how = "agreed already" if self.confirmed else "to be asked"
        consents.record(
            session,
            reader.id,
            self.course.slug,
            Act.IMPORTED,
            wording=f"brought in by the owner, {how}",
            means=Means.FILE,
            at=self.now,
        )
        self.result.added += 1


def import_readers(
    house: House, course: Course, file: Path, *, confirmed: bool, progress: Callable[[int], None]
) -> Imported:
    """Sign up every reader in `file`; `progress` is told how many bytes were worked through."""
    intake = Intake(house, course, confirmed=confirmed, now=house.clock.now())
    with file.open(newline="", encoding="utf-8-sig") as lines:
        rows = _rows(lines)
        done = 0
        while chunk := list(islice(rows, CHUNK)):
            with house.database.transaction() as session:
                for line, row in chunk:
                    intake.take(session, line, row)
            worked = sum(len(",".join(row.values()).encode()) + 1 for _, row in chunk)
            progress(worked)
            done += worked
    progress(max(file.stat().st_size - done, 0))
    return intake.result


def _rows(lines: Any) -> Iterator[Row]:
    reader = csv.DictReader(lines)
    columns = [column.strip().lower() for column in reader.fieldnames or []]
    if "email" not in columns:
        raise CommandError("The first line has to name the columns: email,name,timezone.")
    reader.fieldnames = columns
    for row in reader:
        yield reader.line_num, {key: value or "" for key, value in row.items() if key}
