"""A second provider takes over while the first is out of order, and never what is in doubt."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.bootstrap import House
from course.database import Database
from emails.providers.base import AccountPaused, Outcome, Rejected, TryLater, Unknown
from scheduler import doubts
from scheduler.delivery import Postman, deliver_due
from scheduler.doors import Door
from scheduler.pauses import OUTAGE, SILENT_CALLS
from scheduler.planning import plan_due
from tests.support.houses import TUESDAY, counts, deliveries, go_to, join, join_many
from tests.support.providers import DAY, Scripted

Houses = Callable[..., House]
MINUTE = timedelta(minutes=1)
GONE = TryLater("couldn't be reached (ConnectError)")
LOST = Unknown("no answer (ReadTimeout)")
NO_CREDIT = AccountPaused("402 not enough credits", timedelta(hours=1))


def pair(
    database: Database, houses: Houses, *answers: Outcome, keyed: bool = False
) -> tuple[House, Postman, Scripted, Scripted]:
    """A house whose first provider answers so at first, and one behind it that takes all."""
    window = DAY if keyed else timedelta(0)
    first = Scripted(name="first", answers=[*answers], dedupe_window=window)
    second = Scripted(name="second")
    house = houses(database, provider=first)
    return house, replace(house.engine.postman, second=Door(second)), first, second


def go(house: House, postman: Postman, at: datetime) -> None:
    go_to(house, at)
    plan_due(house.database, house.catalogue, at)
    deliver_due(postman, at)


def test_while_all_is_well_the_second_gets_nothing(database: Database, houses: Houses) -> None:
    house, postman, first, second = pair(database, houses)
    join_many(house, 3)
    go(house, postman, TUESDAY)
    assert (len(first.sent), len(second.sent)) == (3, 0)


def test_when_the_account_is_paused_the_second_takes_over_and_gives_back(
    database: Database, houses: Houses
) -> None:
    house, postman, first, second = pair(database, houses, NO_CREDIT)
    join(house)
    go(house, postman, TUESDAY)
    join(house, "bo@example.com")
    go(house, postman, TUESDAY)
    assert (first.sent, [mail.to for mail in second.sent]) == ([], ["bo@example.com"])
    go(house, postman, TUESDAY + timedelta(minutes=61))
    assert ([mail.to for mail in first.sent], len(second.sent)) == (["ana@example.com"], 1)
    assert counts(house) == {"accepted": 2}


def test_a_first_one_that_cannot_be_reached_is_let_rest(database: Database, houses: Houses) -> None:
    house, postman, first, second = pair(database, houses, *[GONE] * 50)
    join_many(house, 3)
    at = TUESDAY
    go(house, postman, at)
    while len(second.sent) < 3 and at < TUESDAY + timedelta(hours=12):
        at += MINUTE
        go(house, postman, at)
    assert len(second.sent) == 3
    assert SILENT_CALLS <= len(first.calls) < len(second.sent) + 20
    assert counts(house) == {"accepted": 3}
    assert {letter.provider for letter in deliveries(house, "lesson")} == {"second"}


def test_after_its_rest_the_first_is_asked_again(database: Database, houses: Houses) -> None:
    house, postman, first, second = pair(database, houses, *[GONE] * SILENT_CALLS)
    join_many(house, 2)
    at = TUESDAY
    while not second.sent:
        go(house, postman, at)
        at += MINUTE
    join(house, "late@example.com")
    go(house, postman, TUESDAY + timedelta(days=7) + OUTAGE)
    assert first.sent


@pytest.mark.parametrize("keyed", [True, False])
def test_what_is_unknown_at_the_first_never_goes_by_the_second(
    database: Database, houses: Houses, *, keyed: bool
) -> None:
    house, postman, first, second = pair(database, houses, LOST, *[NO_CREDIT] * 80, keyed=keyed)
    join(house)
    at = TUESDAY
    for _ in range(40):
        go(house, postman, at)
        at += timedelta(hours=1)
    assert second.sent == []
    assert counts(house) == {"unknown": 1}
    assert {mail.key for _, batch in first.calls for mail in batch} == {
        letter.key for letter in deliveries(house, "lesson")
    }


def test_nor_when_the_owner_would_rather_have_it_twice(database: Database, houses: Houses) -> None:
    house, postman, first, second = pair(database, houses, LOST, NO_CREDIT)
    join(house)
    go(house, postman, TUESDAY)
    assert doubts.plan_again(house.database, house.catalogue, first, TUESDAY + MINUTE) == 1
    go(house, postman, TUESDAY + MINUTE)
    go(house, postman, TUESDAY + 2 * MINUTE)
    assert (len(first.calls), len(second.sent)) == (2, 0)
    go(house, postman, TUESDAY + timedelta(hours=2))
    assert (len(first.sent), len(second.sent)) == (1, 0)


def test_a_refusal_is_final_for_both(database: Database, houses: Houses) -> None:
    house, postman, _, second = pair(database, houses, Rejected("no such user"))
    join(house)
    go(house, postman, TUESDAY)
    go(house, postman, TUESDAY + timedelta(days=1))
    assert second.calls == []
    assert counts(house) == {"failed": 1}
