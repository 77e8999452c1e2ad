"""When the tool that sessions are booked with was asked last, and what it answered.

Kept for all processes, so that one of them asks for all, and a new start goes on where it was.
"""

from datetime import datetime, timedelta

from sqlalchemy import String, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, Told, insert_into

EVERY = timedelta(minutes=15)
# From then on the owner is told that it doesn't answer; most outages are over by then.
TOLD_AFTER = timedelta(hours=3)
TROUBLE_LENGTH = 300


class ToolRound(Base):
    __tablename__ = "tool_rounds"

    tool: Mapped[str] = mapped_column(String(20), primary_key=True)
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    # Why there was no answer the last time.
    trouble: Mapped[str | None] = mapped_column(Told(TROUBLE_LENGTH))


def claim(session: Session, tool: str, now: datetime) -> ToolRound | None:
    """How the tool stands where it is this process that asks it now; nothing where it isn't."""
    new = insert_into(session, ToolRound).values(tool=tool, asked_at=now)
    statement = new.on_conflict_do_update(
        index_elements=["tool"],
        set_={"asked_at": now},
        where=ToolRound.asked_at <= now - EVERY,
    )
    return session.scalar(statement.returning(ToolRound))


def answered(session: Session, tool: str, now: datetime) -> None:
    _note(session, tool, answered_at=now, trouble=None)


def stumbled(session: Session, tool: str, why: str) -> None:
    _note(session, tool, trouble=why)


def silent(session: Session, tool: str, now: datetime) -> ToolRound | None:
    """The tool, where it never answered or hasn't for some hours."""
    long_ago = ToolRound.answered_at <= now - TOLD_AFTER
    never = ToolRound.answered_at.is_(None) & ToolRound.trouble.is_not(None)
    return session.scalar(select(ToolRound).where(ToolRound.tool == tool, or_(long_ago, never)))


def _note(session: Session, tool: str, **facts: datetime | str | None) -> None:
    session.execute(update(ToolRound).where(ToolRound.tool == tool).values(facts))
