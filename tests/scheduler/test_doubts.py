"""emails.when_in_doubt: what stays unknown is the owner's, or is sent once more and never again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import update

from app.bootstrap import House
from course.catalogue import Catalogue
from course.database import Database
from emails.providers.base import AccountPaused, Outcome, TryLater, Unknown
from emails.providers.memory import MemoryProvider
from emails.suppression import EVERYTHING, Reason, suppress
from scheduler.clock import lease_now
from scheduler.outbox import Batch
from tests.support.houses import (
    COURSE,
    TUESDAY,
    counts,
    deliveries,
    enrolment,
    join,
    leave,
    pause,
    play,
    shipped_catalogue,
    shipped_settings,
    sign_up,
    tick,
)
from tests.support.providers import DAY, Scripted

Houses = Callable[..., House]
WEEK = timedelta(weeks=1)
LOST = Unknown("no answer (ReadTimeout)")
RESEND = {"emails": shipped_settings().emails.model_dump() | {"when_in_doubt": "resend"}}


def close_window(database: Database) -> None:
    with database.transaction() as session:
        past = lease_now(session) - DAY - timedelta(seconds=1)
        session.execute(update(Batch).values(first_called_at=past))


def test_as_shipped_it_is_held(database: Database, houses: Houses) -> None:
    house = houses(database, provider=Scripted(answers=[LOST]))
    join(house)
    tick(house, TUESDAY)
    tick(house, TUESDAY + timedelta(hours=2))
    assert counts(house) == {"unknown": 1}


def test_without_a_key_it_is_sent_once_more_at_once(database: Database, houses: Houses) -> None:
    provider = Scripted(answers=[LOST])
    house = houses(database, provider=provider, **RESEND)
    reader = join(house)
    tick(house, TUESDAY)
    later = TUESDAY + timedelta(minutes=1)
    tick(house, later)
    assert counts(house) == {"accepted": 1}
    assert len(provider.calls) == 2
    assert enrolment(house, reader).next_due_at == TUESDAY + WEEK


def test_once_more_is_not_twice(database: Database, houses: Houses) -> None:
    provider = Scripted(answers=[LOST, LOST])
    house = houses(database, provider=provider, **RESEND)
    join(house)
    for minutes in range(5):
        tick(house, TUESDAY + timedelta(minutes=minutes))
    assert counts(house) == {"unknown": 1}
    assert len(provider.calls) == 2


@pytest.mark.parametrize(
    "between", [TryLater("busy"), AccountPaused("key", timedelta(minutes=5))], ids=repr
)
def test_however_the_second_try_goes_there_is_no_third(
    database: Database, houses: Houses, between: Outcome
) -> None:
    provider = Scripted(answers=[LOST, between, LOST])
    house = houses(database, provider=provider, **RESEND)
    join(house)
    for minutes in range(0, 60, 5):
        tick(house, TUESDAY + timedelta(minutes=minutes))
    assert counts(house) == {"unknown": 1}
    assert len(provider.calls) == 3


def test_its_reason_tells_that_it_is_sent_again(sqlite: Database, houses: Houses) -> None:
    house = houses(sqlite, provider=Scripted(answers=[LOST]), **RESEND)
    join(house)
    tick(house, TUESDAY)
    house.engine.plan()
    [letter] = deliveries(house)
    assert (letter.state, letter.settled_at) == ("planned", None)
    assert "when_in_doubt" in (letter.reason or "")


def test_with_a_key_it_waits_for_the_window_to_close(database: Database, houses: Houses) -> None:
    provider = Scripted(dedupe_window=DAY, answers=[LOST, LOST])
    house = houses(database, provider=provider, **RESEND)
    join(house)
    tick(house, TUESDAY)
    tick(house, TUESDAY + timedelta(hours=2))
    assert len({key for key, _ in provider.calls}) == 1
    close_window(database)
    tick(house, TUESDAY + DAY)
    tick(house, TUESDAY + DAY)
    assert counts(house) == {"accepted": 1}
    assert len({key for key, _ in provider.calls}) == 2


def test_given_up_early_it_still_waits_for_the_window(database: Database, houses: Houses) -> None:
    """A call that can't be repeated, since one of its readers left, may have been taken."""
    provider = Scripted(dedupe_window=DAY, answers=[LOST])
    house = houses(database, provider=provider, **RESEND)
    join(house, "ana@example.com")
    leave_later = join(house, "ben@example.com")
    tick(house, TUESDAY)
    leave(house, leave_later)
    for hours in (2, 4):
        tick(house, TUESDAY + timedelta(hours=hours))
    assert counts(house) == {"unknown": 2}
    close_window(database)
    tick(house, TUESDAY + DAY)
    assert counts(house) == {"accepted": 1, "unknown": 1}
    assert [mail.to for mail in provider.sent] == ["ana@example.com"]


