"""How Postmark is spoken to.

https://postmarkapp.com/developer/api/email-api

A batch holds at most 500 messages and is answered message by message, always with HTTP 200. There
is no idempotency key: an answer that never came stays unknown. Their ErrorCode numbers look like
HTTP codes and aren't.
"""

import base64
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

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
from emails.providers.transport import TIMEOUT, Transport, json_of, one_by_one, retry_after

ACCOUNT_PAUSE = timedelta(minutes=15)

# https://postmarkapp.com/developer/api/overview#error-codes
MAINTENANCE = 100
ACCOUNT = {10, 400, 401, 405, 412, 413}
REFUSED = (413, 422)


class PostmarkProvider:
    name = "postmark"
    max_batch = 500
    dedupe_window = timedelta(0)
    attachments_in_batch = True

    def __init__(
        self, api_key: str, base_url: str, stream: str, timeout: httpx.Timeout = TIMEOUT
    ) -> None:
        self._http = Transport(base_url, {"X-Postmark-Server-Token": api_key}, timeout)
        self._stream = stream

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        del key  # Postmark knows none.
        answer = self._http.post("/email/batch", [self._payload(message) for message in batch])
        if not isinstance(answer, httpx.Response):
            return [answer] * len(batch)
        if answer.status_code in REFUSED and len(batch) > 1:
            # Refused before anything was taken; alone, each gets a verdict of its own.
            return list(one_by_one(batch, lambda _, message: self.send([message], "")[0]))
        if not answer.is_success:
            return [_trouble(answer)] * len(batch)
        body = json_of(answer)
        if not isinstance(body, list) or len(body) != len(batch):
            return [Unknown("an answer we can't read")] * len(batch)
        return [_judge(item) for item in body]

    def close(self) -> None:
        self._http.close()

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
            "MessageStream": self._stream,
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
    reason = f"HTTP {answer.status_code}: {answer.text[:200]}"
    match answer.status_code:
        case 401 | 403:
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
