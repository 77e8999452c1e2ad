"""One look before each claim: what there is to do, and what keeps it from being done.

All of it in one statement, because each of these questions costs as much as all of them together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Executable, bindparam, exists, select
from sqlalchemy.orm import Session

from course.bulk import read
from course.database import UtcDateTime
from course.due import earliest, has_come
from scheduler import holding, pauses
from scheduler.doors import Door
from scheduler.outbox import IS_OPEN, LANES, Delivery, Lane

NOW = bindparam("now", type_=UtcDateTime())


@dataclass(frozen=True)
class Outlook:
    held: bool
    # Batches that aren't settled, whoever is at work on them.
    open_batches: bool
    # Those in which something is ready and may go, most urgent first.
    lanes: Sequence[Lane]
    # Those of the doors whose account isn't paused.
    doors: Sequence[Door]

    @property
    def idle(self) -> bool:
        return self.held or not (self.open_batches or self.lanes)


def look(session: Session, doors: Sequence[Door], mark: str | None, now: datetime) -> Outlook:
    """As it is at this moment; nothing is locked."""
    names = {_door(place): door.name for place, door in enumerate(doors)}
    found = read(session, _question(len(doors)), mark=mark, now=now, **names)[0]
    lanes = LANES if not found.letters_stopped else (Lane.NOW,)
    return Outlook(
        held=bool(found.held),
        open_batches=bool(found.open_batches),
        lanes=[lane for lane in lanes if has_come(getattr(found, lane), now)],
        doors=[door for place, door in enumerate(doors) if not getattr(found, _door(place))],
    )


@cache
def _question(doors: int) -> Executable:
    ready = (earliest(Delivery.ready_at, Delivery.lane == lane) for lane in LANES)
    paused = (pauses.is_paused(bindparam(_door(place)), NOW) for place in range(doors))
    return select(
        holding.is_held_for(bindparam("mark")).label("held"),
        pauses.letters_are_stopped().label("letters_stopped"),
        exists().where(IS_OPEN).label("open_batches"),
        *(first.label(lane) for lane, first in zip(LANES, ready, strict=True)),
        *(rests.label(_door(place)) for place, rests in enumerate(paused)),
    )


def _door(place: int) -> str:
    return f"door_{place}"
