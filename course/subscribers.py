"""Who reads: one row per email address, whatever the number of courses."""

from datetime import datetime

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from course import zones
from course.database import Base, Id, index_where_set
from course.errors import SignUpError
from course.keys import Keys

NAME_LENGTH = 80


class Subscriber(Base):
    __tablename__ = "subscribers"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    # A keyed hash of the address: suppression is looked up by it and survives erasure.
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    zone: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    # When we last answered this person automatically; RFC 3834 wants that to be rare.
    acknowledged_at: Mapped[datetime | None]


index_where_set(Subscriber, "acknowledged_at")


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
        raise SignUpError(
            "email", "Write your email address like this: name@example.com."
        ) from error
    return (found.ascii_email or found.normalized).lower()


def clean_name(name: str | None) -> str | None:
    """A first name fit for a greeting: one line, no markup or links, of modest length."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in name or "").split())
    if any(sign in shown for sign in ("<", ">", "://", "@", "www.")):
        raise SignUpError("name", "Write just your first name, without addresses or signs.")
    if len(shown) > NAME_LENGTH:
        raise SignUpError("name", f"Write a name of at most {NAME_LENGTH} letters.")
    return shown or None


def clean_zone(name: str) -> str:
    if not zones.is_zone(name.strip()):
        raise SignUpError("timezone", "Choose your time zone from the list, such as Europe/Lisbon.")
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
    known = by_email(session, email)
    if known:
        return known
    added = Subscriber(email=email, digest=keys.digest(email), name=name, zone=zone, created_at=now)
    session.add(added)
    session.flush()
    return added
