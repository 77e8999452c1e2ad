"""What came in is worked, calls of vendors and emails alike: each in a transaction of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from course.database import DATABASE_TROUBLE, Database
from course.due import anything_due
from course.errors import KeyMissing
from emails import hook_calls, inbound, routing
from emails.booking_tools.base import BookingTool
from emails.errors import FetchFailed, HookUnreadable
from emails.hook_calls import Door, HookCall
from emails.inbound import ReceivedEmail, Verdict
from emails.providers.base import Vendor
from emails.providers.hooks import Notice, Received
from emails.providers.rebuilt import addressed
from emails.routing import Router
from scheduler import feedback, following, retry
from scheduler.reasons import unforeseen

FORGET_CHUNK = 500
# Whoever reports by mail is no vendor of ours.
BY_MAIL = "mail"
NO_VENDOR = "this provider is no longer in the settings"


@dataclass(frozen=True)
class Receiver:
    """Who understands what comes in. `vendor` finds who speaks a provider's words, by its name.

    So does `tool` for those of a booking tool.
    """

    database: Database
    router: Router
    vendor: Callable[[str], Vendor | None] = lambda _name: None
    tool: Callable[[str], BookingTool | None] = lambda _name: None


WAITING = (HookCall.work_due_at, ReceivedEmail.route_due_at)


def receive_waiting(receiver: Receiver, now: datetime) -> int:
    """Work everything received up to `now`; returns how many calls and emails there were."""
    with receiver.database.reading() as session:
        calls, emails = anything_due(session, WAITING, now)
    worked = _repeat(lambda: _hear_one(receiver, now)) if calls else 0
    worked += _repeat(lambda: _take_in_one(receiver, now)) if calls else 0
    worked += _repeat(lambda: _route_one(receiver, now)) if calls or emails else 0
    return worked


def forget_old(database: Database, now: datetime) -> int:
    """Delete what is kept only for a while; returns how much it was."""
    forgotten = 0
    while True:
        with database.transaction() as session:
            found = hook_calls.forget(session, now, FORGET_CHUNK)
        forgotten += found
        if found < FORGET_CHUNK:
            return forgotten


def _repeat(step: Callable[[], bool]) -> int:
    times = 0
    while step():
        times += 1
    return times


def _hear_one(receiver: Receiver, now: datetime) -> bool:
    """One call about emails of ours. Its events and its end are one transaction."""
    with receiver.database.transaction() as session:
        call = hook_calls.waiting(session, Door.EVENTS, now)
        if call is not None:
            hook_calls.settle(call, _hear_safely(session, receiver, call, now))
    return call is not None


def _hear_safely(session: Session, receiver: Receiver, call: HookCall, now: datetime) -> str | None:
    """The same. Whatever nobody foresaw comes of this one call, and those behind it are heard."""
    try:
        with session.begin_nested():
            return _hear(session, receiver, call, now)
    except DATABASE_TROUBLE:
        raise
    except Exception as error:  # noqa: BLE001  see above
        return unforeseen(error)


def _hear(session: Session, receiver: Receiver, call: HookCall, now: datetime) -> str | None:
    """Act on what it says; returns what is wrong with it, if anything."""
    router, tool = receiver.router, receiver.tool(call.provider)
    if tool is not None:
        return following.hear(session, router.vault, router.catalogue, tool, call, now)
    vendor = receiver.vendor(call.provider)
    if vendor is None:
        return NO_VENDOR
    try:
        events = vendor.read_events(hook_calls.open_hook(router.vault, call))
    except (HookUnreadable, KeyMissing) as unreadable:
        return str(unreadable)
    for event in events:
        feedback.hear(session, router.catalogue, call.provider, event, now)
    return None


def _take_in_one(receiver: Receiver, now: datetime) -> bool:
    """One call that brings emails, or tells where to fetch them, which no transaction waits for.

    Two workers may fetch the same one; the first of them stores it.
    """
    with receiver.database.reading() as session:
        call = hook_calls.waiting(session, Door.INBOUND, now)
    if call is None:
        return False
    mails, trouble, again = _bring(receiver, call)
    with receiver.database.transaction() as session:
        kept = session.get_one(HookCall, call.id, with_for_update=True)
        if kept.work_due_at is None:
            return True
        for raw in mails:
            inbound.store(session, receiver.router.vault, raw, now)
        if again and not retry.gives_up(kept.received_at, now, kept.attempts):
            kept.attempts += 1
            kept.work_due_at = retry.next_try(now, kept.attempts, None, 1)
        else:
            hook_calls.settle(kept, trouble)
            if trouble is None:
                # Else a reader's words would lie here still when she has deleted them there.
                hook_calls.empty(receiver.router.vault, kept)
    return True


def _bring(receiver: Receiver, call: HookCall) -> tuple[list[bytes], str | None, bool]:
    """The emails it brings, what is wrong, and whether to try again."""
    vendor = receiver.vendor(call.provider)
    if vendor is None:
        return [], NO_VENDOR, False
    try:
        hook = hook_calls.open_hook(receiver.router.vault, call)
        mails = [_bytes(vendor, received) for received in vendor.read_inbound(hook)]
    except (HookUnreadable, KeyMissing) as unreadable:
        return [], str(unreadable), False
    except FetchFailed as failed:
        return [], f"a received email couldn't be fetched: {failed}", True
    except Exception as error:  # noqa: BLE001  it comes of this one call, and others wait behind it
        return [], unforeseen(error), False
    gone = "the vendor no longer has a received email" if None in mails else None
    return [raw for raw in mails if raw is not None], gone, False


def _bytes(vendor: Vendor, received: Received) -> bytes | None:
    if not isinstance(received, Notice):
        return received
    raw = vendor.fetch(received.reference)
    return None if raw is None else addressed(raw, received.recipients)


def _route(session: Session, router: Router, received: ReceivedEmail, now: datetime) -> None:
    if routing.route(session, router, received, now) != Verdict.BOUNCE:
        return
    try:
        with session.begin_nested():
            _hear_report(session, router, received, now)
    except (*DATABASE_TROUBLE, KeyMissing):
        raise
    except Exception:  # noqa: BLE001  as in routing: it comes of this one email
        routing.settle(received, Verdict.UNREADABLE, now)


def _hear_report(session: Session, router: Router, received: ReceivedEmail, now: datetime) -> None:
    event = routing.event_of(session, router, received)
    if event is not None:
        feedback.hear(session, router.catalogue, BY_MAIL, event, now)


def _route_one(receiver: Receiver, now: datetime) -> bool:
    with receiver.database.transaction() as session:
        found = inbound.waiting(session, now, limit=1)
        for received in found:
            _route(session, receiver.router, received, now)
    return bool(found)
