"""Whether a sign-up is let in at once: the one way in, for the page, a frame, and the API.

Everything is counted before anybody is looked up, so what happens here tells nothing of who reads.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.bootstrap import House
from course import consents, joining, review, subscribers, tallies
from course.consents import Act, Means
from course.tallies import Limit

AN_HOUR = timedelta(hours=1)
# Of both limits this part is open to sign-ups without proof of work; the rest can't be used up by
# whoever does no work for it.
UNPROVEN_PART = 4


class Outcome(StrEnum):
    IN = "in"
    HELD = "held"
    REFUSED = "refused"


@dataclass(frozen=True, repr=False)
class Wish:
    """Somebody wants a course; all fields are clean. Has no repr, so that it can't be logged."""

    email: str
    name: str | None
    zone: str
    course: str
    wording: str
    means: Means


@dataclass(frozen=True)
class Evidence:
    """What speaks for a sign-up and against it.

    `network` is where it comes from, None where that can't be told; a `trial` is made by somebody
    on this very machine, which no mail leaves; `proof` names the challenge that was solved for it,
    perhaps once before; it is `trapped` if it fills in a field that no person sees.
    """

    network: str | None = None
    trial: bool = False
    proof: str | None = None
    trapped: bool = False


def admit(house: House, wish: Wish, evidence: Evidence, now: datetime) -> Outcome:
    """Let it in, or keep it for the owner's look, or refuse it where too many wait for that."""
    try:
        return _decide(house, wish, evidence, now)
    except IntegrityError:
        # The same address at the same moment from a second form; now it is known.
        return _decide(house, wish, evidence, now)


def let_in(session: Session, house: House, wish: Wish, *, asked_at: datetime) -> None:
    """Pending from now on, and asked to confirm, as far as her mailbox hasn't been lately."""
    now = house.clock.now()
    subscriber = subscribers.find_or_add(
        session, house.keys, email=wish.email, name=wish.name, zone=wish.zone, now=now
    )
    joining.sign_up(session, subscriber, wish.course, now)
    consents.record(
        session,
        subscriber.id,
        wish.course,
        Act.ASKED,
        wording=wish.wording,
        means=wish.means,
        at=asked_at,
    )


def _decide(house: House, wish: Wish, evidence: Evidence, now: datetime) -> Outcome:
    with house.database.transaction() as session:
        if not evidence.trapped and _has_room(session, house, evidence, now):
            let_in(session, house, wish, asked_at=now)
            return Outcome.IN
        held = review.hold(
            session,
            house.keys,
            email=wish.email,
            name=wish.name,
            zone=wish.zone,
            course=wish.course,
            wording=wish.wording,
            means=wish.means,
            at=now,
        )
    return Outcome.HELD if held else Outcome.REFUSED


def _has_room(session: Session, house: House, evidence: Evidence, now: datetime) -> bool:
    if evidence.trial:
        return True
    proven = evidence.proof is not None and _spend(session, house, evidence.proof, now)
    return tallies.count_in(session, _limits(house, evidence.network, proven=proven), now)


def _spend(session: Session, house: House, proof: str, now: datetime) -> bool:
    """True the first time; a proof is good for one sign-up."""
    once = {house.keys.digest(f"proof {proof}"): [Limit(1, AN_HOUR)]}
    return tallies.count_in(session, once, now)


def _limits(house: House, network: str | None, *, proven: bool) -> tallies.Limits:
    settings = house.settings.sign_ups
    numbers = {"everywhere": settings.per_hour}
    if network is not None:
        numbers[f"network {network}"] = settings.per_network
    if not proven:
        numbers |= {
            f"{key} without proof": max(number // UNPROVEN_PART, 1)
            for key, number in numbers.items()
        }
    return {
        house.keys.digest(f"sign-ups {key}"): [Limit(number, AN_HOUR)]
        for key, number in numbers.items()
    }
