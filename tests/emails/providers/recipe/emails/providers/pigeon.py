"""How Pigeon is spoken to: a vendor nobody has, to show how one is added.

Each letter takes a call of its own. There is no idempotency key: an answer that never came stays
unknown. Their webhooks sign a moment and the body.
"""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx

from emails.errors import HookUnreadable
from emails.message import Attachment, Message
from emails.providers.base import (
    Accepted,
    AccountPaused,
    Outcome,
    Rejected,
    TryLater,
    Unknown,
)
from emails.providers.hooks import (
    Event,
    EventKind,
    Hook,
    Received,
    check_fresh,
    check_hmac,
    fingerprint,
    mapping,
    moment,
    objects,
    text,
)
from emails.providers.options import Options, WebAddress
from emails.providers.transport import (
    FLIGHTS,
    Transport,
    each_alone,
    json_of,
    key_trouble,
    retry_after,
    text_of,
)

ACCOUNT_PAUSE = timedelta(minutes=15)

KINDS = {
    "delivered": EventKind.DELIVERED,
    "not home": EventKind.SOFT_BOUNCE,
    "moved away": EventKind.HARD_BOUNCE,
    "shooed": EventKind.COMPLAINT,
}
RECEIVED = "received"


class PigeonOptions(Options):
    base_url: WebAddress = "https://api.pigeon.example"


class PigeonProvider:
    name = "pigeon"
    max_batch = 64
    calls_per_second = 0.0
    dedupe_window = timedelta(0)
    attachments_in_batch = True

    def __init__(self, options: PigeonOptions) -> None:
        self._options = options
        login = {"Authorization": f"Bearer {options.secret('api_key')}"}
        self._http = Transport(options.base_url, login, options.timeout)

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        del key  # Pigeon knows none.
        return each_alone(batch, lambda _, each: self._send_one(each), FLIGHTS)

    def close(self) -> None:
        self._http.close()

    def probe(self) -> list[str]:
        answer = self._http.get("/account")
        return key_trouble(answer, "Pigeon", "LETTERCOURSE_EMAILS__PIGEON__API_KEY")

    def verify(self, hook: Hook, now: datetime) -> str:
        signed_at = hook.headers.get("pigeon-time", "")
        check_fresh(signed_at, now)
        signed = f"{signed_at}.".encode() + hook.body
        given = hook.headers.get("pigeon-signature", "")
        check_hmac(self._options.secret("webhook_secret"), signed, given)
        return hook.digest

    def read_events(self, hook: Hook) -> list[Event]:
        return [_event(said) for said in objects(hook.json()) if said.get("event") != RECEIVED]

    def read_inbound(self, hook: Hook) -> list[Received]:
        return [_email(said) for said in objects(hook.json()) if said.get("event") == RECEIVED]

    def fetch(self, reference: str) -> bytes | None:
        del reference  # Theirs come whole.
        return None

    def _send_one(self, message: Message) -> Outcome:
        answer = self._http.post("/letters", _payload(message))
        return _judge(answer) if isinstance(answer, httpx.Response) else answer


def _payload(message: Message) -> dict[str, object]:
    return {
        "from": str(message.sender),
        "to": message.to,
        "reply_to": message.reply_to,
        "subject": message.subject,
        "html": message.html,
        "text": message.text,
        "headers": dict(message.headers),
        # Comes back in their events.
        "key": message.key,
        "files": [_file(attachment) for attachment in message.attachments],
    }


def _file(attachment: Attachment) -> dict[str, str]:
    return {
        "name": attachment.filename,
        "type": attachment.content_type,
        "content": base64.b64encode(attachment.content).decode(),
    }


def _judge(answer: httpx.Response) -> Outcome:
    said = mapping(json_of(answer))
    reason = f"HTTP {answer.status_code}: {said.get('error') or text_of(answer)[:200]}"
    match answer.status_code:
        case 200 if number := text(said.get("id")):
            return Accepted(number)
        case 401 | 403 | 404 | 405:
            return AccountPaused(reason, ACCOUNT_PAUSE)
        case 429:
            return TryLater(reason, retry_after(answer), too_fast=True)
        case 400 | 413 | 422:
            return Rejected(reason)
        case _:
            return Unknown(reason)


def _event(said: dict[str, Any]) -> Event:
    word, sent, at = str(said.get("event", "")), text(said.get("letter")), said.get("at")
    return Event(
        id=text(said.get("id")) or fingerprint(word, sent, at),
        kind=KINDS.get(word, EventKind.OTHER),
        word=word,
        key=text(said.get("key")),
        provider_id=sent,
        recipient=text(said.get("to")),
        at=moment(at),
        reason=text(said.get("reason")) or "",
    )


def _email(said: dict[str, Any]) -> bytes:
    raw = text(said.get("raw"))
    if raw is None:
        raise HookUnreadable("it holds no email")
    return raw.encode("utf-8", "replace")
