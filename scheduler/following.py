"""Sessions that are booked with another tool: what it tells by itself, and what it is asked.

Its calls come at once and may get lost; asking finds what was lost. Both end in the same facts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from course import elsewhere
from course.catalogue import Catalogue
from course.database import Database
from course.errors import KeyMissing
from course.vault import Vault
from emails import hook_calls
from emails.booking_tools.base import BookingTool
from emails.errors import HookUnreadable
from emails.hook_calls import HookCall

# How far back a process looks when it asks for the first time.
LOOK_BACK = timedelta(days=35)
# Our clock and theirs needn't agree.
MARGIN = timedelta(hours=1)


@dataclass
class Follower:
    """Who asks the tool, and when it last had an answer."""

    database: Database
    catalogue: Catalogue
    tool: BookingTool
    asked_at: datetime | None = None


def hear(
    session: Session,
    vault: Vault,
    catalogue: Catalogue,
    tool: BookingTool,
    call: HookCall,
    now: datetime,
) -> str | None:
    """Act on one call; returns what is wrong with it, if anything.

    Nothing of the call is kept, for many who book there are no readers of ours.
    """
    try:
        told = tool.read(hook_calls.open_hook(vault, call))
    except KeyMissing as missing:
        return str(missing)
    except HookUnreadable as unreadable:
        hook_calls.empty(vault, call)
        return str(unreadable)
    hook_calls.empty(vault, call)
    if told is not None:
        elsewhere.follow(session, catalogue, tool.name, told, now)
    return None


def ask(follower: Follower, now: datetime) -> int:
    """Ask what has changed since the last time; returns of how many sessions it told something."""
    since = follower.asked_at - MARGIN if follower.asked_at else now - LOOK_BACK
    changes = follower.tool.changes(since)
    for told in changes:
        with follower.database.transaction() as session:
            elsewhere.follow(session, follower.catalogue, follower.tool.name, told, now)
    follower.asked_at = now
    return len(changes)
