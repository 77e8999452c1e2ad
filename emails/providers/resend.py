"""How Resend is spoken to.

https://resend.com/docs/api-reference/emails/send-batch-emails

A batch holds at most 100 messages and no attachments; those travel alone. Both calls know an
Idempotency-Key for 24 hours. In permissive mode a batch is judged message by message: `data` holds
the ids of the accepted ones in order, `errors` the index of each refused one.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx

from emails.errors import HookRefused, HookUnreadable
from emails.message import Attachment, Message
from emails.providers.base import (
    Accepted,
    AccountPaused,
    Alone,
    Outcome,
    Rejected,
    TryLater,
    Unknown,
)
from emails.providers.hooks import (
    Event,
    EventKind,
    Hook,
    Notice,
    Received,
    check_fresh,
    mapping,
    moment,
    require_secret,
    text,
)
from emails.providers.options import Options, WebAddress
from emails.providers.rebuilt import rebuild
from emails.providers.transport import (
    Transport,
    download,
    fetched,
    json_of,
    key_trouble,
    retry_after,
    text_of,
)

QUOTA_PAUSE = timedelta(hours=1)
ACCOUNT_PAUSE = timedelta(minutes=15)

# Their error names that mean the whole account has stopped.
# https://resend.com/docs/api-reference/errors
ACCOUNT = {
    "missing_api_key": ACCOUNT_PAUSE,
    "restricted_api_key": ACCOUNT_PAUSE,
    "invalid_api_key": ACCOUNT_PAUSE,
    "security_error": ACCOUNT_PAUSE,
    "daily_quota_exceeded": QUOTA_PAUSE,
    "monthly_quota_exceeded": QUOTA_PAUSE,
}
# 404 and 405: our base_url is wrong.
STOPPED = (401, 403, 404, 405, 451)
REFUSED = (400, 413, 422)

# https://resend.com/docs/dashboard/webhooks/event-types
KINDS = {
    "email.sent": EventKind.ACCEPTED,
    "email.delivered": EventKind.DELIVERED,
    "email.delivery_delayed": EventKind.DEFERRED,
    "email.complained": EventKind.COMPLAINT,
    "email.failed": EventKind.REJECTED,
    "email.suppressed": EventKind.REJECTED,
}
BOUNCED = "email.bounced"
RECEIVED = "email.received"


class ResendOptions(Options):
    base_url: WebAddress = "https://api.resend.com"


class ResendProvider:
    name = "resend"
    max_batch = 100
    calls_per_second = 5.0
    # Resend remembers a key for 24 hours. A call takes a while to get there, and a machine's clock
    # may have been set back since the first one: whoever asks at the last minute sends twice.
    dedupe_window = timedelta(hours=23)
    attachments_in_batch = False

    def __init__(self, options: ResendOptions) -> None:
        self._options = options
        login = {"Authorization": f"Bearer {options.secret('api_key')}"}
        self._http = Transport(options.base_url, login, options.timeout)

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        if len(batch) == 1:
            return [self._send_one(batch[0], key)]
        answer = self._http.post(
            "/emails/batch",
            [_payload(message) for message in batch],
            {"Idempotency-Key": key, "x-batch-validation": "permissive"},
        )
        if not isinstance(answer, httpx.Response):
            return [answer] * len(batch)
        if answer.status_code in REFUSED:
            # For the sake of one message; which one, only a call for each will tell.
            return [Alone(f"{answer.status_code}: {text_of(answer)[:200]}")] * len(batch)
        if not answer.is_success:
            return [_trouble(answer)] * len(batch)
        return _judge(answer, len(batch))

    def close(self) -> None:
        self._http.close()

    def probe(self) -> list[str]:
        answer = self._http.get("/domains")
        if mapping(json_of(answer)).get("name") == "restricted_api_key":
            return []  # A key that may only send; it is known to them, and all we need.
        return key_trouble(answer, "Resend", "LETTERCOURSE_EMAILS__RESEND__API_KEY")

    def verify(self, hook: Hook, now: datetime) -> str:
        # Signed as Svix does it: https://docs.svix.com/receiving/verifying-payloads/how-manual
        call, signed_at = hook.headers.get("svix-id", ""), hook.headers.get("svix-timestamp", "")
        check_fresh(signed_at, now)
        key = _svix_key(self._options.secret("webhook_secret"))
        signed = f"{call}.{signed_at}.".encode() + hook.body
        expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        # Several where their secret is being changed.
        given = hook.headers.get("svix-signature", "").split()
        if not any(hmac.compare_digest(each.encode(), f"v1,{expected}".encode()) for each in given):
            raise HookRefused("its signature is wrong")
        return call

    def read_events(self, hook: Hook) -> list[Event]:
        said = mapping(hook.json())
        data, word = mapping(said.get("data")), str(said.get("type", ""))
        if word == RECEIVED:
            return []
        return [
            Event(
                id=hook.headers.get("svix-id") or hook.digest,
                kind=_kind(word, data),
                word=word,
                key=text(mapping(data.get("tags")).get("key")),
                provider_id=text(data.get("email_id")),
                recipient=_first(data.get("to")),
                at=moment(said.get("created_at")),
                reason=_why(data),
            )
        ]

    def read_inbound(self, hook: Hook) -> list[Received]:
        said = mapping(hook.json())
        if said.get("type") != RECEIVED:
            return []
        reference = text(mapping(said.get("data")).get("email_id"))
        if reference is None:
            raise HookUnreadable("it names no email")
        return [Notice(reference)]

    def fetch(self, reference: str) -> bytes | None:
        mail = fetched(self._http.get(f"/emails/receiving/{reference}"))
        if mail is None:
            return None
        address = text(mapping(mail.get("raw")).get("download_url"))
        if address:
            return download(address, self._options.timeout)
        headers = [(name, str(value)) for name, value in mapping(mail.get("headers")).items()]
        return rebuild(headers, text(mail.get("text")), text(mail.get("html")))

    def _send_one(self, message: Message, key: str) -> Outcome:
        answer = self._http.post("/emails", _payload(message), {"Idempotency-Key": key})
        if not isinstance(answer, httpx.Response):
            return answer
        if not answer.is_success:
            return _trouble(answer)
        body = json_of(answer)
        if isinstance(body, dict) and isinstance(body.get("id"), str):
            return Accepted(body["id"])
        return Unknown("an answer we can't read")


def _payload(message: Message) -> dict[str, object]:
    payload: dict[str, object] = {
        "from": str(message.sender),
        "to": [message.to],
        "reply_to": [message.reply_to],
        "subject": message.subject,
        "html": message.html,
        "text": message.text,
        "headers": dict(message.headers),
        # Tags come back in their events; recipients can see them, so they hold our key alone.
        "tags": [{"name": "key", "value": message.key}],
    }
    if message.attachments:
        payload["attachments"] = [_attachment(attachment) for attachment in message.attachments]
    return payload


def _attachment(attachment: Attachment) -> dict[str, str]:
    return {
        "filename": attachment.filename,
        "content": base64.b64encode(attachment.content).decode(),
        "content_type": attachment.content_type,
    }


def _judge(answer: httpx.Response, size: int) -> list[Outcome]:
    body = json_of(answer)
    try:
        refused = {item["index"]: str(item["message"]) for item in body.get("errors") or []}
        ids = [str(item["id"]) for item in body["data"]]
    except (AttributeError, KeyError, TypeError):
        return [Unknown("an answer we can't read")] * size
    taken = [n for n in range(size) if n not in refused]
    if len(ids) != len(taken):
        return [Unknown("an answer that doesn't add up")] * size
    accepted = dict(zip(taken, ids, strict=True))
    return [Rejected(refused[n]) if n in refused else Accepted(accepted[n]) for n in range(size)]


def _trouble(answer: httpx.Response) -> Outcome:
    body = json_of(answer)
    name, message = "", text_of(answer)[:200]
    if isinstance(body, dict):
        name, message = str(body.get("name", "")), str(body.get("message", ""))
    reason = f"{answer.status_code} {name}: {message}".strip()
    if name in ACCOUNT:
        return AccountPaused(reason, ACCOUNT[name])
    match answer.status_code:
        case status if status in STOPPED:
            return AccountPaused(reason, ACCOUNT_PAUSE)
        case 429:
            return TryLater(reason, retry_after(answer), too_fast=True)
        case status if status in REFUSED:
            return Rejected(reason)
        case _:
            # 5xx, and 409 for a request of ours still under way: the key will tell.
            return Unknown(reason)


def _svix_key(secret: str) -> bytes:
    try:
        return base64.b64decode(require_secret(secret).removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise HookRefused("our webhook secret isn't one of Resend's; it begins whsec_") from error


def _kind(word: str, data: dict[str, Any]) -> EventKind:
    if word == BOUNCED:
        permanent = mapping(data.get("bounce")).get("type") == "Permanent"
        return EventKind.HARD_BOUNCE if permanent else EventKind.SOFT_BOUNCE
    return KINDS.get(word, EventKind.OTHER)


def _why(data: dict[str, Any]) -> str:
    for name in ("bounce", "failed", "suppressed"):
        told = mapping(data.get(name))
        if told:
            return text(told.get("message")) or text(told.get("reason")) or ""
    return ""


def _first(addresses: object) -> str | None:
    """One recipient a message, always; theirs is a list nevertheless."""
    return text(addresses[0]) if isinstance(addresses, list) and addresses else text(addresses)
