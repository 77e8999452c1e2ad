"""Everything kept of one reader, in clear, for herself: what she may ask of whoever keeps it."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bootstrap import House
from app.reader_card import known
from course import answers, drafts, reflections
from course.bookings import Booking
from course.changes import Change
from course.enrolments import Enrolment
from course.progress import Progress
from course.skips import Skip
from course.subscribers import Subscriber
from emails.inbound import ReceivedEmail
from emails.providers.mailbox import CapturedEmail
from scheduler.outbox import Delivery
from scheduler.receipts import MILESTONES, Receipt

MILESTONE_NAMES = [milestone.key for milestone in MILESTONES.values()]


def export(house: House, email: str) -> dict[str, Any]:
    """As one JSON object. Raises CommandError for an address that nobody has."""
    with house.database.snapshot() as session:
        card = known(session, email, house.clock.now(), house.catalogue.language)
        reader = card.reader
        return card.as_json() | {
            "wishes": _wishes(session, reader),
            "letters_had": _rows(session, reader, Progress, ("lesson", "sent_at", "answered_at")),
            "letters_skipped": _rows(session, reader, Skip, ("lesson", "skipped_at")),
            "last_change": _rows(session, reader, Change, ("wish", "wished_at")),
            "reflections": _reflections(session, house, reader),
            "answers": _answers(session, house, reader),
            "drafts": _drafts(session, house, reader),
            "sessions": _sessions(session, house, reader),
            "received": _rows(session, reader, ReceivedEmail, ("received_at", "verdict")),
            "receipts": _receipts(session, reader),
            "trial_mailbox": _captured(session, reader),
        }


def _wishes(session: Session, reader: Subscriber) -> list[dict[str, Any]]:
    names = (
        "course",
        "turn",
        "weekday",
        "hour",
        "paused_until",
        "confirmed_at",
        "finished_at",
        "left_at",
    )
    query = select(Enrolment).where(Enrolment.subscriber_id == reader.id).order_by(Enrolment.id)
    return [_named(enrolment, names) for enrolment in session.scalars(query)]


def _rows(
    session: Session, reader: Subscriber, model: Any, names: tuple[str, ...]
) -> list[dict[str, Any]]:
    """The rows of hers in one table, each with the course it belongs to."""
    query = (
        select(Enrolment.course, model)
        .join(Enrolment, Enrolment.id == model.enrolment_id)
        .where(Enrolment.subscriber_id == reader.id)
        .order_by(Enrolment.id, getattr(model, next(n for n in names if n.endswith("_at"))))
    )
    return [{"course": course} | _named(row, names) for course, row in session.execute(query)]


def _reflections(session: Session, house: House, reader: Subscriber) -> list[dict[str, Any]]:
    opened = reflections.of_subscriber(session, house.vault, reader.id)
    names = ("course", "lesson", "received_at", "changed_at", "by_email", "shared", "words")
    return [_named(one, names) for one in opened]


def _answers(session: Session, house: House, reader: Subscriber) -> list[dict[str, Any]]:
    opened = answers.of_subscriber(session, house.vault, reader.id)
    return [_named(one, ("course", "written_at", "words")) for one in opened]


def _drafts(session: Session, house: House, reader: Subscriber) -> list[dict[str, Any]]:
    opened = drafts.of_subscriber(session, house.vault, reader.id)
    return [_named(one, ("course", "lesson", "saved_at", "words")) for one in opened]


def _sessions(session: Session, house: House, reader: Subscriber) -> list[dict[str, Any]]:
    names = ("kind", "tool", "name", "zone", "starts_at", "ends_at", "booked_at", "moved_at")
    query = (
        select(Enrolment.course, Booking)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .where(Enrolment.subscriber_id == reader.id)
        .order_by(Booking.booked_at)
    )
    return [
        {"course": course, "note": booking.opened_note(house.vault) or None}
        | _named(booking, (*names, "confirmed_at", "cancelled_at"))
        for course, booking in session.execute(query)
    ]


def _receipts(session: Session, reader: Subscriber) -> list[dict[str, Any]]:
    """What the provider told of each email of hers, only what it told."""
    query = (
        select(Enrolment.course, Delivery.kind, Delivery.lesson, Receipt)
        .join(Delivery, Delivery.id == Receipt.delivery_id)
        .join(Enrolment, Enrolment.id == Delivery.enrolment_id)
        .where(Enrolment.subscriber_id == reader.id)
        .order_by(Delivery.id)
    )
    return [
        {"course": course, "kind": kind, "lesson": lesson}
        | {name: at for name, at in _named(receipt, MILESTONE_NAMES).items() if at}
        for course, kind, lesson, receipt in session.execute(query)
    ]


def _captured(session: Session, reader: Subscriber) -> list[dict[str, Any]]:
    """Emails that never left the trial mailbox; their text holds links, which are keys of hers."""
    query = select(CapturedEmail).where(CapturedEmail.recipient == reader.email)
    rows = session.scalars(query.order_by(CapturedEmail.sent_at, CapturedEmail.id))
    return [_named(row, ("subject", "sent_at")) for row in rows]


def _named(row: Any, names: Any) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
