"""A provider's account in trouble: nothing more is handed over until the pause has passed."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base


class ProviderPause(Base):
    __tablename__ = "provider_pauses"

    provider: Mapped[str] = mapped_column(String(20), primary_key=True)
    reason: Mapped[str] = mapped_column(String(300))
    until: Mapped[datetime]


def pause(session: Session, provider: str, reason: str, until: datetime) -> None:
    session.merge(ProviderPause(provider=provider, reason=reason[:300], until=until))


def pause_of(session: Session, provider: str, now: datetime) -> ProviderPause | None:
    """The pause this provider is in at `now`, if any."""
    found = session.get(ProviderPause, provider)
    return found if found is not None and found.until > now else None
