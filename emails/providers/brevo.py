"""How Brevo is spoken to.

https://developers.brevo.com/reference/sendtransacemail

Their batch is taken or refused as a whole, so each message takes a call of its own. An
idempotencyKey among the message's headers is known to them for 30 minutes; a call that repeats one
is answered with the error duplicate_parameter, and nothing is sent again.

Whether they add a pixel and rewrite links is a setting of the account; no call can change it.
"""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.header import Header
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx

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
    check_basic,
    fingerprint,
    mapping,
    moment,
    objects,
    text,
)
from emails.providers.options import Options, WebAddress
from emails.providers.rebuilt import header_pairs, rebuild
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
CREDITS_PAUSE = timedelta(hours=1)

# https://developers.brevo.com/docs/heterogenous-versions-batch-emails
SEEN_BEFORE = "duplicate_parameter"
# https://developers.brevo.com/reference/sendtransacemail (the codes of an error)
ACCOUNT = {
    "unauthorized": ACCOUNT_PAUSE,
    "permission_denied": ACCOUNT_PAUSE,
    "reseller_permission_denied": ACCOUNT_PAUSE,
    "account_under_validation": CREDITS_PAUSE,
    "not_enough_credits": CREDITS_PAUSE,
}
# Our key or our base_url is wrong, or the credits are used up: so it will be for every message.
STOPPED = (401, 402, 403, 404, 405)
REFUSED = (400, 406, 413, 422)
# https://developers.brevo.com/docs/api-limits (they send no Retry-After)
RESET = "x-sib-ratelimit-reset"
CALLS_PER_SECOND = 1000

# https://developers.brevo.com/docs/transactional-webhooks
KINDS = {
    "request": EventKind.ACCEPTED,
    "delivered": EventKind.DELIVERED,
    "deferred": EventKind.DEFERRED,
    "soft_bounce": EventKind.SOFT_BOUNCE,
    "hard_bounce": EventKind.HARD_BOUNCE,
    "invalid_email": EventKind.HARD_BOUNCE,
    "spam": EventKind.COMPLAINT,
    "complaint": EventKind.COMPLAINT,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "unsubscribed": EventKind.UNSUBSCRIBED,
    "blocked": EventKind.REJECTED,
    "error": EventKind.REJECTED,
}


class BrevoOptions(Options):
    base_url: WebAddress = "https://api.brevo.com"


class BrevoProvider:
    name = "brevo"
    max_batch = 64
    # Each message is a call, and our pace is counted in batches.
    calls_per_second = CALLS_PER_SECOND / max_batch
    # They remember a key for 30 minutes. A call takes a while to get there, and clocks differ.
    dedupe_window = timedelta(minutes=25)
    attachments_in_batch = True

    def __init__(self, options: BrevoOptions) -> None:
        self._options = options
        login = {"api-key": options.secret("api_key")}
        self._http = Transport(options.base_url, login, options.timeout)

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        return each_alone(batch, lambda _, each: self._send_one(each, key), FLIGHTS)

    def close(self) -> None:
        self._http.close()

    def probe(self) -> list[str]:
        answer = self._http.get("/v3/account")
        return key_trouble(answer, "Brevo", "LETTERCOURSE_EMAILS__BREVO__API_KEY")

    def verify(self, hook: Hook, now: datetime) -> str:
        """They sign nothing; the address they call holds a password."""
        del now
        check_basic(hook, self._options.secret("webhook_secret"))
        return hook.digest

    def read_events(self, hook: Hook) -> list[Event]:
        return [_event(said) for said in objects(hook.json()) if "items" not in said]

    def read_inbound(self, hook: Hook) -> list[Received]:
        calls = objects(hook.json())
        return [_received(mail) for said in calls for mail in objects(said.get("items") or [])]

    def fetch(self, reference: str) -> bytes | None:
        del reference  # Theirs come whole, but for attachments, which we don't read.
        return None

    def _send_one(self, message: Message, key: str) -> Outcome:
        answer = self._http.post("/v3/smtp/email", _payload(message, key))
        if not isinstance(answer, httpx.Response):
            return answer
        said = mapping(json_of(answer))
        if not answer.is_success:
            return _trouble(answer, said)
        number = text(said.get("messageId"))
        return Accepted(number) if number else Unknown("an answer we can't read")


