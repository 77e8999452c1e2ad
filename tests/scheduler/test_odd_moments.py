"""Moments nobody plans for: a clock set back, a course that is away, a doubt at the wrong time."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import update

from app.bootstrap import House
from course import after_booking, changes, enrolments, joining, subscribers
from course.catalogue import Catalogue
from course.database import Database
from course.enrolments import Enrolment
from course.progress import Letter
from course.wishes import BeginAgain
from emails.providers.base import AccountPaused, Rejected, Unknown
from emails.providers.hooks import Event, EventKind
from emails.providers.memory import MemoryProvider
from scheduler import allowances, claims, doubts, feedback, goodbyes, outbox, pauses
from scheduler.audit import audit
from scheduler.claims import Hold
from scheduler.clock import lease_now
from scheduler.delivery import deliver_due
from scheduler.doors import Door
from scheduler.limits import Limits
from scheduler.pauses import SILENT_CALLS
from scheduler.planning import plan_due
from tests.scheduler.test_deadlocks import wait_until_somebody_waits
from tests.scheduler.test_doubts import RESEND, close_window
from tests.support.houses import (
    COURSE,
    MONDAY,
    TUESDAY,
    ZONE,
    counts,
    deliveries,
    enrolment,
    go_to,
    join,
    leave,
    now,
    pause,
    play,
    shipped_catalogue,
    sign_up,
    tick,
)
from tests.support.providers import DAY, Interrupted, Scripted

Houses = Callable[..., House]
WEEK, HOUR, MINUTE = timedelta(weeks=1), timedelta(hours=1), timedelta(minutes=1)
LOST = Unknown("no answer (ReadTimeout)")
SLOWLY = Limits(per_second=5)


def breaches(house: House) -> list[str]:
    with house.database.snapshot() as session:
        return [breach.sentence for breach in audit(session, house.catalogue, now(house))]


def two_courses() -> Catalogue:
    course = shipped_catalogue()[COURSE]
    return Catalogue({COURSE: course, "other": replace(course, slug="other")})


def join_other(house: House) -> int:
    """Ana, who is in the one course, asks for the other one."""
    with house.database.transaction() as session:
        ana = subscribers.find_or_add(
            session, house.keys, email="ana@example.com", name="Ana", zone=ZONE, now=now(house)
        )
        return joining.sign_up(session, ana, "other", now(house)).id


def test_a_turn_of_a_year_ahead_was_noted_before_the_clock_was_set_back(
    database: Database, houses: Houses
) -> None:
    provider = MemoryProvider()
    house = houses(database, provider=provider)
    terms = replace(house.engine.postman.terms, limits=SLOWLY)
    join(house)
    plan_due(database, house.catalogue, TUESDAY)
    with database.transaction() as session:
        allowance = allowances.lock(session, provider.name, SLOWLY, TUESDAY)
        assert allowance is not None
        allowance.next_call_at = lease_now(session) + timedelta(days=365)
        allowance.wait_until = TUESDAY + timedelta(days=365)
    postman = replace(house.engine.postman, terms=terms)
    # Else it would wait for good.
    threading.Timer(10, postman.stop.set).start()
    deliver_due(postman, TUESDAY)
    assert counts(house) == {"accepted": 1}


def test_a_course_that_is_away_for_a_while_goes_on_when_it_is_back(
    sqlite: Database, houses: Houses
) -> None:
    here = houses(sqlite, provider=MemoryProvider(), catalogue=two_courses())
    reader = join(here)
    here.life.end()
    away = Catalogue({"other": two_courses()["other"]})
    without = houses(sqlite, provider=MemoryProvider(), catalogue=away, at=TUESDAY)
    tick(without, TUESDAY)
    assert enrolment(without, reader).state == "active"
    without.life.end()
    back = houses(sqlite, provider=MemoryProvider(), catalogue=two_courses(), at=TUESDAY + MINUTE)
    play(back, TUESDAY + 10 * WEEK)
    assert counts(back) == {"accepted": 6}
    assert breaches(back) == []


def test_so_it_does_for_whoever_is_sent_a_letter_meanwhile(
    sqlite: Database, houses: Houses
) -> None:
    provider = Interrupted()
    house = houses(sqlite, provider=provider, catalogue=two_courses())
    join(house)
    away = replace(house.engine.postman.office, catalogue=Catalogue({}))
    tick(house, MONDAY)
    plan_due(sqlite, house.catalogue, TUESDAY)
    provider.during = lambda: vars(house.engine.postman.office).update(vars(away))
    go_to(house, TUESDAY)
    deliver_due(house.engine.postman, TUESDAY)
    house.life.end()
    back = houses(sqlite, provider=MemoryProvider(), catalogue=two_courses(), at=TUESDAY + MINUTE)
    play(back, TUESDAY + 10 * WEEK)
    assert counts(back) == {"accepted": 6}
    sent = sorted(letter.settled_at for letter in deliveries(back) if letter.settled_at)
    assert all(later - earlier >= WEEK - HOUR for earlier, later in pairwise(sent))


def test_whoever_rests_while_her_course_is_away_goes_on_too(
    sqlite: Database, houses: Houses
) -> None:
    here = houses(sqlite, provider=MemoryProvider(), catalogue=two_courses())
    reader = join(here)
    go_to(here, TUESDAY)
    plan_due(sqlite, here.catalogue, TUESDAY)
    pause(here, reader, TUESDAY + 2 * WEEK)
    here.life.end()
    without = houses(
        sqlite,
        provider=MemoryProvider(),
        catalogue=Catalogue({"other": two_courses()["other"]}),
        at=TUESDAY,
    )
    tick(without, TUESDAY)
    without.life.end()
    back = houses(sqlite, provider=MemoryProvider(), catalogue=two_courses(), at=TUESDAY + HOUR)
    play(back, TUESDAY + 10 * WEEK)
    assert counts(back) == {"accepted": 6}
    assert breaches(back) == []


def test_a_letter_is_noted_on_the_turn_it_belongs_to(database: Database, houses: Houses) -> None:
    """Begun again with the last letter in doubt, the course has its last letter all the same."""
    provider = Scripted(dedupe_window=DAY)
    house = houses(database, provider=provider, **RESEND)
    reader = join(house)
    at = TUESDAY + 5 * WEEK
    play(house, at - DAY)
    provider.answers = [LOST] * 60
    tick(house, at)
    close_window(database)
    go_to(house, at + HOUR)
    house.engine.deliver()
    with database.transaction() as session:
        found = enrolments.by_id(session, reader, for_update=True)
        assert found is not None
        changes.make(session, house.catalogue, found, BeginAgain(), now(house))
    provider.answers = []
    play(house, TUESDAY + 20 * WEEK)
    last = shipped_catalogue()[COURSE].lessons[-1].slug
    assert f"{reader}/2/{last}" in {letter.about for letter in deliveries(house, "lesson")}


def test_what_is_sent_once_more_never_goes_by_another_provider(
    database: Database, houses: Houses
) -> None:
    no_credit = AccountPaused("no credit", HOUR)
    provider = Scripted(name="first", answers=[LOST, no_credit])
    house = houses(database, provider=provider, **RESEND)
    join(house)
    tick(house, TUESDAY)
    tick(house, TUESDAY + MINUTE)
    assert [letter.state for letter in deliveries(house)] == ["waiting"]
    house.life.end()
    other, third = MemoryProvider(name="other"), MemoryProvider(name="third")
    changed = houses(database, provider=other, at=TUESDAY + DAY, **RESEND)
    changed.engine.postman = replace(changed.engine.postman, second=Door(third))
    tick(changed)
    assert (other.calls, third.calls) == ([], [])
    # And it waits for nobody: it is in doubt, as it was.
    doubts.give_up(database, changed.catalogue, ["other", "third"], now(changed))
    [letter] = deliveries(changed)
    assert (letter.state, letter.settled_at) == ("unknown", TUESDAY + DAY)
    play(changed, TUESDAY + 10 * WEEK)
    assert counts(changed) == {"unknown": 1, "accepted": 5}


def test_nor_does_it_keep_whoever_rests_from_going_on(database: Database, houses: Houses) -> None:
    house = houses(database, provider=Scripted(answers=[LOST]), **RESEND)
    reader = join(house)
    tick(house, TUESDAY)
    go_to(house, TUESDAY + MINUTE)
    house.engine.plan()
    pause(house, reader, TUESDAY + 2 * WEEK)
    doubts.give_up(database, house.catalogue, ["another"], now(house))
    play(house, TUESDAY + 12 * WEEK)
    assert counts(house) == {"unknown": 1, "accepted": 5}
    assert breaches(house) == []


def test_letters_ended_by_a_session_stay_ended(database: Database, houses: Houses) -> None:
    course = replace(shipped_catalogue()[COURSE], after_booking="stop")
    provider = Scripted(dedupe_window=DAY, answers=[LOST])
    house = houses(database, provider=provider, catalogue=Catalogue({COURSE: course}), **RESEND)
    reader = join(house)
    tick(house, TUESDAY)
    close_window(database)
    provider.answers = [LOST]
    go_to(house, TUESDAY + 2 * HOUR)
    house.engine.deliver()
    with database.transaction() as session:
        found = enrolments.by_id(session, reader, for_update=True)
        assert found is not None
        after_booking.booked(found, course, now(house))
    play(house, TUESDAY + 10 * WEEK)
    assert counts(house) == {"unknown": 1}
    assert enrolment(house, reader).state == "finished"


def test_a_second_chance_that_is_withheld_is_in_doubt_again(
    database: Database, houses: Houses
) -> None:
    house = houses(database, provider=Scripted(answers=[LOST]), **RESEND)
    reader = join(house)
    tick(house, TUESDAY)
    go_to(house, TUESDAY + MINUTE)
    house.engine.plan()
    pause(house, reader, TUESDAY + 2 * WEEK)
    house.engine.deliver()
    play(house, TUESDAY + 12 * WEEK)
    assert counts(house) == {"unknown": 1, "accepted": 5}
    assert breaches(house) == []


def test_a_second_chance_that_is_refused_is_in_doubt_again(
    database: Database, houses: Houses
) -> None:
    """Her course went on from it, so it mustn't stand still."""
    house = houses(database, provider=Scripted(answers=[LOST, Rejected("spam")]), **RESEND)
    join(house)
    play(house, TUESDAY + 12 * WEEK)
    assert counts(house) == {"unknown": 1, "accepted": 5}
    assert breaches(house) == []


