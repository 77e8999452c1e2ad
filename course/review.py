"""Sign-ups that wait for the owner's look: more came at once than the limits let in.

Nothing is sent for them and nobody is enrolled; she lets them in, or discards them.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import String, Text, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, Id, insert_into
from course.keys import Keys
from course.subscribers import NAME_LENGTH, mailbox_key

# Nobody has confirmed anything here; whoever still wants the letters by then has asked again.
KEPT = timedelta(days=14)
# An attack may not fill the disk; what is beyond is refused in words.
AT_MOST = 5000


class HeldSignUp(Base):
    __tablename__ = "held_sign_ups"
    __table_args__ = (UniqueConstraint("mailbox", "course"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    # As in `subscribers`: one mailbox waits once, under however many spellings.
    mailbox: Mapped[str] = mapped_column(String(64))
    name: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    zone: Mapped[str] = mapped_column(String(64))
    course: Mapped[str] = mapped_column(String(60))
    wording: Mapped[str] = mapped_column(Text)
    means: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(index=True)


def hold(
    session: Session,
    keys: Keys,
    *,
    email: str,
    name: str | None,
    zone: str,
    course: str,
    wording: str,
    means: str,
    at: datetime,
) -> bool:
    """Keep it for the owner, once however often it comes; False where too many wait already."""
    if count(session) >= AT_MOST:
        return False
    row = {"email": email, "mailbox": mailbox_key(keys, email), "name": name, "zone": zone}
    row |= {"course": course, "wording": wording, "means": means}
    insert = insert_into(session, HeldSignUp).values(**row, at=at)
    session.execute(insert.on_conflict_do_nothing())
    return True


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(HeldSignUp)) or 0


def oldest_first(session: Session, most: int | None = None) -> list[HeldSignUp]:
    query = select(HeldSignUp).order_by(HeldSignUp.at, HeldSignUp.id).limit(most)
    return list(session.scalars(query))


def take_out(session: Session, emails: Collection[str] | None) -> list[HeldSignUp]:
    """Those of these addresses, or all of them; they wait no longer."""
    query = select(HeldSignUp).order_by(HeldSignUp.at, HeldSignUp.id).with_for_update()
    if emails is not None:
        query = query.where(HeldSignUp.email.in_(emails))
    found = list(session.scalars(query))
    for held in found:
        session.delete(held)
    session.flush()
    return found


def forget(session: Session, now: datetime, most: int) -> int:
    """Delete up to so many that nobody has looked at in time."""
    old = select(HeldSignUp.id).where(HeldSignUp.at < now - KEPT).limit(most)
    gone = delete(HeldSignUp).where(HeldSignUp.id.in_(old)).returning(HeldSignUp.id)
    return len(session.scalars(gone).all())
