"""Two transactions in each other's way on PostgreSQL: what was known of a call isn't lost by it."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import text

from app.bootstrap import House
from course import changes, enrolments, joining, subscribers
from course.catalogue import Catalogue
from course.database import Database
from course.wishes import Times
from emails.message import Message
from emails.providers.base import Outcome
from emails.providers.hooks import Event, EventKind
from emails.providers.memory import MemoryProvider
from scheduler import feedback
from scheduler.delivery import deliver_due
from scheduler.planning import plan_due
from tests.support.houses import (
    COURSE,
    TUESDAY,
    ZONE,
    confirm,
    counts,
    deliveries,
    go_to,
    join,
    now,
    shipped_catalogue,
    sign_up,
    tick,
)

Houses = Callable[..., House]
PATIENCE_SECONDS = 20


@dataclass
class Meeting(MemoryProvider):
    """During a call, somebody else begins a transaction; the call ends when it holds its locks."""

    called: threading.Event = field(default_factory=threading.Event)
    holding: threading.Event = field(default_factory=threading.Event)
    met: bool = False

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        outcomes = super().send(batch, key)
        if self.met:
            self.called.set()
            assert self.holding.wait(PATIENCE_SECONDS)
        return outcomes


def wait_until_somebody_waits(database: Database) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    for _ in range(PATIENCE_SECONDS * 50):
        with database.reader.connect() as connection:
            if connection.execute(waiting).scalar():
                return
        time.sleep(0.02)
    raise AssertionError("Nobody waits for a lock.")


def deliver_beside(house: House, provider: Meeting, other: Callable[[], None]) -> None:
    def meet() -> None:
        assert provider.called.wait(PATIENCE_SECONDS)
        other()

    provider.met = True
    thread = threading.Thread(target=meet)
    thread.start()
    deliver_due(house.engine.postman, TUESDAY)
    thread.join()


def test_a_reader_changes_her_zone_while_a_call_is_recorded(
    postgresql: Database, houses: Houses
) -> None:
    course = shipped_catalogue()[COURSE]
    both = Catalogue({COURSE: course, "other": replace(course, slug="other")})
    provider = Meeting()
    house = houses(postgresql, provider=provider, catalogue=both)
    join(house)
    with postgresql.transaction() as session:
        ana = subscribers.find_or_add(
            session, house.keys, email="ana@example.com", name="Ana", zone=ZONE, now=now(house)
        )
        other = joining.sign_up(session, ana, "other", now(house)).id
    confirm(house, other)
    readers = 2 + len([join(house, f"r{number}@example.com") for number in range(20)])
    go_to(house, TUESDAY)
    plan_due(postgresql, house.catalogue, TUESDAY)

    def page() -> None:
        with postgresql.transaction() as session:
            reader = enrolments.by_id(session, other, for_update=True)
            assert reader is not None
            provider.holding.set()
            wait_until_somebody_waits(postgresql)
            wish = Times("friday", 9, "America/New_York")
            changes.make(session, house.catalogue, reader, wish, now(house))

    deliver_beside(house, provider, page)
    assert counts(house) == {"accepted": readers}


def test_a_vendor_tells_of_two_letters_at_once_while_a_call_is_recorded(
    postgresql: Database, houses: Houses
) -> None:
    """By no order of locks to be kept apart: the vendor's order is anybody's guess."""
    provider = Meeting()
    house = houses(postgresql, provider=provider)
    readers = [sign_up(house, f"r{number}@example.com") for number in range(20)]
    tick(house)
    for reader in readers:
        confirm(house, reader)
    go_to(house, TUESDAY)
    plan_due(postgresql, house.catalogue, TUESDAY)
    asked, letters = (
        {one.enrolment_id: one.key for one in deliveries(house, kind)}
        for kind in ("confirmation", "lesson")
    )

    def hook() -> None:
        with postgresql.transaction() as session:
            tell(session, "1", EventKind.DELIVERED, asked[readers[0]])
            provider.holding.set()
            wait_until_somebody_waits(postgresql)
            tell(session, "2", EventKind.ACCEPTED, letters[readers[5]])

    def tell(session: object, number: str, kind: EventKind, key: str) -> None:
        event = Event(number, kind, kind, key=key)
        feedback.hear(session, house.catalogue, "x", event, now(house))  # type: ignore[arg-type]

    deliver_beside(house, provider, hook)
    assert counts(house) == {"accepted": 40}
