"""The laws, watched from outside: by what the provider took, and by what the database then says."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from course import zones
from course.catalogue import Course
from course.enrolments import Enrolment, State
from course.lessons import WEEKDAYS
from course.progress import Progress
from course.subscribers import Subscriber
from emails.message import Message
from scheduler.outbox import Delivery
from scheduler.outbox import State as Stand
from tests.simulation.courses import POOL
from tests.simulation.faults import demand
from tests.simulation.people import Person, Wish

OF_THE_COURSE = {"lesson", "welcome-back", "acknowledgement"}
NEVER_LEFT = {Stand.PLANNED, Stand.CLAIMED, Stand.WAITING, Stand.WITHHELD, Stand.FAILED}
# A clock set back by minutes may move a letter over midnight, and no further.
SLACK = timedelta(hours=1)
SECRET = "xyzzy-private-words"


@dataclass(frozen=True)
class Facts:
    """What an email is about, as decided when it was planned."""

    kind: str
    about: str
    enrolment_id: int | None
    lesson: str | None


@dataclass
class Watch:
    """Everything seen so far in one run."""

    people: dict[str, Person] = field(default_factory=dict)
    facts: dict[str, Facts] = field(default_factory=dict)
    # When each was last handed over.
    at: dict[str, datetime] = field(default_factory=dict)
    accepted: Counter[str] = field(default_factory=Counter)
    lessons: Counter[tuple[int, str]] = field(default_factory=Counter)
    mails: Counter[tuple[str, str]] = field(default_factory=Counter)
    last_letter: dict[int, datetime] = field(default_factory=dict)
    planned: set[tuple[int, datetime]] = field(default_factory=set)
    finished: set[int] = field(default_factory=set)

    def handed_over(
        self, session: Session, batch: Sequence[Message], course: Course, now: datetime
    ) -> None:
        """What a call may hold at the moment it is made."""
        self._learn(session, [message.key for message in batch])
        keys = Counter(message.key for message in batch)
        demand(max(keys.values()) == 1, 1, "one message twice in a call")
        for message in batch:
            facts = self.facts[message.key]
            self.at[message.key] = now
            shown = (message.html, message.text, message.subject, str(message.headers))
            demand(not any(SECRET in part for part in shown), 13, f"words of a reply in {facts}")
            person = self.people.get(message.to)
            if person is not None and not facts.kind.endswith("-notice"):
                may_get(person, facts, message.key, now)
                self._gap(person, facts, course, now)

    def took(self, message: Message) -> None:
        facts = self.facts[message.key]
        self.accepted[message.key] += 1
        self.mails[facts.kind, facts.about] += 1
        demand(self.mails[facts.kind, facts.about] == 1, 1, f"{facts} was accepted twice")
        if facts.lesson is not None and facts.enrolment_id is not None:
            self.lessons[facts.enrolment_id, facts.lesson] += 1
            twice = self.lessons[facts.enrolment_id, facts.lesson] > 1
            demand(not twice, 1, f"letter {facts.lesson} was accepted twice by {message.to}")
            self.last_letter[facts.enrolment_id] = self.at[message.key]
        if message.to in self.people:
            self.people[message.to].inbox.append(message)

    def after_planning(self, session: Session, course: Course) -> None:
        """Each letter newly decided is the right one, at a moment of the reader's own clock."""
        query = (
            select(Delivery, Subscriber.zone)
            .join(Enrolment, Enrolment.id == Delivery.enrolment_id)
            .join(Enrolment.subscriber)
            .where(Delivery.kind == "lesson", Delivery.state == Stand.PLANNED)
        )
        for delivery, zone in session.execute(query):
            decided = (delivery.id, delivery.planned_at)
            if decided in self.planned:
                continue
            self.planned.add(decided)
            had = self._had(session, delivery.enrolment_id or 0)
            expected = next((one.slug for one in course.lessons if one.slug not in had), None)
            demand(delivery.lesson == expected, 10, f"{delivery.lesson} came, not {expected}")
            first = not had and course.rules.first_letter == "at once"
            if not first:
                at_her_hour(course, delivery.due_at, zones.zone(zone))

    def after_a_tick(self, session: Session, course: Course) -> None:
        """What the database says of each email is what the provider knows of it."""
        query = select(Delivery.key, Delivery.kind, Delivery.about, Delivery.state)
        for key, kind, about, state in session.execute(query):
            taken = self.accepted[key]
            what = f"{kind} {about}"
            if state == Stand.ACCEPTED:
                demand(taken == 1, 2, f"{what} is called accepted, and was taken {taken} times")
            if state in NEVER_LEFT:
                demand(taken == 0, 5, f"{what} is {state}, and the provider has it")
        self._finished(session, course)

    def _finished(self, session: Session, course: Course) -> None:
        """Whoever newly has nothing more to come has had all there is today."""
        query = select(Enrolment.id).where(Enrolment.state == State.FINISHED)
        now_finished = set(session.scalars(query))
        for enrolment_id in now_finished - self.finished:
            missing = set(course.by_slug) - self._had(session, enrolment_id)
            demand(not missing, 2, f"enrolment {enrolment_id} is finished without {missing}")
        self.finished = now_finished

    def _had(self, session: Session, enrolment_id: int) -> set[str]:
        query = select(Progress.lesson).where(Progress.enrolment_id == enrolment_id)
        return set(session.scalars(query))

    def _learn(self, session: Session, keys: list[str]) -> None:
        new = [key for key in keys if key not in self.facts]
        if not new:
            return
        query = select(
            Delivery.key, Delivery.kind, Delivery.about, Delivery.enrolment_id, Delivery.lesson
        ).where(Delivery.key.in_(new))
        for key, kind, about, enrolment_id, lesson in session.execute(query):
            self.facts[key] = Facts(kind, about, enrolment_id, lesson)

    def _gap(self, person: Person, facts: Facts, course: Course, now: datetime) -> None:
        last = self.last_letter.get(facts.enrolment_id or 0)
        known = self.lessons[facts.enrolment_id or 0, facts.lesson or ""]
        if facts.kind != "lesson" or last is None or known:
            return
        zone = zones.zone(person.zone)
        days = (day(now, zone) - day(last - SLACK, zone)).days
        least = course.rules.minimum_gap_days
        demand(days >= least, 9, f"{facts.lesson} {days} days after the last one, not {least}")


