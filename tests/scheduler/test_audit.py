"""Each breach of the audit, planted and found; and nothing found where all is well."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, insert, update

from app.bootstrap import House
from course import consents
from course.consents import Act
from course.database import Database
from course.enrolments import Enrolment
from course.enrolments import State as Standing
from course.progress import Progress
from course.skips import Skip
from course.subscribers import Subscriber
from emails.providers.base import Rejected, Unknown
from emails.providers.memory import MemoryProvider, accept
from emails.suppression import EVERYTHING, Reason, suppress
from scheduler.audit import audit
from scheduler.breaches import Breach
from scheduler.outbox import Batch, Delivery, State
from scheduler.planning import plan_due
from scheduler.second_chances import SecondChance
from tests.support.houses import (
    COURSE,
    TUESDAY,
    confirm,
    deliveries,
    enrolment,
    go_to,
    join,
    leave,
    now,
    pause,
    play,
    sign_up,
    tick,
)
from tests.support.providers import to

Houses = Callable[..., House]
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


@pytest.fixture
def house(database: Database, houses: Houses) -> House:
    """Ana has had two letters, and her third is a week away."""
    house: House = houses(database, provider=MemoryProvider())
    join(house)
    play(house, TUESDAY + WEEK)
    return house


def breaches(house: House) -> list[Breach]:
    with house.database.snapshot() as session:
        return list(audit(session, house.catalogue, now(house)))


def laws(house: House) -> set[str]:
    return {breach.law for breach in breaches(house)}


def change(house: House, model: type, **values: object) -> None:
    """The same change to every row: a house of one reader needs no more."""
    with house.database.transaction() as session:
        session.execute(update(model).values(**values))


def record(house: House, act: Act, at: datetime) -> None:
    with house.database.transaction() as session:
        reader = enrolment(house, 1).subscriber_id
        consents.record(session, reader, COURSE, act, wording="-", means="-", at=at)


def test_a_healthy_database_has_none(database: Database, houses: Houses) -> None:
    verdict = to({"no@example.com": Rejected("no"), "lost@example.com": Unknown("lost")}, accept)
    house = houses(database, provider=MemoryProvider(verdict=verdict))
    for name in ("ana", "no", "lost"):
        join(house, f"{name}@example.com")
    gone, back, resting = (join(house, f"{n}@example.com") for n in ("gone", "back", "resting"))
    barred = join(house, "barred@example.com")
    sign_up(house, "new@example.com")
    play(house, TUESDAY + WEEK)
    leave(house, gone)
    leave(house, back)
    pause(house, resting, now(house) + 3 * WEEK)
    with database.transaction() as session:
        digest = enrolment(house, barred).subscriber.digest
        suppress(session, digest, EVERYTHING, Reason.COMPLAINT, now(house))
    assert breaches(house) == []
    play(house, TUESDAY + 2 * WEEK)
    confirm(house, sign_up(house, "back@example.com"))
    with database.transaction() as session:
        reader = enrolment(house, back).subscriber_id
        consents.record(
            session, reader, COURSE, Act.CONFIRMED, wording="-", means="-", at=now(house)
        )
    play(house, TUESDAY + 9 * WEEK)
    assert breaches(house) == []


def test_somebody_in_the_course_without_a_date_is_a_gap(house: House) -> None:
    change(house, Enrolment, next_due_at=None)
    [breach] = breaches(house)
    assert breach.law == "never dropped"
    assert "ana@example.com" in str(breach)
    assert "no next letter has a date" in str(breach)


def test_a_letter_due_for_hours_and_not_planned_is_a_gap(house: House) -> None:
    go_to(house, TUESDAY + 2 * WEEK + timedelta(minutes=59))
    assert breaches(house) == []
    go_to(house, TUESDAY + 2 * WEEK + timedelta(hours=1))
    [breach] = breaches(house)
    assert "isn't planned" in breach.sentence
    assert "lettercourse serve" in breach.cure


@pytest.mark.parametrize("state", [Standing.LEFT, Standing.PENDING, Standing.FINISHED])
def test_a_date_for_whoever_is_out_is_found(house: House, state: Standing) -> None:
    change(house, Enrolment, state=state)
    assert laws(house) == {"never after goodbye"}


def test_a_letter_that_went_out_twice_is_a_double(house: House) -> None:
    first, _ = deliveries(house)
    twin = {
        "kind": "lesson",
        "about": "again",
        "lane": first.lane,
        "enrolment_id": first.enrolment_id,
        "lesson": first.lesson,
        "state": State.ACCEPTED,
        "due_at": first.due_at,
        "planned_at": first.planned_at,
        "settled_at": first.settled_at,
    }
    with house.database.transaction() as session:
        session.execute(insert(Delivery), [twin])
    assert "it went out 2 times" in {breach.sentence[:19] for breach in breaches(house)}


def test_a_letter_noted_as_had_that_never_left_is_a_gap(house: House) -> None:
    change(house, Delivery, state=State.WITHHELD)
    assert {breach.about for breach in breaches(house)} == {
        f"ana@example.com, letter {letter.lesson}" for letter in deliveries(house)
    }


def test_a_letter_sent_once_more_because_of_a_doubt_is_none(house: House) -> None:
    with house.database.transaction() as session:
        doubts = [
            {"delivery_id": letter.id, "decided_at": TUESDAY, "given": True}
            for letter in deliveries(house)
        ]
        session.execute(insert(SecondChance), doubts)
    change(house, Delivery, state=State.PLANNED, ready_at=now(house))
    assert breaches(house) == []


def test_a_letter_that_left_and_is_not_noted_is_a_gap(house: House) -> None:
    with house.database.transaction() as session:
        session.execute(delete(Progress))
    assert len(breaches(house)) == 2
    assert laws(house) == {"never dropped"}


def test_a_letter_to_be_sent_at_no_moment_is_a_gap(house: House) -> None:
    go_to(house, TUESDAY + 2 * WEEK)
    plan_due(house.database, house.catalogue, now(house))
    assert breaches(house) == []
    change(house, Delivery, ready_at=None)
    [breach] = breaches(house)
    assert "for no moment at all" in breach.sentence


def test_a_letter_that_left_and_can_be_claimed_is_a_double_to_come(house: House) -> None:
    change(house, Delivery, ready_at=now(house))
    assert laws(house) == {"once"}


def test_a_letter_still_claimed_in_a_settled_call_is_a_gap(house: House) -> None:
    change(house, Delivery, state=State.CLAIMED)
    sentences = [f.sentence for f in breaches(house) if f.about.startswith("lesson 1/")]
    assert sentences == ["it is claimed in a call that is over."] * 2


def test_a_call_nobody_is_at_work_on_is_found(house: House) -> None:
    change(house, Batch, state="calling", lease_until=TUESDAY - 365 * DAY)
    assert [breach.about[:5] for breach in breaches(house)] == ["call "] * 2


def test_a_call_to_be_asked_about_and_forgotten_is_found(house: House) -> None:
    change(house, Batch, state="asking", ask_again_at=now(house) - timedelta(minutes=59))
    assert breaches(house) == []
    change(house, Batch, ask_again_at=None)
    assert len(breaches(house)) == 2


def test_a_letter_after_goodbye_is_found(house: House) -> None:
    change(house, Batch, first_called_at=None)
    record(house, Act.WITHDRAWN, TUESDAY + DAY)
    [breach] = breaches(house)
    assert breach.law == "never after goodbye"


def test_a_letter_under_way_at_the_goodbye_is_not_held_against_it(house: House) -> None:
    hour = timedelta(hours=1)
    with house.database.transaction() as session:
        second = update(Delivery).where(Delivery.due_at == TUESDAY + WEEK)
        session.execute(second.values(settled_at=TUESDAY + WEEK + 2 * hour))
    change(house, Batch, first_called_at=TUESDAY + WEEK)
    record(house, Act.WITHDRAWN, TUESDAY + WEEK + hour)
    assert breaches(house) == []


def test_a_letter_after_goodbye_and_return_is_none(house: House) -> None:
    record(house, Act.WITHDRAWN, TUESDAY + DAY)
    record(house, Act.ASKED, TUESDAY + 2 * DAY)
    change(house, Batch, first_called_at=None)
    assert laws(house) == {"never after goodbye"}
    record(house, Act.CONFIRMED, TUESDAY + 2 * DAY)
    assert breaches(house) == []


def test_a_letter_to_a_suppressed_address_is_found(house: House) -> None:
    change(house, Batch, first_called_at=None)
    with house.database.transaction() as session:
        digest = enrolment(house, 1).subscriber.digest
        suppress(session, digest, EVERYTHING, Reason.HARD_BOUNCE, TUESDAY + DAY)
    assert laws(house) == {"never after goodbye"}


def test_two_letters_within_the_gap_are_found(house: House) -> None:
    [first, _] = deliveries(house)
    with house.database.transaction() as session:
        early = update(Progress).where(Progress.lesson == first.lesson)
        session.execute(early.values(sent_at=TUESDAY + 3 * DAY))
    [breach] = breaches(house)
    assert (breach.law, breach.sentence[:6]) == ("kind pace", "4 days")


def test_the_gap_of_a_zone_she_has_left_is_no_breach(house: House) -> None:
    """Monday at 23 to Saturday at 1 is five days; to whoever lives two hours behind, four."""
    [first, second] = deliveries(house)
    with house.database.transaction() as session:
        for letter, at in ((first, TUESDAY), (second, TUESDAY + timedelta(days=4, hours=2))):
            row = update(Progress).where(Progress.lesson == letter.lesson)
            session.execute(row.values(sent_at=at))
    assert laws(house) == {"kind pace"}
    change(house, Subscriber, zone_since=TUESDAY + WEEK)
    assert breaches(house) == []


def test_a_letter_sent_though_it_was_skipped_is_found(house: House) -> None:
    [first, _] = deliveries(house)
    with house.database.transaction() as session:
        skip = {"enrolment_id": 1, "turn": 1, "lesson": first.lesson, "skipped_at": TUESDAY - DAY}
        session.execute(insert(Skip).values(skip))
    assert laws(house) == {"kind pace"}


def test_a_letter_due_before_the_last_one_left_is_out_of_order(house: House) -> None:
    [_, second] = deliveries(house)
    with house.database.transaction() as session:
        early = update(Delivery).where(Delivery.id == second.id)
        session.execute(early.values(due_at=TUESDAY - DAY))
    assert laws(house) == {"order"}


def test_asking_changes_nothing(house: House) -> None:
    tick(house)
    before = [(d.id, d.state, d.settled_at) for d in deliveries(house)]
    breaches(house)
    assert [(d.id, d.state, d.settled_at) for d in deliveries(house)] == before
