"""The owner's own calendar feed: at most one address is good, and a new one ends the old."""

import secrets
from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, insert_into

ONLY = 1
CODE_BYTES = 16


class CalendarFeed(Base):
    """One row, or none as long as the owner has asked for no address."""

    __tablename__ = "calendar_feed"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Stands in the address, signed.
    code: Mapped[str] = mapped_column(String(2 * CODE_BYTES))
    made_at: Mapped[datetime]


def code(session: Session) -> str | None:
    found = session.get(CalendarFeed, ONLY)
    return found.code if found else None


def renew(session: Session, now: datetime) -> str:
    new = secrets.token_hex(CODE_BYTES)
    values = {"code": new, "made_at": now}
    statement = insert_into(session, CalendarFeed).values(id=ONLY, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
    return new
