"""The laws, watched from outside: by what the provider took, and by what the database then says."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from course import zones
from course.catalogue import Course
from course.changes import Change
from course.enrolments import Enrolment, State
from course.lessons import WEEKDAYS
from course.progress import Progress
from course.subscribers import Subscriber
from course.wishes import NextNow
from emails.message import Message
from scheduler.outbox import Batch, BatchState, Delivery
from scheduler.outbox import State as Stand
from scheduler.second_chances import SecondChance
from tests.simulation.courses import POOL
from tests.simulation.faults import demand
from tests.simulation.people import Person, Wish

OF_THE_COURSE = {"lesson", "welcome-back", "acknowledgement", "pace"}
NEVER_LEFT = {Stand.PLANNED, Stand.CLAIMED, Stand.WAITING, Stand.WITHHELD, Stand.FAILED}
# A clock set back by minutes may move a letter over midnight, and no further.
SLACK = timedelta(hours=1)
SECRET = "xyzzy-private-words"


@dataclass(frozen=True)
class Facts:
    """What an email is about, as decided when it was planned."""

    kind: str
    about: str
    # The code of her enrolment, which no other one ever has: a number comes again after an erasure.
    reader: str | None
    lesson: str | None


@dataclass
class Watch:
    """Everything seen so far in one run."""

    people: dict[str, Person] = field(default_factory=dict)
    facts: dict[str, Facts] = field(default_factory=dict)
    # When each was last handed over.
    at: dict[str, datetime] = field(default_factory=dict)
    accepted: Counter[str] = field(default_factory=Counter)
    mails: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    last_letter: dict[str, datetime] = field(default_factory=dict)
    planned: set[tuple[str, datetime]] = field(default_factory=set)
    finished: set[str] = field(default_factory=set)
    # The calls each was handed over in; more than one only where it was certainly not taken.
    calls: dict[str, set[str]] = field(default_factory=dict)
    # Sent once more because of a doubt, as the owner of this run may wish.
    again: set[str] = field(default_factory=set)
    # Events heard, and what they prove to have left.
    heard: set[str] = field(default_factory=set)
    proven: set[str] = field(default_factory=set)
    # Enrolments that were erased.
    gone: set[str] = field(default_factory=set)
    # While letters are stopped, those that were in a call already.
    passing: set[str] | None = None
    # How many were claimed on each day, where a day has an end.
    allowance: int = 0
    days: dict[str, date] = field(default_factory=dict)
    taken_of_day: Counter[date] = field(default_factory=Counter)

    def handed_over(
        self, session: Session, batch: Sequence[Message], call: str, course: Course, now: datetime
    ) -> None:
        """What a call may hold at the moment it is made."""
        self._learn(session, Delivery.key.in_([message.key for message in batch]))
        self.days.setdefault(call, now.date())
        keys = Counter(message.key for message in batch)
        demand(max(keys.values()) == 1, 1, "one message twice in a call")
        for message in batch:
            facts = self.facts[message.key]
            self._handed_over_once(facts, message.key, call)
            self.at[message.key] = now
            shown = (message.html, message.text, message.subject, str(message.headers))
            demand(not any(SECRET in part for part in shown), 13, f"words of a reply in {facts}")
            person = self.people.get(message.to)
            if person is not None and not facts.kind.endswith("-notice"):
                may_get(person, facts, message.key, now)
                self._gap(person, facts, course, now)

    def took(self, message: Message, call: str) -> None:
        facts, most = self.facts[message.key], 2 if message.key in self.again else 1
        reader = facts.reader or ""
        self.accepted[message.key] += 1
        self.mails[facts.kind, reader, facts.about] += 1
        times = self.mails[facts.kind, reader, facts.about]
        demand(times <= most, 1, f"{facts} was accepted {times} times")
        if facts.lesson is not None:
            self.last_letter[reader] = self.at[message.key]
        if message.to in self.people:
            person = self.people[message.to]
            (person.forgotten if reader in self.gone else person.inbox).append(message)
        self._within_the_day(self.days[call])

    def belongs_to_nobody(self, key: str) -> bool:
        """Whether its reader was erased since."""
        return self.facts[key].reader in self.gone

    def reader_of(self, message: Message) -> Person | None:
        """Whom it was for; nobody where it was a notice to the owner."""
        notice = self.facts[message.key].kind.endswith("-notice")
        return None if notice else self.people.get(message.to)

    def after_planning(self, session: Session, course: Course) -> None:
        """Each letter newly decided is the right one, at a moment of the reader's own clock."""
        query = (
            select(Delivery, Subscriber.zone)
            .join(Enrolment, Enrolment.id == Delivery.enrolment_id)
            .join(Enrolment.subscriber)
            .where(Delivery.kind == "lesson", Delivery.state == Stand.PLANNED)
            .where(~exists().where(SecondChance.delivery_id == Delivery.id))
        )
        for delivery, zone in session.execute(query):
            decided = (delivery.key, delivery.planned_at)
            if decided in self.planned:
                continue
            self.planned.add(decided)
            had = self._had(session, delivery.enrolment_id or 0)
            expected = next((one.slug for one in course.lessons if one.slug not in had), None)
            demand(delivery.lesson == expected, 10, f"{delivery.lesson} came, not {expected}")
            first = not had and course.rules.first_letter == "at once"
            if not (first or _asked_for(session, delivery)):
                at_her_hour(course, delivery.due_at, zones.zone(zone))

    def after_a_tick(self, session: Session, course: Course) -> None:
        """What the database says of each email is what the provider knows of it."""
        # Claimed, it hasn't left as long as its call hasn't begun.
        begun = and_(Delivery.state == Stand.CLAIMED, Batch.state != BatchState.CLAIMED)
        query = (
            select(Delivery.key, Delivery.kind, Delivery.about, Delivery.state)
            .outerjoin(Batch, Batch.id == Delivery.batch_id)
            .where(or_(Batch.id.is_(None), ~begun))
        )
        for key, kind, about, state in session.execute(query):
            taken = self.accepted[key]
            what = f"{kind} {about}"
            if state == Stand.ACCEPTED:
                demand(taken >= 1, 2, f"{what} is called accepted, and was never taken")
            if state in NEVER_LEFT and not self._doubted(session, key):
                demand(taken == 0, 5, f"{what} is {state}, and the provider has it")
            if state == Stand.UNKNOWN:
                demand(key not in self.proven, 5, f"{what} is unknown, and a receipt has proven it")
        self.see_who_finished(session, course)

    def see_who_finished(self, session: Session, course: Course) -> None:
        """Whoever newly has nothing more to come has had all there is today."""
        query = select(Enrolment.code, Enrolment.id).where(Enrolment.state == State.FINISHED)
        now_finished: dict[str, int] = dict(session.execute(query).all())
        for code in sorted(now_finished.keys() - self.finished):
            missing = set(course.by_slug) - self._had(session, now_finished[code])
            demand(not missing, 2, f"enrolment {now_finished[code]} is finished without {missing}")
        self.finished = set(now_finished)

    def _had(self, session: Session, enrolment_id: int) -> set[str]:
        """On the turn through the course that she is on."""
        query = select(Progress.lesson).join(Enrolment, Enrolment.id == Progress.enrolment_id)
        on_this_turn = query.where(Enrolment.id == enrolment_id, Enrolment.turn == Progress.turn)
        return set(session.scalars(on_this_turn))

    def learn_of(self, session: Session, codes: Sequence[str]) -> None:
        """What her emails are about, and notices that may be of her, while the database knows."""
        self._learn(session, or_(Enrolment.code.in_(codes), Delivery.enrolment_id.is_(None)))

    def _learn(self, session: Session, which: ColumnElement[bool]) -> None:
        query = (
            select(
                *(Delivery.key, Delivery.kind, Delivery.about, Enrolment.code, Delivery.lesson),
                exists().where(SecondChance.delivery_id == Delivery.id, SecondChance.given),
            )
            .outerjoin(Enrolment, Enrolment.id == Delivery.enrolment_id)
            .where(which)
        )
        for key, kind, about, code, lesson, again in session.execute(query):
            self.facts[key] = Facts(kind, about, code, lesson)
            if again:
                self.again.add(key)

    def _doubted(self, session: Session, key: str) -> bool:
        query = select(SecondChance.given).join(Delivery, Delivery.id == SecondChance.delivery_id)
        return bool(session.scalar(query.where(Delivery.key == key)))

    def _handed_over_once(self, facts: Facts, key: str, call: str) -> None:
        """Within one call it may be repeated; another call is for what certainly never left."""
        new = call not in self.calls.setdefault(key, set())
        self.calls[key].add(call)
        if not new:
            return
        demand(key not in self.proven, 5, f"{facts} is sent again, and a receipt had proven it")
        stopped = self.passing is not None and facts.kind == "lesson" and key not in self.passing
        demand(not stopped, 3, f"{facts} goes out while letters are stopped")

    def _within_the_day(self, day: date) -> None:
        self.taken_of_day[day] += 1
        taken = self.taken_of_day[day]
        demand(not self.allowance or taken <= self.allowance, 15, f"{taken} on {day} is too many")

    def _gap(self, person: Person, facts: Facts, course: Course, now: datetime) -> None:
        last = self.last_letter.get(facts.reader or "")
        known = self.mails["lesson", facts.reader or "", facts.about]
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
    demand(not person.barred, 3, f"{who}, who bounced or complained")
    asks = facts.kind == "confirmation" and person.wish == Wish.ASKED
    demand(asks or not person.erased, 3, f"{who}, who was erased")
    ends = facts.kind in OF_THE_COURSE | {"confirmation"}
    demand(not (ends and person.wish == Wish.GONE), 3, f"{who} after her goodbye")
    if facts.kind == "lesson":
        demand(person.wish == Wish.IN, 3, f"{who} before she confirmed")
        demand(not person.rests(now), 3, f"{who} while she rests")


def _asked_for(session: Session, delivery: Delivery) -> bool:
    """Whether she wished for it by the word NEXT, which brings it at any hour or on another day."""
    change = session.get(Change, delivery.enrolment_id)
    if change is None or change.wish != NextNow.__name__:
        return False
    # By what had gone before it: a clock that was set back tells no order.
    last = session.get_one(Enrolment, delivery.enrolment_id).last_sent_at
    before: str | None = json.loads(change.before)["last_sent_at"]
    return before == (last and last.isoformat())


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