def idempotency_key(message: Message, key: str) -> str:
    """Theirs must be a UUID; the same one whenever this message is in a call with this key."""
    return str(uuid5(NAMESPACE_URL, f"{key}/{message.key}"))


def _payload(message: Message, key: str) -> dict[str, object]:
    headers = {name: _ascii(value) for name, value in message.headers.items()}
    payload: dict[str, object] = {
        "sender": {"email": message.sender.email},
        "to": [{"email": message.to}],
        "replyTo": {"email": message.reply_to},
        "subject": message.subject,
        "htmlContent": message.html,
        "textContent": message.text,
        # X-Mailin-custom comes back in their events; it travels, so it holds our key alone.
        "headers": headers
        | {"X-Mailin-custom": message.key, "idempotencyKey": idempotency_key(message, key)},
    }
    if message.sender.name:
        payload["sender"] = {"email": message.sender.email, "name": message.sender.name}
    if message.attachments:
        payload["attachment"] = [_attachment(attachment) for attachment in message.attachments]
    return payload


def _ascii(value: str) -> str:
    """RFC 2047 where it must be: they send what isn't ASCII as bare bytes."""
    return value if value.isascii() else " ".join(Header(value, "utf-8").encode().split())


def _attachment(attachment: Attachment) -> dict[str, str]:
    """They tell its type by its name."""
    return {
        "name": attachment.filename,
        "content": base64.b64encode(attachment.content).decode(),
    }


def _trouble(answer: httpx.Response, said: dict[str, Any]) -> Outcome:
    code = str(said.get("code", ""))
    reason = f"{answer.status_code} {code}: {said.get('message') or text_of(answer)[:200]}"
    if code == SEEN_BEFORE:
        # This very message under this very key: they have it. Its number comes with its events.
        return Accepted("")
    if code in ACCOUNT:
        return AccountPaused(reason, ACCOUNT[code])
    match answer.status_code:
        case status if status in STOPPED:
            return AccountPaused(reason, ACCOUNT_PAUSE)
        case 429:
            return TryLater(reason, retry_after(answer, RESET), too_fast=True)
        case status if status in REFUSED:
            return Rejected(reason)
        case _:
            return Unknown(reason)


def _event(said: dict[str, Any]) -> Event:
    word, number = str(said.get("event", "")), text(said.get("message-id"))
    recipient, epoch = text(said.get("email")), said.get("ts_epoch")
    return Event(
        id=fingerprint(word, number, recipient, epoch, said.get("ts_event")),
        kind=KINDS.get(word, EventKind.OTHER),
        word=word,
        key=text(said.get("X-Mailin-custom")),
        provider_id=number,
        recipient=recipient,
        # In milliseconds, and the only one of their times that is surely UTC.
        at=moment(epoch // 1000) if isinstance(epoch, int) else moment(said.get("ts_event")),
        reason=text(said.get("reason")) or "",
    )


def _received(mail: dict[str, Any]) -> bytes:
    """Without its attachments, which would have to be fetched one by one; a reply is its words.

    https://developers.brevo.com/docs/inbound-parse-webhooks
    """
    headers = header_pairs(mail.get("Headers"))
    named = {name.lower() for name, _ in headers}
    for name, field in (
        ("Subject", "Subject"),
        ("Date", "SentAtDate"),
        ("Message-ID", "MessageId"),
    ):
        if name.lower() not in named and text(mail.get(field)):
            headers.append((name, str(mail[field])))
    for name in ("From", "To"):
        found = mail.get(name) if isinstance(mail.get(name), list) else [mail.get(name)]
        addresses = [str(a) for each in found or [] if (a := mapping(each).get("Address"))]
        if name.lower() not in named and addresses:
            headers.append((name, ", ".join(addresses)))
    return rebuild(headers, text(mail.get("RawTextBody")), text(mail.get("RawHtmlBody")))
