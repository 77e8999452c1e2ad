"""The watchers themselves: a law broken on purpose is told, with the way to see it again."""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from scheduler import goodbyes
from tests.simulation.courses import new_course
from tests.simulation.faults import Broken
from tests.simulation.laws import Facts, Watch, at_her_hour, may_get
from tests.simulation.people import Person, Wish
from tests.simulation.run import Failure, run
from tests.support.messages import message

NOW = datetime(2026, 11, 3, 7, tzinfo=UTC)
LETTER = Facts("lesson", "1/apple", "code", "apple")
INVITATION = Facts("invitation", "1@now", "code", None)
CONFIRMATION = Facts("confirmation", "1@now", "code", None)


def test_a_failing_seed_prints_itself_and_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(goodbyes, "_goodbye", lambda *_: None)
    failures = []
    for seed in range(40):
        try:
            run(seed)
        except Failure as failure:
            failures.append(str(failure))
    assert "law 3" in failures[0]
    assert "python -m tests.simulation --seed" in failures[0]
    assert " leaves" in failures[0] or " rests" in failures[0]


def test_a_message_taken_twice_is_a_double() -> None:
    watch, mail = Watch(), message("ana@example.com")
    watch.facts[mail.key], watch.at[mail.key] = LETTER, NOW
    watch.days["call"] = NOW.date()
    watch.took(mail, "call")
    with pytest.raises(Broken, match="law 1"):
        watch.took(mail, "call")


def test_sent_once_more_because_of_a_doubt_it_may_be_taken_twice_and_no_more() -> None:
    watch, mail = Watch(), message("ana@example.com")
    watch.facts[mail.key], watch.at[mail.key] = LETTER, NOW
    watch.days["call"] = NOW.date()
    watch.again.add(mail.key)
    watch.took(mail, "call")
    watch.took(mail, "call")
    with pytest.raises(Broken, match="law 1"):
        watch.took(mail, "call")


@pytest.mark.parametrize("facts", [LETTER, INVITATION, CONFIRMATION])
def test_anything_to_whoever_bounced_or_complained_is_told(facts: Facts) -> None:
    person = Person("ana@example.com", "Europe/Berlin", Wish.ASKED, barred=True)
    with pytest.raises(Broken, match="law 3"):
        may_get(person, facts, "key", NOW)


def test_whoever_was_erased_may_be_asked_to_confirm_and_nothing_else() -> None:
    person = Person("ana@example.com", "Europe/Berlin", Wish.ASKED, erased=True)
    may_get(person, CONFIRMATION, "key", NOW)
    with pytest.raises(Broken, match="law 3"):
        may_get(person, INVITATION, "key", NOW)


@pytest.mark.parametrize("wish", [Wish.ASKED, Wish.GONE])
def test_a_letter_to_whoever_is_not_in_is_told(wish: Wish) -> None:
    person = Person("ana@example.com", "Europe/Berlin", wish)
    with pytest.raises(Broken, match="law 3"):
        may_get(person, LETTER, "key", NOW)


def test_a_letter_to_whoever_rests_is_told() -> None:
    person = Person("ana@example.com", "Europe/Berlin", Wish.IN)
    person.paused_until = NOW + timedelta(seconds=1)
    with pytest.raises(Broken, match="law 3"):
        may_get(person, LETTER, "key", NOW)


def test_a_call_under_way_at_the_goodbye_is_let_pass_once() -> None:
    person = Person("ana@example.com", "Europe/Berlin", Wish.GONE, too_late={"key"})
    may_get(person, LETTER, "key", NOW)
    with pytest.raises(Broken, match="law 3"):
        may_get(person, LETTER, "key", NOW)


def test_an_hour_that_is_nobody_s_is_told() -> None:
    course = new_course(Random(1))
    with pytest.raises(Broken, match="law 8"):
        at_her_hour(course, NOW.replace(hour=13, minute=30), ZoneInfo("Europe/Berlin"))
