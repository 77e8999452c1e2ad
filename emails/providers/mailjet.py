"""How Mailjet is spoken to: its Send API 3.1.

https://dev.mailjet.com/email/guides/send-api-v31/

A batch holds at most 50 messages and is judged message by message, also where the answer as a whole
is an HTTP 4xx: some of it was sent nevertheless. Without `Messages` in it, nothing was. There is no
idempotency key. Message-ID and List-Id are theirs to set: ours are left out, and replies find their
letter by the signed address they go to.
"""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import Message as Headers
from typing import Any, ClassVar

import httpx
from pydantic import SecretStr

from emails.message import Attachment, Message
from emails.parsing import PARSER_MISTAKES
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
    mapping,
    moment,
    objects,
    text,
)
from emails.providers.options import Options, WebAddress
from emails.providers.rebuilt import File, header_pairs, rebuild
from emails.providers.transport import (
    Transport,
    json_of,
    key_trouble,
    retry_after,
    text_of,
)

ACCOUNT_PAUSE = timedelta(minutes=15)

# Of those we use; with one of them the message is refused (send-0011).
# https://dev.mailjet.com/email/guides/send-api-v31/#add-email-headers
FORBIDDEN = {"message-id", "list-id"}

# What an error's StatusCode means, of one message or of them all: 401 is a wrong or suspended key
# (mj-0015, mj-0001), 403 a sender who isn't validated (send-0006 to send-0008), 404 and 405
# a wrong base_url of ours.
# https://dev.mailjet.com/email/guides/send-api-v31/#send-api-errors
STOPPED = (401, 403, 404, 405)
REFUSED = (400, 413, 422)

# https://dev.mailjet.com/email/guides/webhooks/
KINDS = {
    "sent": EventKind.DELIVERED,  # Taken by the recipient's server, they mean.
    "spam": EventKind.COMPLAINT,
    "unsub": EventKind.UNSUBSCRIBED,
    "blocked": EventKind.REJECTED,
}
BOUNCED = "bounce"
GREYLISTED = "greylisted"


class MailjetOptions(Options):
    REQUIRED: ClassVar[tuple[str, ...]] = ("api_key", "secret_key")

    base_url: WebAddress = "https://api.mailjet.com"
    secret_key: SecretStr | None = None


class MailjetProvider:
    name = "mailjet"
    max_batch = 50
    calls_per_second = 0.0
    dedupe_window = timedelta(0)
    attachments_in_batch = True

    def __init__(self, options: MailjetOptions) -> None:
        self._options = options
        pair = f"{options.secret('api_key')}:{options.secret('secret_key')}"
        login = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        self._http = Transport(options.base_url, login, options.timeout)

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        del key  # Mailjet knows none.
        answer = self._http.post("/v3.1/send", {"Messages": [_payload(each) for each in batch]})
        if not isinstance(answer, httpx.Response):
            return [answer] * len(batch)
        said = mapping(json_of(answer))
        if "Messages" in said:
            return _judge(answer, said["Messages"], len(batch))
        if answer.status_code in REFUSED and len(batch) > 1:
            # For the sake of one message; which one, only a call for each will tell.
            return [Alone(f"{answer.status_code}: {text_of(answer)[:200]}")] * len(batch)
        reason = f"{answer.status_code} {said.get('ErrorCode', '')}: {text_of(answer)[:200]}"
        return [_meaning(answer.status_code, reason, answer)] * len(batch)

    def close(self) -> None:
        self._http.close()

    def probe(self) -> list[str]:
        answer = self._http.get("/v3/REST/sender?Limit=1")
        return key_trouble(
            answer,
            "Mailjet",
            "LETTERCOURSE_EMAILS__MAILJET__API_KEY and ..._SECRET_KEY",
        )

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


