"""How far the mailbox has been read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, insert_into

ONLY = 1
# How often an email that the server won't give is asked for, while those behind it wait.
MOST_TRIES = 30


@dataclass(frozen=True)
class Spot:
    """The number of the last email read, in a folder whose numbers stand for this long."""

    place: str
    validity: int
    number: int


class Bookmark(Base):
    """Where we are; one row, which says so of another folder as soon as we read there."""

    __tablename__ = "bookmarks"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(String(1000))
    validity: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int] = mapped_column(BigInteger)
    # Everything that came before this instant has been read, in whatever folder it was.
    read_at: Mapped[datetime]
    # How often the server wouldn't give us the next one.
    tries: Mapped[int]

    def is_in(self, place: str, validity: int) -> bool:
        return (self.place, self.validity) == (place, validity)


def find(session: Session) -> Bookmark | None:
    return session.get(Bookmark, ONLY)


def begin(session: Session, spot: Spot, now: datetime) -> None:
    """What lies there already is never read."""
    row = {"id": ONLY, "read_at": now, "tries": 0, **vars(spot)}
    session.execute(insert_into(session, Bookmark).values(row).on_conflict_do_nothing())


def move(session: Session, spot: Spot, read_at: datetime | None = None) -> None:
    """Never back within one folder: two workers may read side by side."""
    mark = _locked(session)
    known = mark.number if mark.is_in(spot.place, spot.validity) else 0
    mark.place, mark.validity, mark.number = spot.place, spot.validity, max(known, spot.number)
    mark.read_at = max(mark.read_at, read_at or mark.read_at)
    mark.tries = 0


def stumble(session: Session, spot: Spot) -> bool:
    """The server won't give us this email; whether that was often enough, and we are past it."""
    mark = _locked(session)
    mark.tries += 1
    if mark.tries < MOST_TRIES:
        return False
    move(session, spot)
    return True


def _locked(session: Session) -> Bookmark:
    return session.get_one(Bookmark, ONLY, with_for_update=True)
