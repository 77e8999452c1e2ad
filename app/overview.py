"""Where everything stands, for the owner: counts, one sentence, and what needs her."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from course import busy, review, tool_rounds
from course.busy import BusyCalendar
from course.enrolments import Enrolment
from course.enrolments import State as Standing
from course.subscribers import Subscriber
from emails import bookmarks, hook_calls, inbound
from emails.booking_tools.registry import title_of
from scheduler import allowances
from scheduler.limits import NO_LIMITS, Limits
from scheduler.outbox import Delivery, State, count_states
from scheduler.pauses import letters_stopped, pause_of

SHOWN = 20
# It is looked into each minute.
UNREAD_AFTER = timedelta(hours=1)

CURES = {
    State.FAILED: "It will not be tried again by itself.",
    State.UNKNOWN: "It may have arrived; emails.when_in_doubt says whether it is sent again.",
    State.WAITING: "It is tried again by itself.",
}
TROUBLED = (Delivery.reason.is_not(None), Delivery.state.in_(CURES))
LEAVING = (State.PLANNED, State.CLAIMED)
NAME_ALL = "Name all of them with: lettercourse status --all"


@dataclass(frozen=True)
class Overview:
    deliveries: dict[str, int]
    readers: dict[str, int]
    next_letter_at: datetime | None
    attention: list[str]
    # Emails that need her and aren't named in `attention`, for there are so many.
    unnamed: int = 0
    held: str | None = None
    limits: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        if self.held:
            return self.held
        if self.unnamed:
            return f"{self.needs} things need you. {NAME_ALL}"
        if self.attention:
            return f"{self.needs} {_plural('thing', self.needs)} below need you."
        return f"All is well. {self._what_comes}"

    @property
    def needs(self) -> int:
        """How many things need the owner."""
        return len(self.attention) + self.unnamed

    @property
    def _what_comes(self) -> str:
        if leaving := sum(self.deliveries[state] for state in LEAVING):
            return f"{leaving} {_plural('email', leaving)} will leave with the next rounds."
        if self.next_letter_at is None:
            return "No letter is planned."
        return f"The next letter goes out on {self.next_letter_at:%A %d %B %Y, %H:%M} UTC."

    def as_json(self) -> dict[str, Any]:
        return {
            "held": self.held,
            "limits": self.limits,
            **self.deliveries,
            "readers": self.readers,
            "next_letter_at": self.next_letter_at.isoformat() if self.next_letter_at else None,
            "attention": self.attention,
            "unnamed": self.unnamed,
        }


def look(
    session: Session,
    provider: str,
    now: datetime,
    held: str | None = None,
    limits: Limits = NO_LIMITS,
    *,
    has_mailbox: bool = False,
    tool: str = "",
    courses: Collection[str] | None = None,
    most: int | None = SHOWN,
) -> Overview:
    """`most` is how many emails that need her are named; all of them, if None.

    `courses` are those that there are, for readers of another one to be told of.
    """
    named = _troubled(session, most)
    return Overview(
        deliveries=count_states(session),
        readers=_count_readers(session),
        next_letter_at=session.scalar(select(func.min(Enrolment.next_due_at))),
        attention=[
            *(_away(session, courses) if courses is not None else ()),
            *_paused(session, provider, now),
            *_stopped(session),
            *named,
            *_unsorted(session),
            *_held_sign_ups(session),
            *_unread_calls(session),
            *_unread_calendars(session, now),
            *_silent_tool(session, tool, now),
            *(_unread_mailbox(session, now) if has_mailbox else ()),
        ],
        unnamed=0 if most is None or len(named) < most else _count_troubled(session) - most,
        held=held,
        limits=allowances.told(session, provider, limits, now),
    )


def _count_readers(session: Session) -> dict[str, int]:
    query = select(Enrolment.state, func.count()).group_by(Enrolment.state)
    counts = {str(state): 0 for state in Standing}
    counts.update(session.execute(query).all())
    return counts


def _away(session: Session, courses: Collection[str]) -> list[str]:
    """Whoever waits for a course whose folder is gone, or whose slug was changed."""
    query = (
        select(Enrolment.course, func.count())
        .where(
            Enrolment.course.not_in(list(courses)),
            Enrolment.state.in_((Standing.PENDING, Standing.ACTIVE, Standing.PAUSED)),
        )
        .group_by(Enrolment.course)
    )
    return [
        f"{count} {_plural('reader', count)} of the course {course} "
        f"{'waits' if count == 1 else 'wait'}: there is no such course now. Put its folder back, "
        "under its old slug, and their letters go on."
        for course, count in session.execute(query)
    ]


def _paused(session: Session, provider: str, now: datetime) -> list[str]:
    pause = pause_of(session, provider, now)
    if pause is None:
        return []
    return [f"{provider} takes nothing until {pause.until:%H:%M} UTC: {pause.reason}"]


def _stopped(session: Session) -> list[str]:
    stopped = letters_stopped(session)
    cure = "Letters wait; let them go with: lettercourse release"
    return [f"{stopped.reason} {cure}"] if stopped else []


def _unread_calls(session: Session) -> list[str]:
    """What vendors told us and we couldn't understand; it is kept for a while."""
    return [
        f"{count} {_plural('call', count)} of {provider} couldn't be read: {why}."
        for (provider, why), count in hook_calls.troubled(session).items()
    ]


