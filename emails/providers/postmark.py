"""How Postmark is spoken to.

https://postmarkapp.com/developer/api/email-api

A batch holds at most 500 messages and is answered message by message, always with HTTP 200. There
is no idempotency key: an answer that never came stays unknown. Their ErrorCode numbers look like
HTTP codes and aren't.
"""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx

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
    Received,
    check_basic,
    fingerprint,
    listed,
    mapping,
    moment,
    objects,
    text,
)
from emails.providers.options import Options, WebAddress
from emails.providers.rebuilt import File, rebuild
from emails.providers.transport import (
    Transport,
    json_of,
    key_trouble,
    retry_after,
    text_of,
)

ACCOUNT_PAUSE = timedelta(minutes=15)

# https://postmarkapp.com/developer/api/overview#error-codes
MAINTENANCE = 100
ACCOUNT = {10, 400, 401, 405, 412, 413}
# 404 and 405: our base_url is wrong.
STOPPED = (401, 403, 404, 405)
REFUSED = (413, 422)

# Delivery, Bounce, SpamComplaint and SubscriptionChange are theirs; a Bounce's Type tells which.
# https://postmarkapp.com/developer/api/bounce-api#bounce-types
KINDS = {"Delivery": EventKind.DELIVERED, "SpamComplaint": EventKind.COMPLAINT}
BOUNCES = {
    "HardBounce": EventKind.HARD_BOUNCE,
    "SoftBounce": EventKind.SOFT_BOUNCE,
    "Transient": EventKind.DEFERRED,
    "DnsError": EventKind.DEFERRED,
    "SpamNotification": EventKind.COMPLAINT,
    "SpamComplaint": EventKind.COMPLAINT,
    "BadEmailAddress": EventKind.REJECTED,
    "Blocked": EventKind.REJECTED,
    "DMARCPolicy": EventKind.REJECTED,
    "ManuallyDeactivated": EventKind.REJECTED,
    "SMTPApiError": EventKind.REJECTED,
    "TemplateRenderingFailed": EventKind.REJECTED,
}


class PostmarkOptions(Options):
    base_url: WebAddress = "https://api.postmarkapp.com"
    stream: str = "outbound"


class PostmarkProvider:
    name = "postmark"
    max_batch = 500
    calls_per_second = 0.0
    dedupe_window = timedelta(0)
    attachments_in_batch = True

    def __init__(self, options: PostmarkOptions) -> None:
        self._options = options
        login = {"X-Postmark-Server-Token": options.secret("api_key")}
        self._http = Transport(options.base_url, login, options.timeout)

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        del key  # Postmark knows none.
        answer = self._http.post("/email/batch", [self._payload(message) for message in batch])
        if not isinstance(answer, httpx.Response):
            return [answer] * len(batch)
        if answer.status_code in REFUSED and len(batch) > 1:
            # For the sake of one message; which one, only a call for each will tell.
            return [Alone(f"{answer.status_code}: {text_of(answer)[:200]}")] * len(batch)
        if not answer.is_success:
            return [_trouble(answer)] * len(batch)
        body = json_of(answer)
        if not isinstance(body, list) or len(body) != len(batch):
            return [Unknown("an answer we can't read")] * len(batch)
        return [_judge(item) for item in body]

    def close(self) -> None:
        self._http.close()

    def probe(self) -> list[str]:
        answer = self._http.get("/server")
        return key_trouble(answer, "Postmark", "LETTERCOURSE_EMAILS__POSTMARK__API_KEY")

    def verify(self, hook: Hook, now: datetime) -> str:
        """They sign nothing; the address they call holds a password."""
        del now
        check_basic(hook, self._options.secret("webhook_secret"))
        return hook.digest

    def read_events(self, hook: Hook) -> list[Event]:
        return [_event(said) for said in objects(hook.json())]

    def read_inbound(self, hook: Hook) -> list[Received]:
        return [_received(said) for said in objects(hook.json())]

    def fetch(self, reference: str) -> bytes | None:
        del reference  # Theirs come whole.
        return None

    def _payload(self, message: Message) -> dict[str, object]:
        # Without X-PM-KeepID they would replace our Message-ID, and replies lose their thread.
        headers = {**message.headers, "X-PM-KeepID": "true"}
        return {
            "From": str(message.sender),
            "To": message.to,
            "ReplyTo": message.reply_to,
            "Subject": message.subject,
            "HtmlBody": message.html,
            "TextBody": message.text,
            "MessageStream": self._options.stream,
            "Headers": [{"Name": name, "Value": value} for name, value in headers.items()],
            "Metadata": {"key": message.key},
            "TrackOpens": False,
            "TrackLinks": "None",
            "Attachments": [_attachment(attachment) for attachment in message.attachments],
        }


