"""What a provider may still be handed, shared by all workers: taken in the claiming transaction.

The row is locked from the claim's decision to its commit, so two workers never take the same rest.
It is locked before any reader is, in every transaction that locks both.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import String, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, insert_into
from emails.providers.base import AccountPaused, Alone, Outcome, TryLater
from scheduler import limits, retry
from scheduler.clock import lease_clock, lease_now
from scheduler.limits import Limits
from scheduler.outbox import Lane
from scheduler.slips import Slip

UNNAMED_WAIT = timedelta(seconds=10)


class Allowance(Base):
    __tablename__ = "allowances"

    provider: Mapped[str] = mapped_column(String(20), primary_key=True)
    # The day in UTC that `used` counts: emails claimed and not given back.
    day: Mapped[date]
    used: Mapped[int] = mapped_column(default=0)
    # When a lane that found no room today may go on.
    resumes_at: Mapped[datetime | None]
    # By the database's own clock, as leases are: when the next call may begin.
    next_call_at: Mapped[datetime | None]
    # How often the provider asked us to slow down, within the hour; and its own wait.
    halvings: Mapped[int] = mapped_column(default=0)
    slow_until: Mapped[datetime | None]
    wait_until: Mapped[datetime | None]


class TooSoon(Exception):
    """There is something to claim, and its call may begin only in `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def lock(session: Session, provider: str, given: Limits, now: datetime) -> Allowance | None:
    """This provider's row, locked, at today's count; nothing where nothing limits it."""
    row = session.get(Allowance, provider, with_for_update=True)
    if row is None and given.any:
        row = _make(session, provider, now)
    if row is None:
        return None
    # A worker whose clock is still before midnight counts into the day that has begun.
    if row.day not in {now.date(), now.date() + timedelta(days=1)}:
        row.day, row.used, row.resumes_at = now.date(), 0, None
    return row


def fit(
    session: Session,
    row: Allowance | None,
    given: Limits,
    lane: Lane,
    slips: Sequence[Slip],
    now: datetime,
) -> Sequence[Slip]:
    """As many of these as may be claimed at `now`. Raises TooSoon within a second that is full."""
    if row is None:
        return slips
    if _waits(row, now):
        return []
    room = limits.left(limits.day_limit(given, row.day), row.used, lane)
    if room == 0:
        row.resumes_at = limits.next_day(row.day)
        return []
    _await_turn(session, row, given)
    return slips[:room]


def spend(
    session: Session, row: Allowance | None, given: Limits, number: int, now: datetime
) -> None:
    """One call with so many emails has been claimed."""
    if row is None:
        return
    row.used += number
    per_second = limits.rate(given, _halvings(row, now))
    if per_second:
        row.next_call_at = lease_clock(session) + timedelta(seconds=1 / per_second)


def give_back(session: Session, provider: str, number: int, now: datetime) -> None:
    """So many of those claimed today haven't left after all."""
    if number:
        session.execute(
            update(Allowance)
            .where(Allowance.provider == provider, Allowance.day == now.date())
            .where(Allowance.used >= number)
            .values(used=Allowance.used - number)
        )


def learn(
    session: Session,
    provider: str,
    certain: Iterable[Outcome],
    outcomes: Iterable[Outcome],
    now: datetime,
) -> None:
    """What certainly wasn't taken isn't used; and whoever says that we call too often is heeded."""
    refused = sum(isinstance(outcome, TryLater | Alone | AccountPaused) for outcome in certain)
    give_back(session, provider, refused, now)
    too_fast = [o for o in outcomes if isinstance(o, TryLater) and o.too_fast]
    if too_fast:
        named = max((o.after for o in too_fast if o.after is not None), default=UNNAMED_WAIT)
        _slow_down(session, provider, now + _bounded(named), now)


def told(session: Session, provider: str, given: Limits, now: datetime) -> list[str]:
    """What keeps emails waiting at `now`, and until when, in sentences."""
    row = session.get(Allowance, provider)
    if row is None:
        return []
    sentences = []
    if _waits(row, now):
        until = f"{row.wait_until:%H:%M:%S} UTC"
        sentences.append(f"{provider} asked us to slow down; it gets nothing until {until}.")
    limit = limits.day_limit(given, now.date())
    if limit is not None and row.resumes_at is not None and row.resumes_at > now:
        until = f"{row.resumes_at:%A %d %B, %H:%M} UTC"
        sentences.append(
            f"Today's {limit} emails are used up, but for those somebody waits for; letters go on "
            f"at {until}."
        )
    return sentences


def _make(session: Session, provider: str, now: datetime) -> Allowance:
    """Two workers may come first at once; one row it is."""
    row = {"provider": provider, "day": now.date()}
    session.execute(insert_into(session, Allowance).values(row).on_conflict_do_nothing())
    return session.get_one(Allowance, provider, with_for_update=True)


def _await_turn(session: Session, row: Allowance, given: Limits) -> None:
    """A turn further ahead than any could be was noted before the clock was set back."""
    if row.next_call_at is None:
        return
    seconds = (row.next_call_at - lease_now(session)).total_seconds()
    if 0 < seconds <= limits.longest_turn(given):
        raise TooSoon(seconds)


def _waits(row: Allowance, now: datetime) -> bool:
    """The same here."""
    return row.wait_until is not None and now < row.wait_until <= now + retry.LONGEST_WAIT


def _slow_down(session: Session, provider: str, until: datetime, now: datetime) -> None:
    """Half as fast for an hour. Told again while it waits, that is the same news, not more."""
    row = session.get(Allowance, provider, with_for_update=True) or _make(session, provider, now)
    if _waits(row, now):
        row.wait_until = max(row.wait_until or until, until)
    else:
        row.halvings = min(_halvings(row, now) + 1, limits.MOST_HALVINGS)
        row.slow_until, row.wait_until = now + limits.SLOW_FOR, until
    session.flush()


def _halvings(row: Allowance, now: datetime) -> int:
    return row.halvings if row.slow_until is not None and row.slow_until > now else 0


def _bounded(wait: timedelta) -> timedelta:
    return min(max(wait, retry.SHORTEST_WAIT), retry.LONGEST_WAIT)