def may_get(person: Person, facts: Facts, key: str, now: datetime) -> None:
    """Law 3, from what she did; a call already under way when she did it is let pass, once."""
    if key in person.too_late:
        person.too_late.discard(key)
        return
    who = f"{facts.kind} {facts.lesson or ''} to {person.email}"
    ends = facts.kind in OF_THE_COURSE | {"confirmation"}
    demand(not (ends and person.wish == Wish.GONE), 3, f"{who} after her goodbye")
    if facts.kind == "lesson":
        demand(person.wish == Wish.IN, 3, f"{who} before she confirmed")
        demand(not person.rests(now), 3, f"{who} while she rests")


def at_her_hour(course: Course, due_at: datetime, zone: ZoneInfo) -> None:
    """Some lesson's weekday and hour on her own clock; an hour that is skipped comes later."""
    local = due_at.astimezone(zone)
    hours = {course.rules.hour} | {one.timing.hour for one in POOL.values() if one.timing.hour}
    skipped = any(
        local.replace(hour=hour, minute=0, fold=0).astimezone(UTC).astimezone(zone) == local
        for hour in hours
    )
    demand(skipped, 8, f"due at {local}, not at {hours}")
    weekday = WEEKDAYS[local.weekday()]
    moved = course.rules.catch_up == "next morning"
    demand(moved or weekday == course.rules.weekday, 8, f"due on a {weekday}: {local}")


def day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()
