"""Erasures are remembered beside the database, so that no older copy brings anybody back."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from app.bootstrap import House
from app.erasing_again import erase_again
from app.erasure import erase
from app.tombstones import remember, remembered
from course.database import Database
from course.subscribers import Subscriber
from emails.providers.mailbox import MailboxProvider
from emails.suppression import EVERYTHING, Reason, Suppression
from scheduler.clock import FixedClock
from tests.support.houses import (
    MONDAY,
    confirm,
    go_to,
    now,
    sign_up,
)
from tests.support.lives import (
    known,
    live,
    suppressions,
)

Houses = Callable[..., House]
ANA, BO = "ana@example.com", "bo@example.com"
# Another person's address that ends like hers.
DIANA = "di-ana@example.com"


@pytest.fixture
def house(database: Database, houses: Houses) -> House:
    clock = FixedClock(MONDAY)
    return houses(database, provider=MailboxProvider(database, clock.now))


@pytest.fixture
def remembering(house: House, tmp_path: Path) -> Iterator[House]:
    """The same house, which remembers erasures in a file."""
    house = replace(house, tombstones=tmp_path / "new" / "keys.erased")
    yield house
    house.life.end()


def test_whoever_comes_back_with_an_older_copy_is_erased_again(remembering: House) -> None:
    house = remembering
    live(house, BO)
    live(house, ANA)
    erase(house, ANA)
    live(house, ANA)  # As the copy has it: a row from before.
    with house.database.transaction() as session:
        session.execute(update(Subscriber).values(created_at=MONDAY))
    assert erase_again(house) == 1
    assert (known(house, ANA), known(house, BO)) == (False, True)
    assert erase_again(house) == 0


def test_whoever_asked_anew_since_is_not_meant(remembering: House) -> None:
    house = remembering
    live(house, ANA)
    erase(house, ANA)
    go_to(house, now(house) + timedelta(seconds=1))
    reader = sign_up(house, ANA)
    confirm(house, reader)
    assert erase_again(house) == 0
    assert known(house, ANA)
    assert suppressions(house) == []


def test_in_a_copy_from_before_she_came_her_address_is_suppressed(remembering: House) -> None:
    house = remembering
    live(house, ANA)
    erase(house, ANA)
    with house.database.transaction() as session:
        session.execute(delete(Suppression))
    assert erase_again(house) == 0
    assert suppressions(house) == [(EVERYTHING, Reason.ERASED)]


def test_what_is_remembered_names_nobody_and_is_for_its_owner_only(
    remembering: House,
) -> None:
    house, file = remembering, remembering.tombstones
    assert file is not None
    live(house, ANA)
    assert erase(house, DIANA) is None
    assert remembered(file) == {}
    erase(house, ANA)
    assert remembered(file) == {house.keys.digest(ANA): MONDAY}
    assert "ana" not in file.read_text().replace(house.keys.digest(ANA), "").lower()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_line_that_a_power_cut_left_unfinished_hides_no_other(tmp_path: Path) -> None:
    file = tmp_path / "keys.erased"
    remember(file, "a" * 64, MONDAY)
    with file.open("a") as torn:
        torn.write(f"{'b' * 64} 2026-1")
    assert remembered(file) == {"a" * 64: MONDAY}
    remember(file, "c" * 64, MONDAY)
    assert remembered(file) == {"a" * 64: MONDAY, "c" * 64: MONDAY}
