"""One call to a webhook of ours: verified, then stored as it came, sealed and once; worked later.

So a vendor has its answer within milliseconds, and nothing it told is lost whatever happens next.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum, StrEnum, auto
from uuid import uuid4

from sqlalchemy import Index, LargeBinary, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.bulk import Values, do_nothing, insert_each
from course.database import Base, Database, Told, index_where_set
from course.group_commit import GroupCommit
from course.lists import among
from course.vault import Vault
from emails.providers.hooks import Hook, Token, fingerprint

KEPT_FOR = timedelta(days=30)


class Door(StrEnum):
    """The two webhooks each vendor has."""

    EVENTS = "events"
    INBOUND = "inbound"


class Kept(Enum):
    """What has become of a call."""

    NEW = auto()
    KNOWN = auto()
    # The same proof with another body: somebody has overheard it.
    FORGED = auto()


class HookCall(Base):
    __tablename__ = "hook_calls"

    # Chosen by us before the insert, because the body is bound to it.
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    provider: Mapped[str] = mapped_column(String(20))
    door: Mapped[str] = mapped_column(String(10))
    # What the vendor would repeat this call under; and its body, so that nobody else's passes.
    call: Mapped[str] = mapped_column(String(64), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]
    # When a job should look at it; empty once it has.
    work_due_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    # Why it couldn't be worked, for the owner; in words without its contents.
    trouble: Mapped[str | None] = mapped_column(Told(300))

    def __repr__(self) -> str:
        return f"HookCall({self.id})"


Index("ix_hook_calls_received_at", HookCall.received_at)
index_where_set(HookCall, "work_due_at")
index_where_set(HookCall, "trouble")


def keeper(database: Database) -> GroupCommit[Values, Kept]:
    """Keeps calls for many callers at once; each waits until its own is on the disk."""

    def keep(arrivals: Sequence[Values]) -> list[Kept]:
        with database.transaction() as session:
            return store(session, arrivals)

    return GroupCommit(keep)


def arrival(
    vault: Vault, provider: str, door: Door, call: str, hook: Hook, now: datetime
) -> Values:
    """A verified call as `store` keeps it. `call` is what the vendor would repeat it under."""
    call_id = uuid4().hex
    counts_at = None if isinstance(call, Token) else door
    return {
        "id": call_id,
        "provider": provider,
        "door": door,
        "call": fingerprint(provider, counts_at, call),
        "digest": hook.digest,
        "sealed": vault.seal(_packed(hook), _place(call_id)),
        "received_at": now,
        "work_due_at": now,
        "attempts": 0,
    }


def store(session: Session, arrivals: Sequence[Values]) -> list[Kept]:
    """Keep each of these once; what has become of each, in their order."""
    new = insert_each(session, HookCall, arrivals, do_nothing)
    if new == len(arrivals):
        return [Kept.NEW] * new
    names = [row["call"] for row in arrivals]
    query = select(HookCall.call, HookCall.id, HookCall.digest)
    found = session.execute(query.where(among(HookCall.call, names)))
    kept = {call: (call_id, digest) for call, call_id, digest in found}
    return [_became(row, *kept[row["call"]]) for row in arrivals]


def _became(row: Values, call_id: str, digest: str) -> Kept:
    if row["id"] == call_id:
        return Kept.NEW
    return Kept.KNOWN if row["digest"] == digest else Kept.FORGED


def waiting(session: Session, door: Door, now: datetime) -> HookCall | None:
    """The call nobody has worked yet that waits longest, locked against other workers."""
    query = (
        select(HookCall)
        .where(HookCall.work_due_at <= now, HookCall.door == door)
        .order_by(HookCall.work_due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return session.scalar(query)


def open_hook(vault: Vault, call: HookCall) -> Hook:
    headers, _, body = vault.open(call.sealed, _place(call.id)).partition(b"\n")
    return Hook(json.loads(headers), body)


def settle(call: HookCall, trouble: str | None = None) -> None:
    """It needn't be looked at again; with `trouble` it stands on the owner's list."""
    call.work_due_at = None
    call.trouble = trouble or None


def empty(vault: Vault, call: HookCall) -> None:
    """What it brought is kept elsewhere; the call itself stays known by its name and digest."""
    call.sealed = vault.seal(_packed(Hook({}, b"")), _place(call.id))


def troubled(session: Session) -> dict[tuple[str, str], int]:
    """How many calls of each vendor couldn't be worked, by the reason why."""
    query = (
        select(HookCall.provider, HookCall.trouble, func.count())
        .where(HookCall.trouble.is_not(None))
        .group_by(HookCall.provider, HookCall.trouble)
    )
    return {(provider, why or ""): count for provider, why, count in session.execute(query)}


def naming(session: Session, vault: Vault, pattern: re.Pattern[bytes]) -> list[str]:
    """The ids of calls no longer waited for, that name whom the pattern says."""
    query = select(HookCall.id, HookCall.sealed).where(HookCall.work_due_at.is_(None))
    rows = session.execute(query.execution_options(yield_per=100))
    return [found for found, sealed in rows if vault.names(sealed, _place(found), pattern)]


def forget(session: Session, now: datetime, limit: int) -> int:
    """Delete calls worked long ago, at most so many; returns how many there were."""
    old = (
        select(HookCall.id)
        .where(HookCall.received_at < now - KEPT_FOR, HookCall.work_due_at.is_(None))
        .order_by(HookCall.received_at)
        .limit(limit)
    )
    return len(
        session.scalars(delete(HookCall).where(HookCall.id.in_(old)).returning(HookCall.id)).all()
    )


def _packed(hook: Hook) -> bytes:
    """Everything but its proof, which may be a password of ours."""
    headers = {name: value for name, value in hook.headers.items() if name != "authorization"}
    return json.dumps(headers).encode() + b"\n" + hook.body


def _place(call_id: str) -> str:
    return f"hook_calls.sealed:{call_id}"
