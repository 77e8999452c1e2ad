"""A whole house on a given database, provider and moment, and a reader's steps through it."""

import tomllib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.bootstrap import House
from app.settings import SHIPPED_COURSES, Settings
from course import changes, enrolments, joining, subscribers
from course.catalogue import Catalogue, load_catalogue
from course.consents import Means
from course.database import Database
from course.enrolments import Enrolment
from course.keys import new_secret, parse_keys
from course.wishes import Rest
from emails import unsubscribe
from emails.providers.base import Provider
from emails.suppression import lift, lift_erasure
from scheduler import outbox
from scheduler.clock import FixedClock
from scheduler.horizon import next_moment
from scheduler.outbox import Delivery

SHIPPED_SETTINGS = Path(__file__).parent.parent.parent / "settings.toml"
SECRET = new_secret()
COURSE = "six-letters"
ZONE = "Europe/Berlin"

# The shipped course sends on Tuesdays at eight; this is the Monday before one, at noon in UTC.
MONDAY = datetime(2026, 11, 2, 12, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 3, 7, tzinfo=UTC)


def shipped_settings(**sections: Any) -> Settings:
    """The settings as shipped, with whole sections replaced."""
    shipped = tomllib.loads(SHIPPED_SETTINGS.read_text(encoding="utf-8"))
    return Settings(**(shipped | sections))


@cache
def shipped_catalogue() -> Catalogue:
    return load_catalogue(SHIPPED_COURSES)


def make_house(
    database: Database,
    *,
    provider: Provider,
    at: datetime = MONDAY,
    secret: str = SECRET,
    catalogue: Catalogue | None = None,
    **sections: Any,
) -> House:
    return House(
        settings=shipped_settings(**sections),
        database=database,
        keys=parse_keys(secret),
        catalogue=catalogue or shipped_catalogue(),
        clock=FixedClock(at),
        provider=provider,
    )


def now(house: House) -> datetime:
    return house.clock.now()


def go_to(house: House, at: datetime) -> None:
    assert isinstance(house.clock, FixedClock)
    house.clock.set(at)


def sign_up(house: House, email: str = "ana@example.com", *, zone: str = ZONE) -> int:
    """A pending reader; returns the enrolment's id."""
    with house.database.transaction() as session:
        subscriber = subscribers.find_or_add(
            session, house.keys, email=email, name="Ana", zone=zone, now=now(house)
        )
        return joining.sign_up(session, subscriber, COURSE, now(house)).id


def confirm(house: House, enrolment_id: int) -> None:
    """What the button on the confirmation page does."""
    with house.database.transaction() as session:
        reader = _locked(session, enrolment_id)
        lift(session, reader.subscriber.digest, reader.course)
        lift_erasure(session, reader.subscriber.digest)
        joining.confirm(session, reader, house.catalogue[reader.course], now(house))


def join(house: House, email: str = "ana@example.com", *, zone: str = ZONE) -> int:
    """Signed up and confirmed in one go, so that no confirmation email is due."""
    enrolment_id = sign_up(house, email, zone=zone)
    confirm(house, enrolment_id)
    return enrolment_id


def join_many(house: House, number: int) -> list[int]:
    return [join(house, f"reader{n}@example.com") for n in range(number)]


def leave(house: House, enrolment_id: int) -> None:
    with house.database.transaction() as session:
        reader = _locked(session, enrolment_id)
        language = house.catalogue.language(reader.course)
        unsubscribe.goodbye(session, reader, language, means=Means.GOODBYE_PAGE, now=now(house))


def pause(house: House, enrolment_id: int, until: datetime) -> None:
    with house.database.transaction() as session:
        reader = _locked(session, enrolment_id)
        changes.make(session, house.catalogue, reader, Rest(until), now(house))


def tick(house: House, at: datetime | None = None) -> None:
    """Everything due now, or everything due at `at`, where the clock then stands."""
    if at is not None:
        go_to(house, at)
    house.engine.tick()


def play(house: House, until: datetime) -> list[datetime]:
    """From moment to moment until then; returns the moments at which anything was due."""
    house.engine.tick()
    moments = []
    while (moment := _next(house)) is not None and moment <= until:
        moments.append(moment)
        tick(house, moment)
    tick(house, until)
    return moments


def counts(house: House) -> dict[str, int]:
    """How many deliveries stand in each state, zeros left out."""
    with house.database.reading() as session:
        return {state: n for state, n in outbox.count_states(session).items() if n}


def deliveries(house: House, kind: str | None = None) -> list[Delivery]:
    query = select(Delivery).order_by(Delivery.id)
    if kind is not None:
        query = query.where(Delivery.kind == kind)
    with house.database.reading() as session:
        return list(session.scalars(query))


def enrolment(house: House, enrolment_id: int) -> Enrolment:
    with house.database.reading() as session:
        found = enrolments.by_id(session, enrolment_id)
    assert found is not None
    return found


def _next(house: House) -> datetime | None:
    with house.database.reading() as session:
        return next_moment(session, now(house))


def _locked(session: Any, enrolment_id: int) -> Enrolment:
    reader = enrolments.by_id(session, enrolment_id, for_update=True)
    assert reader is not None
    return reader
