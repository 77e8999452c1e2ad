"""A reader with something of hers in every table there is, and where else she may be found."""

from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.bootstrap import House
from app.schema import METADATA
from course import answers, bookings, changes, consents, enrolments, wishes, writing
from course.consents import Act
from course.diary import Wanted
from course.enrolments import Enrolment
from course.subscribers import by_email
from course.wishes import SkipNext
from course.writing import Written
from emails import hook_calls, inbound
from emails.hook_calls import Door, arrival
from emails.providers.hooks import Event, EventKind, Hook
from emails.suppression import Suppression
from scheduler import feedback
from scheduler.outbox import Delivery
from scheduler.second_chances import SecondChance
from tests.support.houses import COURSE, TUESDAY, ZONE, join, now, tick

WORDS = "It began in the chest. Quince marmalade."
FOR_HERSELF = "Nobody else is to read of the blue staircase."
SHARED = "I held the cup of juniper tea and said so."
BEGUN = "The lighthouse, I think, was"
ANSWERED = "Thank you for the cup of tea."
NOTE = "Ring twice at the yellow gate."
# Whatever refers to a row of this table, at whatever remove, belongs to somebody.
ROOT = "subscribers"


def live(house: House, email: str = "ana@example.com") -> int:
    """She joins, gets a letter, answers, books, her provider tells of it; her enrolment's id."""
    reader = join(house, email)
    tick(house, TUESDAY)
    with house.database.transaction() as session:
        enrolment = enrolments.by_id(session, reader)
        assert enrolment is not None
        _agree(session, enrolment, house)
        inbound.store(session, house.vault, answer(house, enrolment, email), now(house))
        inbound.store(session, house.vault, mail("desk@practice.example", email), now(house))
        _write(session, enrolment, house)
        _book(session, enrolment, house)
        _skip(session, enrolment, house)
        _tell(session, enrolment, house)
    tick(house)
    return reader


def answer(house: House, enrolment: Enrolment, sender: str) -> bytes:
    return mail(house.links.reply_address(enrolment.code, None), sender)


def mail(to: str, sender: str, words: str = WORDS) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = f"Ana <{sender}>", to, "Re: your letter"
    made["Message-ID"] = f"<{uuid4().hex}@mail.example>"
    made.set_content(words)
    return made.as_bytes()


def hear(house: House, delivery: Delivery, kind: EventKind) -> bool:
    told = Event(uuid4().hex, kind, "their word", delivery.key)
    with house.database.transaction() as session:
        return feedback.hear(session, house.catalogue, "resend", told, now(house))


def hers(house: House, email: str) -> dict[str, list[dict[str, Any]]]:
    """By table, every row that refers to her, at whatever remove; found in the tables' own keys."""
    found: dict[str, list[dict[str, Any]]] = {}
    with house.database.reading() as session:
        for table in METADATA.sorted_tables:
            which: list[ColumnElement[bool]] = [
                key.parent.in_([row[key.column.name] for row in found[key.column.table.name]])
                for key in table.foreign_keys
                if key.column.table.name in found
            ]
            if table.name == ROOT:
                which = [table.c.email == email]
            if which:
                rows = session.execute(select(table).where(*which[:1])).mappings()
                found[table.name] = [dict(row) for row in rows]
    return found


def _agree(session: Session, enrolment: Enrolment, house: House) -> None:
    hers = enrolment.subscriber_id
    consents.record(
        session, hers, COURSE, Act.CONFIRMED, wording="Yes", means="form", at=now(house)
    )


def _write(session: Session, enrolment: Enrolment, house: House) -> None:
    """On a page: words for herself, words shared and answered, and a draft."""
    lesson = next(iter(house.catalogue[COURSE].by_slug))
    for words, shared in ((FOR_HERSELF, False), (SHARED, True)):
        written = Written(uuid4().hex, words, shared=shared)
        kept, _ = writing.keep(session, house.vault, enrolment, lesson, written, now(house))
    answers.write(session, house.vault, kept, ANSWERED, now(house))
    begun = Written(uuid4().hex, BEGUN)
    writing.save(session, house.vault, enrolment, lesson, begun, now(house))


def _book(session: Session, enrolment: Enrolment, house: House) -> None:
    kind = house.diary.kinds["video"]
    slot = bookings.available(session, kind.hours, now(house))[0]
    wanted = Wanted(kind, slot.starts_at, "Ana", ZONE, NOTE)
    bookings.book(session, house.diary, enrolment, wanted, now(house))


def _skip(session: Session, enrolment: Enrolment, house: House) -> None:
    coming = wishes.coming_lesson(session, enrolment, house.catalogue[COURSE])
    assert coming is not None
    changes.make(session, house.catalogue, enrolment, SkipNext(coming.slug), now(house))


def _tell(session: Session, enrolment: Enrolment, house: House) -> None:
    query = select(Delivery).where(Delivery.enrolment_id == enrolment.id)
    letter = session.scalars(query).one()
    told = Event(uuid4().hex, EventKind.DELIVERED, "their word", letter.key)
    feedback.hear(session, house.catalogue, "resend", told, now(house))
    session.add(SecondChance(delivery_id=letter.id, decided_at=now(house), given=False))
    reader = enrolment.subscriber.email
    body = f'{{"recipient": "{reader}"}}'.encode()
    for number, at in enumerate((now(house), now(house) - timedelta(days=1))):
        hook = Hook({}, body + b" " * number)
        row = arrival(house.vault, "resend", Door.EVENTS, uuid4().hex, hook, at)
        hook_calls.store(session, [row])
    for call in session.scalars(select(hook_calls.HookCall)):
        hook_calls.settle(call)


def known(house: House, email: str) -> bool:
    with house.database.reading() as session:
        return by_email(session, email) is not None


def suppressions(house: House) -> list[tuple[str, str]]:
    with house.database.reading() as session:
        found = session.execute(select(Suppression.course, Suppression.reason))
        return [(course, reason) for course, reason in found]
