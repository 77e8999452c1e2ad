"""What a receipt still changes for an email that waits, and whose mailbox it speaks of."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.bootstrap import House
from course.database import Database
from emails.providers.base import Unknown
from emails.providers.hooks import EventKind
from emails.suppression import Suppression
from scheduler import outbox, pauses
from scheduler.audit import audit
from scheduler.doubts import plan_again
from scheduler.feedback import SOFT_BOUNCES
from scheduler.outbox import Lane, State
from tests.support.houses import TUESDAY, counts, deliveries, enrolment, join, now, tick
from tests.support.lives import hear
from tests.support.providers import InterruptedComposer, Scripted

Houses = Callable[..., House]
WEEK = timedelta(weeks=1)


@pytest.mark.parametrize("kind", [EventKind.ACCEPTED, EventKind.SOFT_BOUNCE])
def test_a_receipt_ends_a_second_chance_before_it_is_used(
    database: Database, houses: Houses, kind: EventKind
) -> None:
    provider = Scripted(answers=[Unknown("no answer (ReadTimeout)")])
    house = houses(database, provider=provider)
    reader = join(house)
    tick(house, TUESDAY)
    assert plan_again(house.database, house.catalogue, provider, now(house)) == 1
    [letter] = deliveries(house, "lesson")
    assert letter.state == State.PLANNED
    hear(house, letter, kind)
    tick(house)
    assert len(provider.calls) == 1
    assert counts(house) == {"accepted": 1}
    assert enrolment(house, reader).next_due_at == TUESDAY + WEEK


def test_a_receipt_that_comes_while_it_is_composed_again_is_in_time_too(
    database: Database, houses: Houses
) -> None:
    provider = Scripted(answers=[Unknown("no answer (ReadTimeout)")])
    house = houses(database, provider=provider)
    join(house)
    tick(house, TUESDAY)
    plan_again(house.database, house.catalogue, provider, now(house))
    [letter] = deliveries(house, "lesson")

    def told() -> None:
        hear(house, letter, EventKind.DELIVERED)

    house.office.__dict__["composer"] = InterruptedComposer(house.composer, told)
    tick(house)
    assert len(provider.calls) == 1
    assert counts(house) == {"accepted": 1}
    with house.database.snapshot() as session:
        assert not list(audit(session, house.catalogue, now(house)))


def test_notices_that_bounce_at_the_owner_s_mailbox_are_not_held_against_the_reader(
    database: Database, houses: Houses
) -> None:
    house = houses(database, provider=Scripted())
    reader = join(house)
    tick(house, TUESDAY)
    notices = [
        {
            "kind": "reflection-notice",
            "about": f"{week}@{week}",
            "lane": Lane.NOW,
            "enrolment_id": reader,
            "lesson": None,
            "due_at": TUESDAY,
        }
        for week in range(1, SOFT_BOUNCES)
    ]
    with house.database.transaction() as session:
        outbox.plan(session, notices, TUESDAY)
        pauses.stop_letters(session, "so that no other letter comes in between", TUESDAY)
    letter, *_ = deliveries(house, "lesson")
    for week, notice in enumerate(deliveries(house, "reflection-notice"), start=1):
        tick(house, TUESDAY + WEEK * week)
        hear(house, notice, EventKind.SOFT_BOUNCE)
    hear(house, letter, EventKind.SOFT_BOUNCE)
    with house.database.reading() as session:
        assert session.scalars(select(Suppression)).all() == []
