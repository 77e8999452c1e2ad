"""A second chance for what stays unknown, where the owner prefers a letter twice to none at all.

By default there is none: nobody knows whether it arrived, and the owner decides. With
`when_in_doubt = "resend"` it is planned once more, and only once.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from course import enrolments, wishes
from course.bulk import write_alike
from course.catalogue import Catalogue
from course.database import Database
from course.enrolments import Enrolment
from course.enrolments import State as Reader
from emails.providers.base import Provider
from scheduler import goodbyes
from scheduler.clock import lease_now
from scheduler.outbox import Batch, Delivery, State
from scheduler.reasons import Why
from scheduler.second_chances import SecondChance
from scheduler.slips import Slip

CHUNK = 100


def plan_again(database: Database, catalogue: Catalogue, provider: Provider, now: datetime) -> int:
    """What no answer will tell any more is planned once more; returns how many."""
    with database.reading() as session:
        if session.scalar(_doubtful(session, provider).limit(1)) is None:
            return 0
    planned = 0
    while True:
        with database.transaction() as session:
            query = _doubtful(session, provider).order_by(Delivery.id).limit(CHUNK)
            ids = list(session.scalars(query.with_for_update(of=Delivery, skip_locked=True)))
            planned += sum(_decide(session, catalogue, delivery_id, now) for delivery_id in ids)
        if len(ids) < CHUNK:
            return planned


def give_up(
    database: Database, catalogue: Catalogue, providers: Collection[str], now: datetime
) -> None:
    """What is to be sent once more, by nobody but a provider we no longer have, stays in doubt.

    Asked when work begins, since with others in the settings it begins anew.
    """
    orphans = (
        select(Delivery.id)
        .join(SecondChance, SecondChance.delivery_id == Delivery.id)
        .where(Delivery.ready_at.is_not(None), Delivery.provider.not_in(providers))
        .order_by(Delivery.id)
    )
    in_doubt = {"state": State.UNKNOWN, "reason": Why.NO_ANSWER, "ready_at": None}
    with database.transaction() as session:
        ids = session.scalars(orphans.with_for_update(of=Delivery, skip_locked=True)).all()
        write_alike(session, Delivery, {found: in_doubt | {"settled_at": now} for found in ids})
        for found in ids:
            _go_on(session, catalogue, _slip(session, found), now)


def _go_on(session: Session, catalogue: Catalogue, slip: Slip, now: datetime) -> None:
    """Its reader's next letter has waited for it."""
    if slip.kind != "lesson" or slip.enrolment_id is None:
        return
    reader = enrolments.by_id(session, slip.enrolment_id, for_update=True)
    course = catalogue.get(reader.course) if reader else None
    if reader and course and wishes.is_reading(reader):
        enrolments.schedule(session, reader, course, max(now, reader.paused_until or now))


def _doubtful(session: Session, provider: Provider) -> Select[int]:
    """Settled as unknown, at this very provider, whose memory of the call has ended."""
    forgotten = lease_now(session) - provider.dedupe_window
    decided = exists().where(SecondChance.delivery_id == Delivery.id)
    return (
        select(Delivery.id)
        .join(Batch, Batch.id == Delivery.batch_id)
        .where(
            Delivery.state == State.UNKNOWN,
            # Whatever is unknown has one, and by it the few are found among all that are accepted.
            Delivery.reason.is_not(None),
            Delivery.settled_at.is_not(None),
            Batch.provider == provider.name,
            or_(Batch.first_called_at.is_(None), Batch.first_called_at <= forgotten),
            ~decided,
        )
    )


def _decide(session: Session, catalogue: Catalogue, delivery_id: int, now: datetime) -> bool:
    slip = _slip(session, delivery_id)
    given = _is_still_wanted(session, catalogue, slip, now)
    session.add(SecondChance(delivery_id=delivery_id, decided_at=now, given=given))
    if given:
        session.execute(
            update(Delivery)
            .where(Delivery.id == delivery_id)
            .values(
                state=State.PLANNED,
                reason=Why.ONCE_MORE,
                planned_at=now,
                ready_at=now,
                attempts=0,
                batch_id=None,
                settled_at=None,
            )
        )
    session.flush()
    return given


def _slip(session: Session, delivery_id: int) -> Slip:
    delivery = session.get_one(Delivery, delivery_id)
    return Slip(*(getattr(delivery, name) for name in Slip._fields))


def _overtaken(session: Session, slip: Slip) -> bool:
    """A letter whose successor is planned already would come too close to it, and out of order."""
    other = aliased(Delivery)
    query = select(other.id).where(
        other.enrolment_id == slip.enrolment_id,
        other.kind == "lesson",
        other.id != slip.id,
        other.planned_at > slip.planned_at,
    )
    return session.scalar(query.limit(1)) is not None


def _is_still_wanted(session: Session, catalogue: Catalogue, slip: Slip, now: datetime) -> bool:
    """Not by whoever has gone or rests. The reader's next letter waits for this one again."""
    if slip.kind != "lesson" or slip.enrolment_id is None:
        return not goodbyes.has_left(session, [slip], now)
    # Locked before anything is looked at: her next letter may be planned at this very moment.
    reader = enrolments.by_id(session, slip.enrolment_id, for_update=True)
    if reader is None or not _is_reading(session, catalogue, reader, now):
        return False
    if _overtaken(session, slip):
        return False
    before = (reader.state, reader.next_due_at, reader.postponed)
    # In doubt, the last letter hasn't ended the course yet.
    _set(session, reader, (Reader.ACTIVE, None, False))
    if goodbyes.has_left(session, [slip], now):
        _set(session, reader, before)
        return False
    return True


def _is_reading(session: Session, catalogue: Catalogue, reader: Enrolment, now: datetime) -> bool:
    """Also with the last letter in doubt; but not where a session ended the letters before it."""
    # Her last letter may have been settled, and her course with it, while she rested.
    if reader.paused_until is not None and reader.paused_until > now:
        return False
    if reader.state != Reader.FINISHED:
        return reader.state == Reader.ACTIVE
    course = catalogue.get(reader.course)
    return course is not None and wishes.coming_lesson(session, reader, course) is None


def _set(session: Session, reader: Enrolment, standing: tuple[str, datetime | None, bool]) -> None:
    reader.state, reader.next_due_at, reader.postponed = standing
    session.flush()
