"""What a vendor tells us by calling our webhooks: receipts for emails, and emails received.

A call is verified on its raw bytes and kept as it came. What it says is read later, in our words.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from emails.errors import HookRefused, HookUnreadable

# How old a signed call may be; their retries are signed anew.
TOLERANCE = timedelta(minutes=5)


class EventKind(StrEnum):
    """What can be heard of an email that was handed over."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    SOFT_BOUNCE = "soft bounce"
    HARD_BOUNCE = "hard bounce"
    COMPLAINT = "complaint"
    REJECTED = "rejected"
    UNSUBSCRIBED = "unsubscribed"
    # A word of theirs we don't know, or that concerns no delivery; kept visible.
    OTHER = "other"


@dataclass(frozen=True)
class Event:
    """One thing heard of one email.

    `id` is the vendor's own for this event, the same when it is told again. `key` is the message's
    key, where the vendor gives back what we sent along. `word` is what the vendor calls it.
    """

    id: str
    kind: EventKind
    word: str
    key: str | None = None
    provider_id: str | None = None
    recipient: str | None = field(default=None, repr=False)
    at: datetime | None = None
    reason: str = field(default="", repr=False)


@dataclass(frozen=True)
class Notice:
    """An email was received, and the vendor keeps it until we fetch it by this reference.

    `recipients` is whom it was sent to, where the notice alone says so.
    """

    reference: str
    recipients: tuple[str, ...] = field(default=(), repr=False)


# A received email: its bytes as they travelled, or where to get them.
Received = bytes | Notice


class Token(str):
    """The id of a call whose proof covers no word of its body: it counts once, at any door."""

    __slots__ = ()


@dataclass(frozen=True)
class Hook:
    """One call to a webhook as it arrived; header names in lower case."""

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.body).hexdigest()

    def json(self) -> Any:
        """Raises HookUnreadable when the body isn't JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise HookUnreadable("the body isn't JSON") from error


def require_secret(secret: str) -> str:
    if not secret:
        raise HookRefused("no webhook secret is set, so nobody can be believed")
    return secret


def check_fresh(signed_at: str, now: datetime, tolerance: timedelta = TOLERANCE) -> None:
    """Refuse a call signed (in seconds since 1970) too long before `now`, or after it."""
    try:
        age = now - datetime.fromtimestamp(int(signed_at), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise HookRefused("its time can't be read") from error
    if abs(age) > tolerance:
        raise HookRefused("it is too old, or its clock or ours is wrong")


def check_equal(given: str, expected: str) -> None:
    """Compare in a time that tells nothing about where they differ."""
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise HookRefused("its signature is wrong")


def check_hmac(secret: str, message: bytes, given: str) -> None:
    """`given` is the hexadecimal HMAC-SHA256 of the message."""
    expected = hmac.new(require_secret(secret).encode(), message, hashlib.sha256).hexdigest()
    check_equal(given.strip().lower(), expected)


def check_either_hmac(webhook: str, inbound: str, message: bytes, given: str) -> None:
    """Where received emails may be signed with a secret of their own; empty where they aren't."""
    try:
        check_hmac(webhook, message, given)
    except HookRefused:
        if not inbound:
            raise
        check_hmac(inbound, message, given)


def check_basic(hook: Hook, secret: str) -> None:
    """For vendors that sign nothing: the password in the webhook's URL is our secret."""
    scheme, _, packed = hook.headers.get("authorization", "").partition(" ")
    try:
        login = base64.b64decode(packed, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        login = ""
    password = login.partition(":")[2] if scheme.lower() == "basic" else ""
    check_equal(password, require_secret(secret))


def fingerprint(*parts: object) -> str:
    """An id for an event whose vendor gives it none: the same facts are the same event."""
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


def moment(value: object) -> datetime | None:
    """A time as vendors write it, ISO 8601 or seconds since 1970; nothing where it is neither."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str) and value.isdecimal():
            return datetime.fromtimestamp(int(value), UTC)
        parsed = datetime.fromisoformat(str(value))
        return parsed.replace(tzinfo=parsed.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def mapping(value: object) -> dict[str, Any]:
    """What should be a JSON object; an empty one where it isn't."""
    return value if isinstance(value, dict) else {}


def listed(value: object) -> list[Any]:
    """What should be a JSON list; an empty one where it isn't."""
    return value if isinstance(value, list) else []


def objects(value: object) -> list[dict[str, Any]]:
    """What should be JSON objects in a list, or one alone. Raises HookUnreadable otherwise."""
    found: list[Any] = value if isinstance(value, list) else [value]
    if not all(isinstance(item, dict) for item in found):
        raise HookUnreadable("it holds something that is no event")
    return found


def text(value: object) -> str | None:
    """A word or a number as a string; nothing where there is none."""
    return str(value) if isinstance(value, str | int) and str(value) else None
