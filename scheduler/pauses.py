"""What has to wait: a provider whose account is in trouble, or all letters of a sender who is."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, exists
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, Told, insert_into

SILENT_CALLS = 3
OUTAGE = timedelta(minutes=5)
ONLY = 1


class ProviderPause(Base):
    """Nothing more is handed over to this provider until the pause has passed."""

    __tablename__ = "provider_pauses"

    provider: Mapped[str] = mapped_column(String(20), primary_key=True)
    reason: Mapped[str | None] = mapped_column(Told(300))
    until: Mapped[datetime | None]
    # How many calls in a row it left without a verdict on anything.
    silent: Mapped[int] = mapped_column(default=0)


def pause(session: Session, provider: str, reason: str, until: datetime) -> None:
    """Two workers may find out at once; the later one's word stands."""
    row = {"provider": provider, "reason": reason, "until": until}
    statement = insert_into(session, ProviderPause).values(row)
    session.execute(statement.on_conflict_do_update(index_elements=["provider"], set_=row))


def pause_of(session: Session, provider: str, now: datetime) -> ProviderPause | None:
    """The pause this provider is in at `now`, if any."""
    found = session.get(ProviderPause, provider)
    return found if found is not None and found.until is not None and found.until > now else None


def is_paused(provider: ColumnElement[Any], now: ColumnElement[Any]) -> ColumnElement[bool]:
    """The same, to be asked within a larger question."""
    return exists().where(ProviderPause.provider == provider, ProviderPause.until > now)


def listen(session: Session, provider: str, now: datetime, *, spoke: bool) -> bool:
    """Where there are two providers: one that is silent again and again is let rest.

    Returns whether it rests from now on.
    """
    found = session.get(ProviderPause, provider, with_for_update=True, populate_existing=True)
    if found is None:
        row = insert_into(session, ProviderPause).values(provider=provider, silent=0)
        session.execute(row.on_conflict_do_nothing())
        found = session.get_one(ProviderPause, provider, with_for_update=True)
    found.silent = 0 if spoke else found.silent + 1
    if found.silent >= SILENT_CALLS:
        found.reason = f"it left {found.silent} calls in a row unanswered"
        found.until = max(found.until or now, now + OUTAGE)
    return found.silent >= SILENT_CALLS


class LettersPause(Base):
    """Letters stop, and nothing else, until the owner says go; one row."""

    __tablename__ = "letters_pause"

    id: Mapped[int] = mapped_column(primary_key=True)
    since: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Told(300))
    # What was heard before isn't held against them again.
    judged_from: Mapped[datetime | None]


def stop_letters(session: Session, reason: str, now: datetime) -> None:
    """Said again while they are stopped, it changes nothing."""
    if letters_stopped(session) is None:
        _write_letters(session, {"since": now, "reason": reason})


def letters_stopped(session: Session) -> LettersPause | None:
    found = session.get(LettersPause, ONLY, populate_existing=True)
    return found if found is not None and found.since is not None else None


def letters_are_stopped() -> ColumnElement[bool]:
    """The same, to be asked within a larger question."""
    return exists().where(LettersPause.id == ONLY, LettersPause.since.is_not(None))


def letters_judged_from(session: Session) -> datetime | None:
    found = session.get(LettersPause, ONLY)
    return found.judged_from if found else None


def let_letters_go(session: Session, now: datetime) -> None:
    _write_letters(session, {"since": None, "reason": None, "judged_from": now})


def _write_letters(session: Session, values: dict[str, Any]) -> None:
    statement = insert_into(session, LettersPause).values(id=ONLY, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
