"""Who reads: one row per email address, whatever the number of courses."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from course import zones
from course.database import Base, Id, index_where_set
from course.errors import SignUpError
from course.keys import Keys
from course.language import mark
from course.lists import among

NAME_LENGTH = 80
UNUSABLE_EMAIL = mark("Write your email address like this: name@example.com.")
UNUSABLE_NAME = mark("Write just your first name, without addresses or signs.")
# With the length in it, since a sentence is looked up as it stands.
LONG_NAME = mark("Write a name of at most 80 letters.")
UNKNOWN_ZONE = mark("Choose your time zone from the list, such as Europe/Lisbon.")
# Where dots in the part before the @ make no difference.
DOTLESS = {"gmail.com", "googlemail.com"}


class Subscriber(Base):
    __tablename__ = "subscribers"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    # A keyed hash of the address: suppression is looked up by it and survives erasure.
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    # The same, of the mailbox behind it, however the address is spelt: for limits and nothing else.
    mailbox: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    zone: Mapped[str] = mapped_column(String(64))
    # When she said so, where it isn't the zone she signed up with.
    zone_since: Mapped[datetime | None]
    created_at: Mapped[datetime]
    # When we last answered this person automatically; RFC 3834 wants that to be rare.
    acknowledged_at: Mapped[datetime | None]


index_where_set(Subscriber, "acknowledged_at")


class Person(NamedTuple):
    """Somebody who may be a reader already; all of it clean."""

    email: str
    name: str | None
    zone: str


def clean_email(email: str) -> str:
    """The address as we keep it. Raises SignUpError when no letter could be sent there."""
    try:
        found = validate_email(
            email.strip(),
            check_deliverability=False,
            test_environment=True,
            allow_smtputf8=False,
            strict=True,
        )
    except EmailNotValidError as error:
        raise SignUpError("email", UNUSABLE_EMAIL) from error
    return (found.ascii_email or found.normalized).lower()


def mailbox_of(email: str) -> str:
    """One spelling for all addresses that end in the same mailbox: without a +tag, and so on."""
    name, _, domain = email.rpartition("@")
    name = name.partition("+")[0] or name
    if domain in DOTLESS:
        return f"{name.replace('.', '')}@gmail.com"
    return f"{name}@{domain}"


def mailbox_key(keys: Keys, email: str) -> str:
    return keys.digest(f"mailbox {mailbox_of(email)}")


def clean_name(name: str | None) -> str | None:
    """A first name fit for a greeting: one line, no markup or links, of modest length."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in name or "").split())
    if any(sign in shown for sign in ("<", ">", "://", "@", "www.")):
        raise SignUpError("name", UNUSABLE_NAME)
    if len(shown) > NAME_LENGTH:
        raise SignUpError("name", LONG_NAME)
    return shown or None


def clean_zone(name: str) -> str:
    if not zones.is_zone(name.strip()):
        raise SignUpError("timezone", UNKNOWN_ZONE)
    return name.strip()


def by_email(session: Session, email: str) -> Subscriber | None:
    return session.scalar(select(Subscriber).where(Subscriber.email == email))


def count_acknowledged(session: Session, *, since: datetime) -> int:
    """How many readers were answered automatically from `since` on."""
    query = select(func.count()).where(Subscriber.acknowledged_at >= since)
    return session.scalar(query.select_from(Subscriber)) or 0


def find_or_add(
    session: Session, keys: Keys, *, email: str, name: str | None, zone: str, now: datetime
) -> Subscriber:
    """The reader with this (clean) address; a stranger's form doesn't change a known one."""
    return find_or_add_all(session, keys, [Person(email, name, zone)], now)[0]


def find_or_add_all(
    session: Session, keys: Keys, people: Sequence[Person], now: datetime
) -> list[Subscriber]:
    """The reader for each of these, in their order; one who is named twice comes twice."""
    asked = select(Subscriber).where(among(Subscriber.email, {person.email for person in people}))
    known = {reader.email: reader for reader in session.scalars(asked)}
    for person in people:
        if person.email not in known:
            known[person.email] = _new(keys, person, now)
            session.add(known[person.email])
    session.flush()
    return [known[person.email] for person in people]


def _new(keys: Keys, person: Person, now: datetime) -> Subscriber:
    return Subscriber(
        email=person.email,
        digest=keys.digest(person.email),
        mailbox=mailbox_key(keys, person.email),
        name=person.name,
        zone=person.zone,
        created_at=now,
    )