def _attachment(attachment: Attachment) -> dict[str, str]:
    return {
        "Name": attachment.filename,
        "Content": base64.b64encode(attachment.content).decode(),
        "ContentType": attachment.content_type,
    }


def _judge(item: Any) -> Outcome:
    if not isinstance(item, dict) or not isinstance(item.get("ErrorCode"), int):
        return Unknown("an answer we can't read")
    code, reason = item["ErrorCode"], f"{item['ErrorCode']}: {item.get('Message', '')}"
    if code == 0:
        return Accepted(str(item.get("MessageID", "")))
    if code == MAINTENANCE:
        return TryLater(reason)
    if code in ACCOUNT:
        return AccountPaused(reason, ACCOUNT_PAUSE)
    return Rejected(reason)


def _trouble(answer: httpx.Response) -> Outcome:
    body = json_of(answer)
    reason = f"HTTP {answer.status_code}: {text_of(answer)[:200]}"
    match answer.status_code:
        case status if status in STOPPED:
            return AccountPaused(reason, ACCOUNT_PAUSE)
        case 429:
            return TryLater(reason, retry_after(answer), too_fast=True)
        case 503 if isinstance(body, dict) and body.get("ErrorCode") == MAINTENANCE:
            return TryLater(reason, retry_after(answer))
        case status if status in REFUSED:
            return _judge(body) if isinstance(body, dict) else Rejected(reason)
        case _:
            # A 503 that isn't in Postmark's own words may come from something in between.
            return Unknown(reason)


def _event(said: dict[str, Any]) -> Event:
    record, message = str(said.get("RecordType", "")), text(said.get("MessageID"))
    recipient = text(said.get("Recipient")) or text(said.get("Email"))
    at = said.get("DeliveredAt") or said.get("BouncedAt") or said.get("ChangedAt")
    return Event(
        id=text(said.get("ID")) or fingerprint(record, message, recipient, at),
        kind=_kind(record, said),
        word=f"{record} {said.get('Type', '')}".strip(),
        key=text(mapping(said.get("Metadata")).get("key")),
        provider_id=message,
        recipient=recipient,
        at=moment(at),
        reason=text(said.get("Details")) or text(said.get("Description")) or "",
    )


def _kind(record: str, said: dict[str, Any]) -> EventKind:
    match record:
        case "Bounce":
            return BOUNCES.get(str(said.get("Type", "")), EventKind.OTHER)
        case "SubscriptionChange":
            # Of the reasons only this one is a person's; a bounce or complaint has its own record.
            by_hand = said.get("SuppressionReason") == "ManualSuppression"
            left = by_hand and said.get("Origin") == "Recipient" and said.get("SuppressSending")
            return EventKind.UNSUBSCRIBED if left else EventKind.OTHER
        case _:
            return KINDS.get(record, EventKind.OTHER)


def _received(said: dict[str, Any]) -> bytes:
    """Their own RawEmail where the server is set to include it; else put together again."""
    raw = text(said.get("RawEmail"))
    if raw:
        return raw.encode("utf-8", "replace")
    headers = [
        (str(header.get("Name", "")), str(header.get("Value", "")))
        for header in map(mapping, listed(said.get("Headers")))
    ]
    named = {name.lower() for name, _ in headers}
    for name in ("From", "To", "Cc", "Subject", "Date", "MessageID"):
        known = "message-id" if name == "MessageID" else name.lower()
        if known not in named and text(said.get(name)):
            headers.append((known.title(), str(said[name])))
    if text(said.get("OriginalRecipient")):
        headers.append(("Delivered-To", str(said["OriginalRecipient"])))
    files = [
        File(str(part.get("Name", "")), str(part.get("ContentType", "")), part.get("Content"))
        for part in map(mapping, listed(said.get("Attachments")))
    ]
    return rebuild(headers, text(said.get("TextBody")), text(said.get("HtmlBody")), files)
