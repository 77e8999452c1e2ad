"""On what terms a worker sends: said by the settings, the same for its whole life."""

from dataclasses import dataclass

from scheduler.limits import NO_LIMITS, Limits


@dataclass(frozen=True)
class Terms:
    """What the settings and this installation say.

    `mark` names the installation; None where nobody asks, as in a rehearsal in memory.
    """

    mark: str | None = None
    resend_in_doubt: bool = False
    limits: Limits = NO_LIMITS


ANY = Terms()
