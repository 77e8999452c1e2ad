"""Audit of when letters went out: not after a goodbye, in order, and not too close together."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, and_, exists, or_, select
from sqlalchemy.orm import Session

from course import zones
from course.catalogue import Catalogue
from course.consents import Act, Consent
from course.enrolments import Enrolment
from course.progress import Progress
from course.skips import Skip
from course.subscribers import Subscriber
from emails.suppression import EVERYTHING, Suppression
from scheduler.breaches import Breach
from scheduler.outbox import Batch, Delivery, State
from scheduler.second_chances import SecondChance

TELL_HER = "Nothing takes it back; show this line to whoever mends it, and answer her if she asks."
LEFT = (State.ACCEPTED, State.UNKNOWN)


def after_goodbye(session: Session) -> Iterator[Breach]:
    """A letter handed over while its reader was gone.

    Gone is known from her consents, which keep every goodbye and every return, and from the
    suppressions still in force. Not known: whether she was paused at the time, since a pause leaves
    no trace once it is over; a suppression lifted since; that a clock was set back in between; and
    the second call of a batch that was asked about again, of which only the first is dated. Handed
    over is the moment at which the intent to call was kept, so a goodbye that came during a call
    isn't held against it.
    """
    for reader, accepted in _by_reader(_accepted_of_the_gone(session)):
        acts = _acts(session, reader)
        barred_at = _barred_at(session, reader)
        for row in accepted:
            handed_over = _handed_over(row)
            if _is_gone(acts, handed_over) or (barred_at and barred_at < handed_over):
                yield Breach(
                    "never after goodbye",
                    f"{row.email}, letter {row.lesson}",
                    f"it was handed over on {handed_over:%Y-%m-%d %H:%M} UTC, after her goodbye.",
                    TELL_HER,
                )


def out_of_order(session: Session) -> Iterator[Breach]:
    """A letter that came due before the one before it had left: two were under way at once.

    Today's order of the course says nothing about the past: letters may be moved and inserted.
    One sent once more because of a doubt comes when it comes.
    """
    for _, letters in _by_reader(_letters(session)):
        for before, after in pairwise(letters):
            if after.due_at < before.settled_at:
                yield Breach(
                    "order",
                    f"{after.email}, letter {after.lesson}",
                    f"it was due before letter {before.lesson} had left.",
                    TELL_HER,
                )


def too_close(session: Session, catalogue: Catalogue) -> Iterator[Breach]:
    """Two letters within the course's minimum gap, in days of the reader's own calendar.

    The gap is today's; of one that was shorter in the past the database knows nothing. Nor of the
    zone she lived in before this one: what came then is only too close if it is in any zone.
    """
    for _, letters in _by_reader(_had(session)):
        for before, after in pairwise(letters):
            course = catalogue.get(after.course)
            days = _days_between(before, after)
            if course and days < course.rules.minimum_gap_days:
                yield Breach(
                    "kind pace",
                    f"{after.email}, letters {before.lesson} and {after.lesson}",
                    f"{days} days lie between them; the course promises "
                    f"{course.rules.minimum_gap_days}.",
                    "If the gap was made longer since, all is well; else show this line to "
                    "whoever mends it.",
                )


def sent_though_skipped(session: Session) -> Iterator[Breach]:
    """A letter that came on the very turn on which its reader had chosen not to get it."""
    same = and_(
        Skip.enrolment_id == Progress.enrolment_id,
        Skip.turn == Progress.turn,
        Skip.lesson == Progress.lesson,
    )
    query = (
        select(Subscriber.email, Progress.lesson, Progress.sent_at, Skip.skipped_at)
        .join(Skip, same)
        .join(Enrolment, Enrolment.id == Progress.enrolment_id)
        .join(Enrolment.subscriber)
    )
    for row in session.execute(query.execution_options(yield_per=1000)):
        yield Breach(
            "kind pace",
            f"{row.email}, letter {row.lesson}",
            f"it was sent on {row.sent_at:%Y-%m-%d %H:%M} UTC, and she had skipped it on "
            f"{row.skipped_at:%Y-%m-%d %H:%M} UTC.",
            TELL_HER,
        )


def _accepted_of_the_gone(session: Session) -> Iterator[Row[*tuple[Any, ...]]]:
    """Letters taken by the provider, of all who ever said goodbye or are suppressed now."""
    withdrew = select(Consent.subscriber_id).where(Consent.act == Act.WITHDRAWN)
    barred = select(Suppression.digest).where(Suppression.course == EVERYTHING)
    query = (
        select(
            Subscriber.email,
            Subscriber.digest,
            Enrolment.id.label("enrolment_id"),
            Enrolment.subscriber_id,
            Enrolment.course,
            Delivery.lesson,
            Delivery.planned_at,
            Delivery.settled_at,
            Batch.first_called_at,
        )
        .select_from(Delivery)
        .join(Enrolment, Enrolment.id == Delivery.enrolment_id)
        .join(Enrolment.subscriber)
        .outerjoin(Batch, Batch.id == Delivery.batch_id)
        .where(
            Delivery.kind == "lesson",
            Delivery.state == State.ACCEPTED,
            or_(Subscriber.id.in_(withdrew), Subscriber.digest.in_(barred)),
        )
        .order_by(Enrolment.id, Delivery.id)
    )
    yield from session.execute(query)


def _acts(session: Session, reader: Row[*tuple[Any, ...]]) -> list[tuple[datetime, str]]:
    """When she left and came back, in order. Filling in the form is no return, only asking."""
    query = (
        select(Consent.at, Consent.act)
        .where(
            Consent.subscriber_id == reader.subscriber_id,
            Consent.course == reader.course,
            Consent.act != Act.ASKED,
        )
        .order_by(Consent.id)
    )
    return [(at, act) for at, act in session.execute(query)]


def _barred_at(session: Session, reader: Row[*tuple[Any, ...]]) -> datetime | None:
    query = select(Suppression.at).where(
        Suppression.digest == reader.digest, Suppression.course == EVERYTHING
    )
    return session.scalar(query)


def _handed_over(row: Row[*tuple[Any, ...]]) -> datetime:
    """Between planning and outcome: under a trial clock, calls are still dated by the real one."""
    planned_at: datetime = row.planned_at
    settled_at: datetime = row.settled_at
    return max(planned_at, min(row.first_called_at or settled_at, settled_at))


def _is_gone(acts: list[tuple[datetime, str]], at: datetime) -> bool:
    """Of what happened at the very instant, only a return counts: her letter may follow at once."""
    before = [act for when, act in acts if when < at or (when == at and act != Act.WITHDRAWN)]
    return bool(before) and before[-1] == Act.WITHDRAWN


def _letters(session: Session) -> Iterator[Row[*tuple[Any, ...]]]:
    query = (
        select(
            Delivery.enrolment_id,
            Subscriber.email,
            Delivery.lesson,
            Delivery.due_at,
            Delivery.settled_at,
        )
        .join(Enrolment, Enrolment.id == Delivery.enrolment_id)
        .join(Enrolment.subscriber)
        .where(
            Delivery.kind == "lesson",
            Delivery.state.in_(LEFT),
            Delivery.settled_at.is_not(None),
            ~exists().where(SecondChance.delivery_id == Delivery.id),
        )
        .order_by(Delivery.enrolment_id, Delivery.settled_at, Delivery.id)
    )
    yield from session.execute(query.execution_options(yield_per=1000))


def _had(session: Session) -> Iterator[Row[*tuple[Any, ...]]]:
    query = (
        select(
            Progress.enrolment_id,
            Subscriber.email,
            Subscriber.zone,
            Subscriber.zone_since,
            Enrolment.course,
            Progress.lesson,
            Progress.sent_at,
        )
        .join(Enrolment, Enrolment.id == Progress.enrolment_id)
        .join(Enrolment.subscriber)
        .order_by(Progress.enrolment_id, Progress.sent_at)
    )
    yield from session.execute(query.execution_options(yield_per=1000))


def _by_reader(
    rows: Iterator[Row[*tuple[Any, ...]]],
) -> Iterator[tuple[Any, list[Row[*tuple[Any, ...]]]]]:
    """Grouped by enrolment; the first of each pair is any of her rows."""
    for _, group in groupby(rows, key=attrgetter("enrolment_id")):
        letters = list(group)
        yield letters[0], letters


def _days_between(before: Row[*tuple[Any, ...]], after: Row[*tuple[Any, ...]]) -> int:
    zone = zones.zone(after.zone)
    if after.zone_since is None or after.zone_since <= before.sent_at:
        return (_day(after.sent_at, zone) - _day(before.sent_at, zone)).days
    apart: timedelta = after.sent_at - before.sent_at
    return -(-apart // timedelta(days=1))


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()
