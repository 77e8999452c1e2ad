"""Sessions that are booked with another tool: what it tells by itself, and what it is asked.

Its calls come at once and may get lost; asking finds what was lost. Both end in the same facts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from course import elsewhere, tool_rounds
from course.catalogue import Catalogue
from course.database import Database
from course.errors import KeyMissing
from course.vault import Vault
from emails import hook_calls
from emails.booking_tools.base import BookingTool
from emails.errors import FetchFailed, HookUnreadable
from emails.hook_calls import HookCall

# How far back is looked when it is asked for the first time.
LOOK_BACK = timedelta(days=35)
# Our clock and theirs needn't agree.
MARGIN = timedelta(hours=1)


@dataclass(frozen=True)
class Follower:
    """Who asks the tool."""

    database: Database
    catalogue: Catalogue
    tool: BookingTool


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
    """Ask what has changed since the last answer, where that is due; returns how much was told.

    Raises FetchFailed, and notes it with the tool.
    """
    database, tool = follower.database, follower.tool
    with database.transaction() as session:
        turn = tool_rounds.claim(session, tool.name, now)
    if turn is None:
        return 0
    since = turn.answered_at - MARGIN if turn.answered_at else now - LOOK_BACK
    try:
        changes = tool.changes(since)
    except FetchFailed as failed:
        with database.transaction() as session:
            tool_rounds.stumbled(session, tool.name, str(failed))
        raise
    for told in changes:
        with database.transaction() as session:
            elsewhere.follow(session, follower.catalogue, tool.name, told, now)
    with database.transaction() as session:
        tool_rounds.answered(session, tool.name, now)
    return len(changes)
