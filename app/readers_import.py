"""Readers from a CSV file: each line stands for itself, and a repeat changes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.bootstrap import House
from app.errors import CommandError
from app.readers_file import Row, open_table
from course import consents, joining, subscribers
from course.catalogue import Course
from course.consents import Act, Means
from course.errors import SignUpError
from course.subscribers import Person, Subscriber
from emails.suppression import EVERYTHING, suppressed

CHUNK = 200


@dataclass
class Imported:
    added: int = 0
    known: int = 0
    left_out: int = 0
    mistakes: list[str] = field(default_factory=list)
    # Columns of the file that nobody looked at.
    unread: list[str] = field(default_factory=list)

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
            "unread": self.unread,
        }


@dataclass
class Intake:
    """One import under way: where to, on whose word, and what came of it so far."""

    house: House
    course: Course
    confirmed: bool
    now: datetime
    result: Imported = field(default_factory=Imported)

    def take(self, session: Session, rows: Sequence[Row]) -> None:
        """Some lines of the file; what can't be used is noted, with what to mend."""
        people = self._willing(session, [one for one in map(self._clean, rows) if one])
        readers = subscribers.find_or_add_all(session, self.house.keys, people, self.now)
        added = joining.bring_in(session, readers, self.course, self.now, confirmed=self.confirmed)
        self._record(session, added)
        self.result.added += len(added)
        self.result.known += len(readers) - len(added)

    def _clean(self, row: Row) -> Person | None:
        zone = row.values["timezone"] or self.house.settings.owner.timezone
        try:
            return Person(
                subscribers.clean_email(row.values["email"]),
                subscribers.clean_name(row.values["name"]),
                subscribers.clean_zone(zone),
            )
        except SignUpError as error:
            self.result.mistakes.append(f"line {row.line}: {error.field}: {error}")
            return None

    def _willing(self, session: Session, people: Sequence[Person]) -> list[Person]:
        digests = {person.email: self.house.keys.digest(person.email) for person in people}
        barred = suppressed(session, digests.values())
        left = {digest for digest, where in barred if where in (EVERYTHING, self.course.slug)}
        willing = [person for person in people if digests[person.email] not in left]
        self.result.left_out += len(people) - len(willing)
        return willing

    def _record(self, session: Session, added: Sequence[Subscriber]) -> None:
        how = "agreed already" if self.confirmed else "to be asked"
        for reader in added:
            consents.record(
                session,
                reader.id,
                self.course.slug,
                Act.IMPORTED,
                wording=f"brought in by the owner, {how}",
                means=Means.FILE,
                at=self.now,
            )


def import_readers(
    house: House, course: Course, file: Path, *, confirmed: bool, progress: Callable[[int], None]
) -> Imported:
    """Sign up every reader in `file`; `progress` is told how many bytes were worked through.

    Raises CommandError where the file can't be read; whoever was read before that is in.
    """
    intake = Intake(house, course, confirmed=confirmed, now=house.clock.now())
    done = 0
    try:
        with open_table(file) as table:
            intake.result.unread.extend(table.unread)
            while chunk := list(islice(table.rows, CHUNK)):
                with house.database.transaction() as session:
                    intake.take(session, chunk)
                worked = sum(len(",".join(row.values.values()).encode()) + 1 for row in chunk)
                progress(worked)
                done += worked
    except CommandError as error:
        told = " ".join([str(error), intake.result.sentence, *intake.result.mistakes])
        raise CommandError(told) from error
    progress(max(file.stat().st_size - done, 0))
    return intake.result
