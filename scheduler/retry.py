"""When to try again: pure rules."""

from datetime import datetime, timedelta

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(hours=48)

# An email with a mistake in its template waits for the owner, who mends the file.
MENDING_WAIT = timedelta(minutes=15)

# How long a worker may stay silent before its batch is taken over. Longer than a call can last.
LEASE = timedelta(minutes=5)
FIRST_ASK = timedelta(seconds=30)


def next_try(now: datetime, attempts: int, wanted: timedelta | None, chance: float) -> datetime:
    """After the vendor's own wait where it named one, else doubling, spread by `chance` (0 to 1).

    Half the wait is certain and half is chance, so that messages that failed together don't come
    back together.
    """
    if wanted is not None:
        return now + min(wanted, LONGEST_WAIT)
    longest = min(FIRST_WAIT * 2 ** min(attempts, 10), LONGEST_WAIT)
    return now + longest * (0.5 + chance / 2)


def gives_up(planned_at: datetime, now: datetime) -> bool:
    """Two days of certain refusals are an answer."""
    return now - planned_at > GIVE_UP_AFTER


def next_ask(now: datetime, attempts: int) -> datetime:
    """When to repeat an unanswered call under its own key."""
    return now + min(FIRST_ASK * 2 ** min(attempts, 8), timedelta(hours=1))
