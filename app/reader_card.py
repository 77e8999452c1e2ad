"""One reader as the owner may ask to see her: who she is, what she agreed to, every email."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from app.errors import CommandError
from app.web import standing
from course.consents import Consent
from course.enrolments import Enrolment
from course.language import ENGLISH, Language
from course.subscribers import Subscriber
from emails.suppression import EVERYTHING, Reason, Suppression
from scheduler import ledger
from scheduler.ledger import Entry

# The language of each course, by its slug.
Speak = Callable[[str], Language]


@dataclass(frozen=True)
class Standing:
    """One course of hers; `coming` says in her own zone what comes next."""

    course: str
    state: str
    signed_up_at: datetime
    next_due_at: datetime | None
    coming: str


@dataclass(frozen=True)
class Card:
    reader: Subscriber
    standings: list[Standing]
    suppressions: list[Suppression]
    consents: list[Consent]
    ledger: list[Entry]

    def as_json(self) -> dict[str, Any]:
        return {
            "email": self.reader.email,
            "name": self.reader.name,
            "timezone": self.reader.zone,
            "since": self.reader.created_at.isoformat(),
            "courses": [
                {
                    "course": one.course,
                    "state": one.state,
                    "signed_up_at": one.signed_up_at.isoformat(),
                    "next_due_at": one.next_due_at.isoformat() if one.next_due_at else None,
                    "coming": one.coming,
                }
                for one in self.standings
            ],
            "suppressed": [
                {"course": one.course or None, "reason": one.reason, "at": one.at.isoformat()}
                for one in self.suppressions
            ],
            "consents": [
                {
                    "course": one.course,
                    "act": one.act,
                    "wording": one.wording,
                    "means": one.means,
                    "at": one.at.isoformat(),
                }
                for one in self.consents
            ],
            "emails": [entry.as_json() for entry in self.ledger],
        }


def look_up(
    session: Session, email: str, now: datetime, speak: Speak = lambda _course: ENGLISH
) -> Card | None:
    """The card of the reader with this (clean) address; nothing for a stranger.

    `speak` says for each course in which language her standing is told.
    """
    reader = session.scalar(select(Subscriber).where(Subscriber.email == email))
    if reader is None:
        return None
    suppressions = select(Suppression).where(Suppression.digest == reader.digest)
    consents = select(Consent).where(Consent.subscriber_id == reader.id)
    return Card(
        reader=reader,
        standings=_standings(session, reader, now, speak),
        suppressions=list(session.scalars(suppressions.order_by(Suppression.at))),
        consents=list(session.scalars(consents.order_by(Consent.at, Consent.id))),
        ledger=ledger.of_subscriber(session, reader.id),
    )


def known(
    session: Session, email: str, now: datetime, speak: Speak = lambda _course: ENGLISH
) -> Card:
    """The same; for a stranger a sentence that says what to look for."""
    card = look_up(session, email, now, speak)
    if card is None:
        raise CommandError(nobody(email))
    return card


def nobody(email: str) -> str:
    return (
        f"Nobody with the address {email} is known here. "
        "Look for a slip of the pen, or for another address of hers."
    )


def refusal(suppression: Suppression) -> str:
    what = "nothing at all" if suppression.course == EVERYTHING else f"no {suppression.course}"
    if suppression.reason == Reason.ERASED:
        what = "nothing but the confirmation she asks for"
    return f"{what} may go to her ({suppression.reason})"


def _standings(session: Session, reader: Subscriber, now: datetime, speak: Speak) -> list[Standing]:
    query = (
        select(Enrolment)
        .join(Enrolment.subscriber)
        .options(contains_eager(Enrolment.subscriber))
        .where(Enrolment.subscriber_id == reader.id)
        .order_by(Enrolment.id)
    )
    return [_standing(enrolment, now, speak) for enrolment in session.scalars(query)]


def _standing(enrolment: Enrolment, now: datetime, speak: Speak) -> Standing:
    return Standing(
        course=enrolment.course,
        state=enrolment.state,
        signed_up_at=enrolment.signed_up_at,
        next_due_at=enrolment.next_due_at,
        coming=standing.coming(enrolment, now, speak(enrolment.course)),
    )
