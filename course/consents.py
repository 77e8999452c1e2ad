"""What readers agreed to, in the exact words they were shown. Rows are only ever added."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, Id


class Act(StrEnum):
    ASKED = "asked"
    CONFIRMED = "confirmed"
    IMPORTED = "imported"
    WITHDRAWN = "withdrawn"


class Means(StrEnum):
    """How somebody acted."""

    FORM = "form on the course page"
    API = "API"
    FILE = "CSV file"
    CONFIRMATION_PAGE = "button on the confirmation page"
    OWN_PAGE = "button on her own page"
    GOODBYE_PAGE = "one-click link or button on the goodbye page"
    UNDO = "undo button on the goodbye page"
    GOODBYE_MAIL = "mail to the unsubscribe address"
    WORD = "a word such as STOP in a reply"
    COMPLAINT = "a complaint to the mailbox provider"
    MAILBOX_BUTTON = "the mailbox provider's or vendor's unsubscribe button"


class Consent(Base):
    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id"), index=True)
    course: Mapped[str] = mapped_column(String(60))
    act: Mapped[str] = mapped_column(String(20))
    wording: Mapped[str] = mapped_column(Text)
    means: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]


def record(
    session: Session,
    subscriber_id: int,
    course: str,
    act: Act,
    *,
    wording: str,
    means: str,
    at: datetime,
) -> None:
    """Add one act. `wording` is what she saw, `means` how she acted: a form, a link, a file."""
    session.add(
        Consent(
            subscriber_id=subscriber_id, course=course, act=act, wording=wording, means=means, at=at
        )
    )