def _unread_calendars(session: Session, now: datetime) -> list[str]:
    return [_unread_calendar(found) for found in busy.unread(session, now)]


def _unread_calendar(found: BusyCalendar) -> str:
    since = f"since {found.read_at:%Y-%m-%d %H:%M} UTC" if found.read_at else "yet"
    holds = " What it said then goes on holding." if found.read_at else ""
    why = found.trouble or "Nobody was at work to look into it."
    cure = "Look at [booking.busy] in settings.toml, then try it with: lettercourse doctor"
    return f"A calendar of yours hasn't been read {since}: {why}{holds} {cure}"


def _silent_tool(session: Session, tool: str, now: datetime) -> list[str]:
    found = tool_rounds.silent(session, tool, now)
    if found is None:
        return []
    since = f"since {found.answered_at:%Y-%m-%d %H:%M} UTC" if found.answered_at else "yet"
    why = found.trouble or "Nobody was at work to ask it."
    cure = "Try it with: lettercourse doctor"
    return [f"{title_of(tool)} hasn't answered what sessions there are {since}: {why} {cure}"]


def _unread_mailbox(session: Session, now: datetime) -> list[str]:
    mark = bookmarks.find(session)
    if mark is not None and now - mark.read_at < UNREAD_AFTER:
        return []
    since = f"since {mark.read_at:%Y-%m-%d %H:%M} UTC" if mark else "yet"
    return [f"The mailbox for replies hasn't been read {since}; look why with: lettercourse doctor"]


def _troubled(session: Session, most: int | None) -> list[str]:
    query = (
        select(Delivery, Subscriber.email)
        .outerjoin(Enrolment, Enrolment.id == Delivery.enrolment_id)
        .outerjoin(Subscriber, Subscriber.id == Enrolment.subscriber_id)
        .where(*TROUBLED)
        .order_by(Delivery.state, Delivery.due_at, Delivery.id)
        .limit(most)
    )
    return [_line(delivery, email) for delivery, email in session.execute(query)]


def _count_troubled(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Delivery).where(*TROUBLED)) or 0


def _line(delivery: Delivery, email: str | None) -> str:
    what = f"letter {delivery.lesson}" if delivery.lesson else delivery.kind
    cure = CURES[State(delivery.state)]
    return f"{delivery.state}: {what} to {email or 'you'}: {delivery.reason}. {cure}"


def _unsorted(session: Session) -> list[str]:
    count = inbound.count_for_the_owner(session)
    if not count:
        return []
    words = f"{count} {_plural('message', count)} belong to no letter"
    return [f"{words}; read with: lettercourse reflections --unsorted"]


def _held_sign_ups(session: Session) -> list[str]:
    count = review.count(session)
    if not count:
        return []
    wait = f"{count} {_plural('sign-up', count)} {'waits' if count == 1 else 'wait'} for your look"
    return [f"{wait}: more came at once than usual; see who with: lettercourse sign-ups"]


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