def test_a_doubt_is_decided_with_its_reader_in_hand(postgresql: Database, houses: Houses) -> None:
    house = houses(postgresql, provider=Scripted(answers=[LOST]))
    reader = join(house)
    tick(house, TUESDAY)
    at = TUESDAY + WEEK
    go_to(house, at)
    given: list[int] = []

    def decide() -> None:
        provider = house.engine.postman.provider
        given.append(doubts.plan_again(postgresql, house.catalogue, provider, at))

    thread = threading.Thread(target=decide)
    with postgresql.transaction() as session:
        # Somebody else is planning her next letter, as planning does.
        [found] = enrolments.locked_standings(session, [reader])
        thread.start()
        wait_until_somebody_waits(postgresql)
        second = shipped_catalogue()[COURSE].lessons[1].slug
        outbox.plan(
            session,
            [
                {
                    "kind": "lesson",
                    "about": outbox.letter_about(Letter(found.id, found.turn, second)),
                    "lane": outbox.Lane.LESSONS,
                    "enrolment_id": found.id,
                    "lesson": second,
                    "due_at": at,
                }
            ],
            at,
        )
    thread.join()
    assert given == [0]


def test_of_two_workers_one_asks_a_mailbox(postgresql: Database, houses: Houses) -> None:
    """After an outage each has one of its two confirmations in hand."""
    one, other = (houses(postgresql, provider=MemoryProvider(max_batch=1)) for _ in range(2))
    sign_up(one, "ana+x@example.com")
    plan_due(postgresql, one.catalogue, now(one))
    later = MONDAY + 26 * HOUR
    go_to(one, later)
    sign_up(one, "ana+y@example.com")
    plan_due(postgresql, one.catalogue, later)

    def claim(house: House) -> Hold:
        postman = house.engine.postman
        with postgresql.transaction() as session:
            hold = claims.claim(session, postman.doors[0], postman.life, later)
            assert hold is not None
            return hold

    holds = [claim(one), claim(other)]

    def decide(hold: Hold) -> None:
        with postgresql.transaction() as session:
            goodbyes.withhold(session, one.catalogue, claims.unsettled(session, hold), later)

    thread = threading.Thread(target=decide, args=[holds[1]])
    with postgresql.transaction() as session:
        goodbyes.withhold(session, one.catalogue, claims.unsettled(session, holds[0]), later)
        thread.start()
        wait_until_somebody_waits(postgresql)
    thread.join()
    assert counts(one) == {"withheld": 1, "claimed": 1}


