"""A whole course on a virtual clock: the real planning and delivery, in memory, with nobody real.

What comes out is what would be sent, so the owner can look at every email and every date before
the first reader signs up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter

from app.bootstrap import House
from app.schema import METADATA
from course import enrolments, joining, subscribers, zones
from course.catalogue import Course
from course.database import Database
from emails.message import Message
from emails.providers.base import Accepted, Outcome
from scheduler.clock import FixedClock
from scheduler.horizon import next_moment

# From both sides of the date line, with and without daylight saving, and two odd offsets.
ZONES = (
    "Pacific/Auckland", "Australia/Lord_Howe", "Australia/Sydney", "Asia/Tokyo", "Asia/Shanghai",
    "Asia/Kathmandu", "Asia/Kolkata", "Asia/Dubai", "Africa/Nairobi", "Europe/Athens",
    "Europe/Berlin", "Africa/Lagos", "Europe/Lisbon", "Europe/London", "America/Sao_Paulo",
    "America/St_Johns", "America/New_York", "America/Chicago", "America/Los_Angeles",
    "Pacific/Honolulu",
)  # fmt: skip
# One reader of each zone at a time, so that the whole week is covered in few moments.
BETWEEN_GROUPS = timedelta(hours=17)
UNTIL_CONFIRMED = timedelta(minutes=5)


@dataclass(frozen=True)
class Sent:
    """One email of the rehearsal, at its virtual instant."""

    at: datetime
    zone: str
    message: Message

    @property
    def local(self) -> datetime:
        return self.at.astimezone(zones.zone(self.zone))


@dataclass
class RecordingProvider:
    """Takes everything and notes when."""

    clock: FixedClock
    zone_of: dict[str, str]
    sent: list[Sent] = field(default_factory=list)
    name: str = "memory"
    max_batch: int = 100
    dedupe_window: timedelta = timedelta(0)
    attachments_in_batch: bool = True
    calls_per_second: float = 0

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        del key
        now = self.clock.now()
        self.sent += [Sent(now, self.zone_of[message.to], message) for message in batch]
        return [Accepted(message.key) for message in batch]


def rehearse(house: House, course: Course, readers: int, starts_at: datetime) -> list[Sent]:
    """Sign up `readers` people in twenty zones from `starts_at` on, and play until all is sent."""
    clock = FixedClock(starts_at)
    provider = RecordingProvider(clock, {})
    stage = _stage(house, clock, provider)
    groups = groupby(_sign_ups(stage, course, readers, provider.zone_of), key=itemgetter(0))
    for at, group in [(at, list(group)) for at, group in groups]:
        _play(stage, clock, at)
        clock.set(at)
        with stage.database.transaction() as session:
            for _, code in group:
                enrolment = enrolments.by_code(session, code, for_update=True)
                if enrolment is not None:
                    joining.confirm(session, enrolment, course, at)
    _play(stage, clock, None)
    return provider.sent


def _stage(house: House, clock: FixedClock, provider: RecordingProvider) -> House:
    """The same house with a database in memory, a virtual clock and a provider that notes."""
    database = Database("sqlite://")
    METADATA.create_all(database.engine)
    return replace(house, database=database, clock=clock, provider=provider)


def _sign_ups(
    stage: House, course: Course, readers: int, zone_of: dict[str, str]
) -> Iterator[tuple[datetime, str]]:
    """Everybody signs up, one after another; yields when each confirms, and her code."""
    with stage.database.transaction() as session:
        for number in range(readers):
            at = stage.clock.now() + number // len(ZONES) * BETWEEN_GROUPS
            email, zone = f"reader-{number + 1}@example.com", ZONES[number % len(ZONES)]
            zone_of[email] = zone
            reader = subscribers.find_or_add(
                session, stage.keys, email=email, name=f"Reader {number + 1}", zone=zone, now=at
            )
            enrolment = joining.sign_up(session, reader, course.slug, at)
            yield at + UNTIL_CONFIRMED, enrolment.code


def _play(stage: House, clock: FixedClock, until: datetime | None) -> None:
    """From moment to moment, up to `until`, or until nothing more will ever happen."""
    stage.engine.tick()
    while (moment := _next(stage, clock)) is not None and (until is None or moment <= until):
        clock.set(moment)
        stage.engine.tick()


def _next(stage: House, clock: FixedClock) -> datetime | None:
    with stage.database.reading() as session:
        return next_moment(session, clock.now())
