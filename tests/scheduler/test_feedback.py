"""What vendors tell of our emails, in any order and any number of times."""

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.bootstrap import House
from course.consents import Consent
from course.database import Database
from emails.providers.base import Unknown
from emails.providers.hooks import Event, EventKind
from emails.suppression import Suppression
from scheduler import feedback, pauses
from scheduler.feedback import SOFT_BOUNCES
from scheduler.outbox import Delivery, State
from scheduler.receipts import MILESTONES, ProviderEvent, Receipt
from scheduler.reputation import BOUNCES, COMPLAINTS
from tests.support.houses import (
    TUESDAY,
    counts,
    deliveries,
    enrolment,
    join,
    join_many,
    now,
    play,
    sign_up,
    tick,
)
from tests.support.providers import Scripted

Houses = Callable[..., House]
WEEK = timedelta(weeks=1)
LOST = Unknown("no answer (ReadTimeout)")


def tell(
    house: House,
    delivery: Delivery,
    kind: EventKind,
    *,
    event: str | None = None,
    at: datetime | None = None,
    reason: str = "",
) -> bool:
    """The vendor says so; whether it was news."""
    told = Event(
        event or uuid4().hex, kind, "their word", delivery.key, "their id", at=at, reason=reason
    )
    with house.database.transaction() as session:
        return feedback.hear(session, house.catalogue, "resend", told, now(house))


def receipt(house: House, delivery: Delivery) -> Receipt | None:
    with house.database.reading() as session:
        return session.get(Receipt, delivery.id)


def reasons(house: House) -> list[str]:
    with house.database.reading() as session:
        return list(session.scalars(select(Suppression.reason).order_by(Suppression.id)))


def sent(house: House) -> Delivery:
    """One reader's first letter, accepted."""
    join(house)
    tick(house, TUESDAY)
    [letter] = deliveries(house, "lesson")
    assert letter.state == State.ACCEPTED
    return letter


@pytest.mark.parametrize("kind", [kind for kind in EventKind if kind in MILESTONES])
def test_each_event_is_a_milestone_and_told_again_changes_nothing(
    database: Database, houses: Houses, kind: EventKind
) -> None:
    house = houses(database, provider=Scripted())
    letter = sent(house)
    assert tell(house, letter, kind, event="1", at=TUESDAY)
    before = receipt(house, letter)
    assert before is not None
    assert getattr(before, MILESTONES[kind].key) == TUESDAY
    assert not tell(house, letter, kind, event="1", at=TUESDAY - WEEK)
    assert tell(house, letter, kind, event="2", at=TUESDAY - WEEK)
    after = receipt(house, letter)
    assert after is not None
    assert getattr(after, MILESTONES[kind].key) == TUESDAY
    with house.database.reading() as session:
        assert len(session.scalars(select(ProviderEvent)).all()) == 2


ORDERS = list(
    itertools.permutations([EventKind.ACCEPTED, EventKind.DELIVERED, EventKind.COMPLAINT])
)


@pytest.mark.parametrize("order", ORDERS)
def test_in_whatever_order_they_come_the_end_is_the_same(
    database: Database, houses: Houses, order: tuple[EventKind, ...]
) -> None:
    house = houses(database, provider=Scripted())
    letter = sent(house)
    for kind in order:
        tell(house, letter, kind, at=TUESDAY)
    after = receipt(house, letter)
    assert after is not None
    assert (after.accepted_at, after.delivered_at, after.complained_at) == (TUESDAY,) * 3
    assert set(reasons(house)) == {"complaint", "unsubscribed"}


@pytest.mark.parametrize("kind", [EventKind.ACCEPTED, EventKind.DELIVERED, EventKind.DEFERRED])
def test_a_receipt_settles_an_unknown_letter_as_accepted_without_a_second_one(
    database: Database, houses: Houses, kind: EventKind
) -> None:
    provider = Scripted(answers=[LOST])
    house = houses(database, provider=provider)
    reader = join(house)
    tick(house, TUESDAY)
    [letter] = deliveries(house, "lesson")
    assert letter.state == State.UNKNOWN
    tell(house, letter, kind)
    [letter] = deliveries(house, "lesson")
    assert (letter.state, letter.provider_id, letter.reason) == (State.ACCEPTED, "their id", None)
    assert enrolment(house, reader).next_due_at == TUESDAY + WEEK
    play(house, TUESDAY + timedelta(hours=30))
    assert len(provider.calls) == 1


def test_a_receipt_settles_a_letter_whose_call_would_be_repeated(
    database: Database, houses: Houses
) -> None:
    provider = Scripted(dedupe_window=timedelta(hours=23), answers=[LOST])
    house = houses(database, provider=provider)
    reader = join(house)
    tick(house, TUESDAY)
    [letter] = deliveries(house, "lesson")
    tell(house, letter, EventKind.DELIVERED)
    assert counts(house) == {"accepted": 1}
    assert enrolment(house, reader).next_due_at == TUESDAY + WEEK
    tick(house, TUESDAY + timedelta(hours=2))
    assert len(provider.calls) == 1


