"""A reader with her letters on their way, in a database of her own."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from app.schema import METADATA
from course import enrolments, joining, subscribers
from course.catalogue import Catalogue
from course.database import Database
from course.enrolments import Enrolment
from course.reflections import Opened, Reflection, read_all
from course.vault import Vault
from emails.inbound import ReceivedEmail, Verdict, store, waiting
from emails.links import Tokens
from emails.routing import Router, route
from tests.emails.specimens import COURSE, KEYS, NOW, minutes_later


@dataclass(frozen=True)
class Letterbox:
    """Where mail comes in: stored and routed as the scheduler's job does it."""

    database: Database
    router: Router
    enrolment_id: int
    code: str

    def receive(self, raw: bytes, minutes: float = 0) -> Verdict | None:
        """The verdict on a mail; nothing when we had it already."""
        now = minutes_later(minutes)
        with self.database.transaction() as session:
            stored = store(session, self.router.vault, raw, now)
        if stored is None:
            return None
        with self.database.transaction() as session:
            (received,) = waiting(session, now, 10)
            return route(session, self.router, received, now)

    def rows(self) -> list[ReceivedEmail]:
        with self.database.reading() as session:
            return list(session.scalars(select(ReceivedEmail)))

    def kept(self) -> list[Reflection]:
        with self.database.reading() as session:
            return list(session.scalars(select(Reflection).order_by(Reflection.received_at)))

    def words(self) -> list[str]:
        return [opened.words for opened in self.opened()]

    def opened(self) -> list[Opened]:
        with self.database.reading() as session:
            return read_all(session, self.router.vault, 100)

    def reader(self) -> Enrolment:
        with self.database.reading() as session:
            found = enrolments.by_id(session, self.enrolment_id)
        assert found is not None
        return found


def make_letterbox(database: Database) -> Letterbox:
    with database.transaction() as session:
        subscriber = subscribers.find_or_add(
            session, KEYS, email="ana@example.com", name="Ana", zone="Europe/Berlin", now=NOW
        )
        enrolment = joining.sign_up(session, subscriber, COURSE.slug, NOW)
        joining.confirm(session, enrolment, COURSE, NOW)
    router = Router(Vault(KEYS), Tokens(KEYS), Catalogue({COURSE.slug: COURSE}))
    return Letterbox(database, router, enrolment.id, enrolment.code)


@pytest.fixture
def letterbox() -> Iterator[Letterbox]:
    database = Database("sqlite://")
    METADATA.create_all(database.engine)
    yield make_letterbox(database)
    database.engine.dispose()