def _payload(message: Message) -> dict[str, object]:
    sender = {"Email": message.sender.email}
    if message.sender.name:
        sender["Name"] = message.sender.name
    payload: dict[str, object] = {
        "From": sender,
        "To": [{"Email": message.to}],
        "ReplyTo": {"Email": message.reply_to},
        "Subject": message.subject,
        "HTMLPart": message.html,
        "TextPart": message.text,
        "Headers": {n: v for n, v in message.headers.items() if n.lower() not in FORBIDDEN},
        "CustomID": message.key,
        "TrackOpens": "disabled",
        "TrackClicks": "disabled",
    }
    if message.attachments:
        payload["Attachments"] = [_attachment(attachment) for attachment in message.attachments]
    return payload


def _attachment(attachment: Attachment) -> dict[str, str]:
    return {
        "Filename": attachment.filename,
        "ContentType": attachment.content_type,
        "Base64Content": base64.b64encode(attachment.content).decode(),
    }


def _judge(answer: httpx.Response, results: object, size: int) -> list[Outcome]:
    if not isinstance(results, list) or len(results) != size:
        return [Unknown("an answer that doesn't add up")] * size
    return [_judge_one(answer, mapping(result)) for result in results]


def _judge_one(answer: httpx.Response, result: dict[str, Any]) -> Outcome:
    match result:
        case {"Status": "success", "To": [{"MessageID": int() | str() as number}]}:
            return Accepted(str(number))
        case {"Status": "error", "Errors": [{"StatusCode": int()}, *_] as errors}:
            told = [mapping(error) for error in errors]
            words = "; ".join(f"{e.get('ErrorCode')}: {e.get('ErrorMessage')}" for e in told)
            codes = [code for e in told if isinstance(code := e.get("StatusCode"), int)]
            # What concerns the account outweighs what concerns the message.
            return _meaning(max(codes), words, answer)
        case _:
            return Unknown("an answer we can't read")


def _meaning(status: int, reason: str, answer: httpx.Response) -> Outcome:
    match status:
        case status if status in STOPPED:
            return AccountPaused(reason, ACCOUNT_PAUSE)
        case 429:
            return TryLater(reason, retry_after(answer), too_fast=True)
        case status if status in REFUSED:
            return Rejected(reason)
        case _:
            return Unknown(reason)


def _event(said: dict[str, Any]) -> Event:
    word, number = str(said.get("event", "")), text(said.get("MessageID"))
    recipient, at = text(said.get("email")), said.get("time")
    return Event(
        id=fingerprint(word, number, said.get("Message_GUID"), recipient, at),
        kind=_kind(word, said),
        word=word,
        key=text(said.get("CustomID")),
        provider_id=number,
        recipient=recipient,
        at=moment(at),
        reason=text(said.get("comment")) or text(said.get("error")) or "",
    )


def _kind(word: str, said: dict[str, Any]) -> EventKind:
    if word != BOUNCED:
        return KINDS.get(word, EventKind.OTHER)
    if said.get("hard_bounce") is True:
        return EventKind.HARD_BOUNCE
    return EventKind.DEFERRED if said.get("error") == GREYLISTED else EventKind.SOFT_BOUNCE


def _received(said: dict[str, Any]) -> bytes:
    # https://dev.mailjet.com/email/guides/parse-api/
    headers = header_pairs(said.get("Headers"))
    named = {name.lower() for name, _ in headers}
    for name in ("From", "Subject", "Date"):
        if name.lower() not in named and text(said.get(name)):
            headers.append((name, str(said[name])))
    if text(said.get("Recipient")):
        headers.append(("Delivered-To", str(said["Recipient"])))
    files = [
        _file(part, said[reference])
        for part in objects(said.get("Parts") or [])
        if "Attachment" in (reference := str(part.get("ContentRef"))) and reference in said
    ]
    return rebuild(headers, text(said.get("Text-part")), text(said.get("Html-part")), files)


def _file(part: dict[str, Any], content: object) -> File:
    """Its name and type stand in the headers it had in the email."""
    headers = Headers()
    for name, value in header_pairs(part.get("Headers")):
        headers[name] = value
    try:
        return File(headers.get_filename() or "", headers.get_content_type(), content)
    except PARSER_MISTAKES:
        return File("", "", content)