def test_a_receipt_that_is_faster_than_the_answer_settles_it_when_the_answer_is_lost(
    database: Database, houses: Houses
) -> None:
    provider = Scripted(answers=[LOST])
    house = houses(database, provider=provider)
    send = provider.send

    def told_meanwhile(batch: object, key: str) -> object:
        [letter] = deliveries(house, "lesson")
        tell(house, letter, EventKind.DELIVERED)
        return send(batch, key)  # type: ignore[arg-type]

    provider.send = told_meanwhile  # type: ignore[method-assign, assignment]
    reader = join(house)
    tick(house, TUESDAY)
    assert counts(house) == {"accepted": 1}
    assert enrolment(house, reader).next_due_at == TUESDAY + WEEK


def test_a_refusal_proves_nothing_and_is_shown(database: Database, houses: Houses) -> None:
    house = houses(database, provider=Scripted())
    letter = sent(house)
    tell(house, letter, EventKind.REJECTED, reason="on their list")
    [letter] = deliveries(house, "lesson")
    assert letter.state == State.FAILED
    assert letter.reason == "refused after it was taken: on their list"


def test_a_hard_bounce_stops_everything_for_that_reader_and_nobody_else(
    database: Database, houses: Houses
) -> None:
    house = houses(database, provider=Scripted())
    join_many(house, 3)
    tick(house, TUESDAY)
    gone, *others = deliveries(house, "lesson")
    tell(house, gone, EventKind.HARD_BOUNCE, reason="550 5.1.1 no such user")
    assert reasons(house) == ["hard bounce"]
    play(house, TUESDAY + WEEK)
    assert len(deliveries(house, "lesson")) == 3 + len(others)


def test_a_complaint_ends_the_consent_too(database: Database, houses: Houses) -> None:
    house = houses(database, provider=Scripted())
    letter = sent(house)
    tell(house, letter, EventKind.COMPLAINT)
    with house.database.reading() as session:
        acts = list(session.scalars(select(Consent.act).order_by(Consent.id)))
    assert acts[-1] == "withdrawn"
    assert letter.enrolment_id is not None
    assert enrolment(house, letter.enrolment_id).state == "left"


def test_a_button_of_the_mail_program_ends_this_course(database: Database, houses: Houses) -> None:
    house = houses(database, provider=Scripted())
    letter = sent(house)
    tell(house, letter, EventKind.UNSUBSCRIBED)
    assert reasons(house) == ["unsubscribed"]


@pytest.mark.parametrize(
    ("bounced", "delivered", "expected"),
    [
        (SOFT_BOUNCES, [], ["soft bounces"]),
        (SOFT_BOUNCES - 1, [], []),
        (SOFT_BOUNCES, [SOFT_BOUNCES - 1], []),
    ],
)
def test_soft_bounces_stop_the_letters_only_when_they_do_not_end(
    database: Database, houses: Houses, bounced: int, delivered: list[int], expected: list[str]
) -> None:
    house = houses(database, provider=Scripted())
    join(house)
    for week in range(bounced):
        play(house, TUESDAY + week * WEEK)
        letter = deliveries(house, "lesson")[-1]
        if week in delivered:
            tell(house, letter, EventKind.DELIVERED)
        tell(house, letter, EventKind.SOFT_BOUNCE, reason="mailbox full")
    assert reasons(house) == expected


def test_many_soft_bounces_in_a_few_days_are_a_bad_week_and_no_more(
    database: Database, houses: Houses
) -> None:
    house = houses(database, provider=Scripted())
    join(house)
    for week in range(SOFT_BOUNCES):
        play(house, TUESDAY + week * WEEK)
    for letter in deliveries(house, "lesson"):
        tell(house, letter, EventKind.SOFT_BOUNCE)
    assert reasons(house) == []


def test_an_event_of_an_email_we_do_not_know_is_kept_and_changes_nothing(
    database: Database, houses: Houses
) -> None:
    house = houses(database, provider=Scripted())
    letter = sent(house)
    letter.key = "somebody-elses"
    assert tell(house, letter, EventKind.HARD_BOUNCE)
    assert reasons(house) == []


@pytest.mark.parametrize(
    ("kind", "bearable"), [(EventKind.HARD_BOUNCE, BOUNCES), (EventKind.COMPLAINT, COMPLAINTS)]
)
def test_letters_stop_when_too_many_bounce_or_complain_and_confirmations_go_on(
    database: Database, houses: Houses, kind: EventKind, bearable: int
) -> None:
    house = houses(database, provider=Scripted())
    join_many(house, 10)
    tick(house, TUESDAY)
    letters = deliveries(house, "lesson")
    for letter in letters[:bearable]:
        tell(house, letter, kind)
    assert stopped(house) is None
    tell(house, letters[bearable], kind)
    assert "of the last" in (stopped(house) or "")
    sign_up(house, "new@example.com")
    tick(house, TUESDAY + WEEK)
    assert [d.state for d in deliveries(house, "confirmation")] == [State.ACCEPTED]
    late = deliveries(house, "lesson")[10:]
    assert {letter.state for letter in late} == {State.PLANNED}
    with house.database.transaction() as session:
        pauses.let_letters_go(session, now(house))
    tick(house, TUESDAY + WEEK)
    assert {letter.state for letter in deliveries(house, "lesson")} == {State.ACCEPTED}
    tell(house, deliveries(house, "lesson")[-1], EventKind.HARD_BOUNCE)
    assert stopped(house) is None


def stopped(house: House) -> str | None:
    with house.database.reading() as session:
        found = pauses.letters_stopped(session)
    return found.reason if found else None
