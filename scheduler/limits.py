"""How much may go out: pure rules.

A provider names calls a second, a plan names emails a day, and a domain that has never sent has to
earn its reputation: mailbox providers take a sudden flood from a stranger for spam.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from scheduler.outbox import Lane

WARM_UP_FIRST = 50
WARM_UP_DAYS = 3
WARM_UP_LAST = 50_000

# Of each day, one part in ten is kept for what somebody waits for at a screen.
RESERVE = 10

# Where a provider names no rate and asks us to slow down, this is what we slow down from.
UNNAMED_RATE = 10.0
SLOWEST_RATE = 0.1
SLOW_FOR = timedelta(hours=1)
MOST_HALVINGS = 10


@dataclass(frozen=True)
class Limits:
    """Calls a second, emails a day, and since when a new domain sends; 0 and None are no limit."""

    per_second: float = 0
    per_day: int = 0
    warm_up_from: date | None = None

    @property
    def any(self) -> bool:
        return bool(self.per_second or self.per_day or self.warm_up_from)


NO_LIMITS = Limits()


def day_limit(limits: Limits, day: date) -> int | None:
    """How many emails that day (in UTC) may have in all; None where nothing limits it."""
    ramp = _ramp(limits.warm_up_from, day) if limits.warm_up_from else None
    return min((limit for limit in (limits.per_day or None, ramp) if limit), default=None)


def left(limit: int | None, used: int, lane: Lane) -> int | None:
    """How many more emails of this lane the day has room for; None where nothing limits it."""
    if limit is None:
        return None
    reserve = limit // RESERVE if lane == Lane.LESSONS else 0
    return max(limit - reserve - used, 0)


def rate(limits: Limits, halvings: int) -> float:
    """Calls a second, after having been asked to slow down so many times; 0 is no limit."""
    if not halvings:
        return limits.per_second
    slowed = (limits.per_second or UNNAMED_RATE) / (1 << min(halvings, MOST_HALVINGS))
    return max(slowed, SLOWEST_RATE)


def longest_turn(limits: Limits) -> float:
    """Seconds between two calls, at the slowest."""
    return 1 / min(limits.per_second or SLOWEST_RATE, SLOWEST_RATE)


def next_day(day: date) -> datetime:
    """When the day after begins, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def _ramp(since: date, day: date) -> int | None:
    """50 a day, twice as many every three days, until a domain is no stranger any more."""
    doublings = max((day - since).days, 0) // WARM_UP_DAYS
    ramp = WARM_UP_FIRST << min(doublings, WARM_UP_DAYS * 10)
    return ramp if ramp < WARM_UP_LAST else None