def test_a_last_letter_isnt_sent_once_more_into_its_readers_rest(
    database: Database, houses: Houses
) -> None:
    """With it in doubt the course is over, and she rests all the same."""
    shipped = shipped_catalogue()
    short = replace(shipped[COURSE], lessons=shipped[COURSE].lessons[:1])
    provider = Scripted(dedupe_window=DAY, answers=[LOST])
    house = houses(database, provider=provider, catalogue=Catalogue({COURSE: short}), **RESEND)
    reader = join(house)
    tick(house, TUESDAY)
    pause(house, reader, TUESDAY + WEEK)
    tick(house, TUESDAY + timedelta(hours=2))
    assert enrolment(house, reader).state == "finished"
    close_window(database)
    tick(house, TUESDAY + DAY)
    assert counts(house) == {"unknown": 1}
    assert provider.sent == []


def suppressed(house: House, reader: int) -> None:
    digest = enrolment(house, reader).subscriber.digest
    with house.database.transaction() as session:
        suppress(session, digest, EVERYTHING, Reason.COMPLAINT, TUESDAY)


@pytest.mark.parametrize("stop", [leave, suppressed, lambda h, r: pause(h, r, TUESDAY + 2 * WEEK)])
def test_never_to_whoever_has_gone_or_rests(
    database: Database, houses: Houses, stop: Callable[[House, int], None]
) -> None:
    provider = Scripted(answers=[LOST])
    house = houses(database, provider=provider, **RESEND)
    reader = join(house)
    tick(house, TUESDAY)
    stop(house, reader)
    before = enrolment(house, reader)
    tick(house, TUESDAY + timedelta(minutes=1))
    after = enrolment(house, reader)
    assert counts(house) == {"unknown": 1}
    assert len(provider.calls) == 1
    assert (before.state, before.next_due_at) == (after.state, after.next_due_at)


def test_never_through_another_provider(database: Database, houses: Houses) -> None:
    first = houses(database, provider=Scripted(answers=[LOST]), **RESEND)
    join(first)
    tick(first, TUESDAY)
    other = MemoryProvider(name="other")
    tick(houses(database, provider=other, at=TUESDAY + DAY, **RESEND))
    assert other.calls == []


def test_a_letter_overtaken_by_the_next_is_not_sent_again(
    database: Database, houses: Houses
) -> None:
    holding = houses(database, provider=Scripted(answers=[LOST]))
    join(holding)
    play(holding, TUESDAY + WEEK)
    holding.life.end()
    resending = houses(database, provider=MemoryProvider(), at=TUESDAY + WEEK + DAY, **RESEND)
    tick(resending)
    assert counts(resending) == {"accepted": 1, "unknown": 1}


def test_the_last_letter_too_and_the_course_ends_after_it(
    database: Database, houses: Houses
) -> None:
    provider = Scripted()
    house = houses(database, provider=provider, **RESEND)
    reader = join(house)
    play(house, TUESDAY + 5 * WEEK - DAY)
    provider.answers = [LOST]
    play(house, TUESDAY + 5 * WEEK)
    assert enrolment(house, reader).state == "finished"
    tick(house, TUESDAY + 5 * WEEK + timedelta(minutes=1))
    assert counts(house) == {"accepted": 6}
    assert enrolment(house, reader).state == "finished"


def test_a_confirmation_too(database: Database, houses: Houses) -> None:
    house = houses(database, provider=Scripted(answers=[LOST]), **RESEND)
    sign_up(house)
    tick(house)
    tick(house)
    assert counts(house) == {"accepted": 1}


def test_every_letter_still_comes_and_none_too_close(database: Database, houses: Houses) -> None:
    provider = Scripted(answers=[LOST])
    house = houses(database, provider=provider, **RESEND)
    join(house)
    moments = play(house, TUESDAY + 12 * WEEK)
    assert len({mail.subject for mail in provider.sent}) == len(provider.sent) == 6
    assert all(later - sooner >= WEEK for sooner, later in pairwise(moments))
