"""Living six weeks in a minute.

The trial clock goes from one moment at which something happens to the next, so that a jump over a
month still sends each letter at its own hour.
"""

from datetime import datetime

from app.bootstrap import House
from app.errors import CommandError
from scheduler.clock import ShiftedClock
from scheduler.horizon import next_moment


def trial_clock(house: House) -> ShiftedClock:
    """The clock that may be moved. Raises CommandError where real mail could leave."""
    if not isinstance(house.clock, ShiftedClock):
        raise CommandError('Time can be moved only with emails.provider = "mailbox".')
    return house.clock


def advance_to(house: House, target: datetime) -> None:
    """Move the trial clock forward to `target`, doing everything due on the way at its moment."""
    clock = trial_clock(house)
    house.engine.tick()
    while (moment := _next(house, clock.now())) is not None and moment <= target:
        clock.set(moment)
        house.engine.tick()
    clock.set(max(target, clock.now()))
    house.engine.tick()


def skip_to_next(house: House) -> datetime | None:
    """Move to the next moment at which anything is due; nothing when nothing is planned."""
    clock = trial_clock(house)
    house.engine.tick()
    moment = _next(house, clock.now())
    if moment is not None:
        advance_to(house, moment)
    return moment


def _next(house: House, after: datetime) -> datetime | None:
    with house.database.reading() as session:
        return next_moment(session, after)