def test_what_doesn_t_go_itself_keeps_no_confirmation_from_going(
    database: Database, houses: Houses
) -> None:
    house = houses(database, provider=MemoryProvider(), catalogue=two_courses())
    sign_up(house)
    plan_due(database, house.catalogue, now(house))
    go_to(house, MONDAY + 26 * HOUR)
    other = join_other(house)
    plan_due(database, house.catalogue, now(house))
    leave(house, other)
    tick(house, MONDAY + 27 * HOUR)
    assert counts(house) == {"accepted": 1, "withheld": 1}


def test_a_failure_of_long_ago_hides_no_gap(database: Database, houses: Houses) -> None:
    house = houses(database, provider=MemoryProvider())
    join(house)
    tick(house, TUESDAY)
    [letter] = deliveries(house)
    event = Event("1", EventKind.REJECTED, "dropped", key=letter.key, reason="spam")
    with database.transaction() as session:
        feedback.hear(session, house.catalogue, "x", event, now(house))
    # It stands on the owner's list, so nothing is amiss.
    assert breaches(house) == []
    with database.transaction() as session:
        session.execute(update(Enrolment).values(next_due_at=None))
    assert breaches(house) == ["no next letter has a date, and none is under way."]


@pytest.mark.parametrize("dedupe_window", [DAY, timedelta(0)], ids=["keys", "no keys"])
def test_a_refusal_that_is_told_before_the_answer_counts(
    database: Database, houses: Houses, dedupe_window: timedelta
) -> None:
    provider = Interrupted(dedupe_window=dedupe_window)
    house = houses(database, provider=provider)
    reader = join(house)

    def refuse() -> None:
        [letter] = deliveries(house)
        event = Event("1", EventKind.REJECTED, "dropped", key=letter.key, reason="spam")
        with database.transaction() as session:
            feedback.hear(session, house.catalogue, "x", event, TUESDAY)

    provider.during = refuse
    tick(house, TUESDAY)
    [letter] = deliveries(house)
    assert (letter.state, letter.reason) == ("failed", "refused after it was taken: spam")
    assert enrolment(house, reader).next_due_at == TUESDAY + WEEK


def test_silence_makes_no_pause_shorter(database: Database) -> None:
    with database.transaction() as session:
        pauses.pause(session, "first", "402 no credit", TUESDAY + 6 * HOUR)
    with database.transaction() as session:
        for _ in range(SILENT_CALLS):
            pauses.listen(session, "first", TUESDAY, spoke=False)
    with database.reading() as session:
        assert pauses.pause_of(session, "first", TUESDAY + 5 * HOUR) is not None
