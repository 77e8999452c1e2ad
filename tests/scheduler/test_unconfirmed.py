"""Whoever never confirmed is forgotten after a month, and nobody else is."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app import admission
from app.admission import Wish
from app.bootstrap import House
from course.consents import Consent, Means
from course.database import Base, Database
from course.enrolments import Enrolment
from course.subscribers import Subscriber
from emails.providers.base import TryLater
from emails.providers.memory import MemoryProvider
from scheduler import unconfirmed
from scheduler.outbox import Delivery
from tests.support.houses import COURSE, confirm, enrolment, go_to, join, leave, now, tick
from tests.support.pages import pages_of

Houses = Callable[..., House]
KEPT = unconfirmed.KEPT
OF_HERS = (Subscriber, Enrolment, Consent, Delivery)


@pytest.fixture
def house(database: Database, houses: Houses) -> House:
    return houses(database, provider=MemoryProvider())


def ask(house: House, email: str = "ana@example.com") -> None:
    """As the form does it."""
    wish = Wish(email, "Ana", "Europe/Lisbon", COURSE, "Yes, please.", Means.FORM)
    assert admission.admit(house, wish, admission.Evidence(trial=True), now(house)) == "in"
    tick(house)


def forget_after(house: House, time: timedelta) -> None:
    go_to(house, now(house) + time)
    house.engine.forget()


def rows(house: House, *models: type[Base]) -> list[int]:
    with house.database.reading() as session:
        counts = [select(func.count()).select_from(model) for model in models]
        return [session.scalar(count) or 0 for count in counts]


def test_a_month_after_nobody_confirmed_nothing_of_her_is_left(house: House) -> None:
    ask(house)
    forget_after(house, KEPT - timedelta(hours=1))
    assert rows(house, *OF_HERS) == [1, 1, 1, 1]
    forget_after(house, timedelta(hours=1))
    assert rows(house, *OF_HERS) == [0, 0, 0, 0]


def test_whoever_asks_again_is_kept_for_another_month(house: House) -> None:
    ask(house)
    go_to(house, now(house) + KEPT - timedelta(days=1))
    ask(house)
    forget_after(house, timedelta(days=2))
    assert rows(house, Subscriber, Enrolment) == [1, 1]
    forget_after(house, KEPT)
    assert rows(house, Subscriber, Enrolment) == [0, 0]


def test_whoever_confirmed_is_kept_even_when_she_has_left(house: House) -> None:
    reader = join(house)
    forget_after(house, 2 * KEPT)
    leave(house, reader)
    ask(house)
    forget_after(house, 2 * KEPT)
    assert rows(house, Subscriber, Enrolment) == [1, 1]


def test_of_two_courses_the_confirmed_one_stays(house: House) -> None:
    ask(house)
    with house.database.reading() as session:
        first = session.scalars(select(Enrolment.id)).one()
    confirm(house, first)
    ask(house, "bo@example.com")
    forget_after(house, KEPT)
    assert rows(house, Subscriber, Enrolment) == [1, 1]
    assert enrolment(house, first).state == "active"


def test_what_is_still_to_leave_is_waited_for(database: Database, houses: Houses) -> None:
    house = houses(database, provider=MemoryProvider(verdict=lambda _: TryLater("busy")))
    ask(house)
    forget_after(house, KEPT)
    assert rows(house, Subscriber, Enrolment, Delivery) == [1, 1, 1]


def test_her_link_then_says_that_nothing_is_kept(house: House) -> None:
    ask(house)
    with house.database.reading() as session:
        code = session.scalars(select(Enrolment.code)).one()
    forget_after(house, KEPT)
    path = house.links.letters(code).removeprefix(house.settings.web.public_url)
    with pages_of(house) as pages:
        page = pages.get(path)
    assert page.status_code == 404
    assert "no longer kept" in page.text
