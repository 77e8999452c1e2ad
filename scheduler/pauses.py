"""What has to wait: a provider whose account is in trouble, or all letters of a sender who is."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, insert_into


class ProviderPause(Base):
    """Nothing more is handed over to this provider until the pause has passed."""

    __tablename__ = "provider_pauses"

    provider: Mapped[str] = mapped_column(String(20), primary_key=True)
    reason: Mapped[str] = mapped_column(String(300))
    until: Mapped[datetime]


def pause(session: Session, provider: str, reason: str, until: datetime) -> None:
    """Two workers may find out at once; the later one's word stands."""
    row = {"provider": provider, "reason": reason[:300], "until": until}
    statement = insert_into(session, ProviderPause).values(row)
    session.execute(statement.on_conflict_do_update(index_elements=["provider"], set_=row))


def pause_of(session: Session, provider: str, now: datetime) -> ProviderPause | None:
    """The pause this provider is in at `now`, if any."""
    found = session.get(ProviderPause, provider)
    return found if found is not None and found.until > now else None


class LettersPause(Base):
    """Letters stop, and nothing else, until the owner says go; one row."""

    __tablename__ = "letters_pause"

    id: Mapped[int] = mapped_column(primary_key=True)
    since: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(300))
    # What was heard before isn't held against them again.
    judged_from: Mapped[datetime | None]


def stop_letters(session: Session, reason: str, now: datetime) -> None:
    """Said again while they are stopped, it changes nothing."""
    if letters_stopped(session) is None:
        _write_letters(session, {"since": now, "reason": reason[:300]})


def letters_stopped(session: Session) -> LettersPause | None:
    found = session.get(LettersPause, 1, populate_existing=True)
    return found if found is not None and found.since is not None else None


def letters_judged_from(session: Session) -> datetime | None:
    found = session.get(LettersPause, 1)
    return found.judged_from if found else None


def let_letters_go(session: Session, now: datetime) -> None:
    _write_letters(session, {"since": None, "reason": None, "judged_from": now})


def _write_letters(session: Session, values: dict[str, Any]) -> None:
    statement = insert_into(session, LettersPause).values(id=1, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
