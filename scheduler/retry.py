"""When to try again: pure rules."""

from datetime import datetime, timedelta

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
SHORTEST_WAIT = timedelta(seconds=1)
GIVE_UP_AFTER = timedelta(hours=48)
REFUSALS = 8

# An email with a mistake in its template waits for the owner, who mends the file.
MENDING_WAIT = timedelta(minutes=15)

# How long a worker may stay silent before its batch is taken over. Longer than a call can last.
LEASE = timedelta(minutes=5)
FIRST_ASK = timedelta(seconds=30)
LONGEST_ASK = timedelta(hours=1)


def next_try(now: datetime, attempts: int, wanted: timedelta | None, chance: float) -> datetime:
    """After the vendor's own wait where it named one, else doubling, spread by `chance` (0 to 1).

    Half the wait is certain and half is chance, so that messages that failed together don't come
    back together.
    """
    if wanted is not None:
        # Never none at all: one round would ask for ever.
        return now + min(max(wanted, SHORTEST_WAIT), LONGEST_WAIT)
    longest = min(FIRST_WAIT * _doubled(attempts), LONGEST_WAIT)
    return now + longest * (0.5 + chance / 2)


def gives_up(planned_at: datetime, now: datetime, attempts: int) -> bool:
    """Two days of certain refusals are an answer; two days in which nobody asked aren't."""
    return now - planned_at > GIVE_UP_AFTER and attempts >= REFUSALS


def next_ask(now: datetime, attempts: int, wanted: timedelta | None = None) -> datetime:
    """When to repeat an unanswered call under its own key; not before the vendor's own wait."""
    wait = min(FIRST_ASK * _doubled(attempts), LONGEST_ASK)
    return now + max(wait, min(wanted or SHORTEST_WAIT, LONGEST_WAIT))


def _doubled(times: int) -> int:
    return 1 << min(times, 10)
