"""A provider's account in trouble: nothing more is handed over until the pause has passed."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, insert_into


class ProviderPause(Base):
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
