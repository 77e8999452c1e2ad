"""How Resend is spoken to.

https://resend.com/docs/api-reference/emails/send-batch-emails

A batch holds at most 100 messages and no attachments; those travel alone. Both calls know an
Idempotency-Key for 24 hours. In permissive mode a batch is judged message by message: `data` holds
the ids of the accepted ones in order, `errors` the index of each refused one.
"""

import base64
from collections.abc import Sequence
from datetime import timedelta

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
REFUSED = (400, 404, 405, 413, 422)


class ResendProvider:
    name = "resend"
    max_batch = 100
    # Resend remembers a key for 24 hours. A call takes a while to get there, and a machine's clock
    # may have been set back since the first one: whoever asks at the last minute sends twice.
    dedupe_window = timedelta(hours=23)
    attachments_in_batch = False

    def __init__(self, api_key: str, base_url: str, timeout: httpx.Timeout = TIMEOUT) -> None:
        self._http = Transport(base_url, {"Authorization": f"Bearer {api_key}"}, timeout)

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
            # Refused as a whole because of one message, so nothing was taken: each is tried alone,
            # under keys of its own that a repeat of this call would use again.
            return list(one_by_one(batch, lambda n, each: self._send_one(each, f"{key}-{n}")))
        if not answer.is_success:
            return [_trouble(answer)] * len(batch)
        return _judge(answer, len(batch))

    def close(self) -> None:
        self._http.close()

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
    name, message = "", answer.text[:200]
    if isinstance(body, dict):
        name, message = str(body.get("name", "")), str(body.get("message", ""))
    reason = f"{answer.status_code} {name}: {message}".strip()
    if name in ACCOUNT:
        return AccountPaused(reason, ACCOUNT[name])
    match answer.status_code:
        case 401 | 403 | 451:
            return AccountPaused(reason, ACCOUNT_PAUSE)
        case 429:
            return TryLater(reason, retry_after(answer), too_fast=True)
        case status if status in REFUSED:
            return Rejected(reason)
        case _:
            # 5xx, and 409 for a request of ours still under way: the key will tell.
            return Unknown(reason)
