"""How MailerSend is spoken to.

https://developers.mailersend.com/api/v1/email.html

Their batch is judged later, when nobody waits any more, so each message takes a call of its own.
There is no idempotency key. An accepted message is answered with HTTP 202 and no body; its number
is in a header, and the one that goes to nobody has warnings instead.

Our own headers may travel with the Professional and Enterprise plans alone; with the others they
set their own List-Unsubscribe and tell us by an event who used it. Message-ID is always theirs:
replies find their letter by the signed address they go to.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from pydantic import SecretStr

from emails.errors import HookRefused, HookTried, HookUnreadable
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
    check_either_hmac,
    check_hmac,
    fingerprint,
    mapping,
    moment,
    objects,
    text,
)
from emails.providers.options import Options, WebAddress
from emails.providers.transport import (
    Transport,
    each_alone,
    json_of,
    key_trouble,
    retry_after,
    text_of,
)

QUOTA_PAUSE = timedelta(hours=1)
# However late they say that it ends, it is tried again by then.
LONGEST_PAUSE = timedelta(days=1)
ACCOUNT_PAUSE = timedelta(minutes=15)

# https://developers.mailersend.com/general.html#validation-errors
CODE = re.compile(r"#?(MS\d{5})")
QUOTA = {"MS42204", "MS42222", "MS42225", "MS42901"}
# The domain isn't verified.
UNVERIFIED = {"MS42207"}
# What is said of these is so for every message: our address, and what our plan doesn't hold.
OURS = ("from", "headers", "list_unsubscribe")

# https://developers.mailersend.com/general.html#http-status-codes
STOPPED = (401, 402, 403, 404, 405)
REFUSED = (400, 413, 422)
MAINTENANCE = 421

# https://developers.mailersend.com/api/v1/webhooks.html#available-events
KINDS = {
    "activity.sent": EventKind.ACCEPTED,
    "activity.delivered": EventKind.DELIVERED,
    "activity.deferred": EventKind.DEFERRED,
    "activity.soft_bounced": EventKind.SOFT_BOUNCE,
    "activity.hard_bounced": EventKind.HARD_BOUNCE,
    "activity.spam_complaint": EventKind.COMPLAINT,
    "activity.spam_complaints": EventKind.COMPLAINT,
    "activity.unsubscribed": EventKind.UNSUBSCRIBED,
    "activity.suppressed": EventKind.REJECTED,
    "recipient.on_hold_added": EventKind.REJECTED,
}
RECEIVED = "inbound.message"
# Sent when a webhook is saved, which fails unless it is answered. Its secret is shown only
# afterwards, so this is signed with one that their pages show to everybody.
# https://developers.mailersend.com/api/v1/webhooks.html
PING = "webhook.test"
SIGNS_PINGS = "test_Am3L1GuOIc4blLUuHqAPxxwkZaJyEk8G"
REASONS = ("bounce_reason", "reject_reason", "suppression_reason", "unsubscribe_reason")


class MailerSendOptions(Options):
    base_url: WebAddress = "https://api.mailersend.com"
    # An inbound route signs with a secret of its own.
    inbound_secret: SecretStr | None = None
    # With a plan that lets our headers travel.
    custom_headers: bool = False


class MailerSendProvider:
    name = "mailersend"
    # A call each; and with one call a turn, our pace is theirs: 120 a minute.
    # https://developers.mailersend.com/general.html#rate-limits
    max_batch = 1
    calls_per_second = 2.0
    dedupe_window = timedelta(0)
    attachments_in_batch = True

    def __init__(self, options: MailerSendOptions) -> None:
        self._options = options
        login = {"Authorization": f"Bearer {options.secret('api_key')}"}
        self._http = Transport(options.base_url, login, options.timeout)

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        del key  # MailerSend knows none.
        return each_alone(batch, lambda _, each: self._send_one(each))

    def close(self) -> None:
        self._http.close()

    def probe(self) -> list[str]:
        answer = self._http.get("/v1/api-quota")
        return key_trouble(answer, "MailerSend", "LETTERCOURSE_EMAILS__MAILERSEND__API_KEY")

    def verify(self, hook: Hook, now: datetime) -> str:
        # https://developers.mailersend.com/api/v1/webhooks.html#security
        del now  # Their calls aren't dated.
        secret, given = self._options.secret, hook.headers.get("signature", "")
        if _is_ping(hook, given):
            raise HookTried
        check_either_hmac(secret("webhook_secret"), secret("inbound_secret"), hook.body, given)
        return hook.digest

    def read_events(self, hook: Hook) -> list[Event]:
        calls = objects(hook.json())
        return [_event(said) for said in calls if said.get("type") not in (RECEIVED, PING)]

    def read_inbound(self, hook: Hook) -> list[Received]:
        calls = objects(hook.json())
        raw = [text(mapping(c.get("data")).get("raw")) for c in calls if c.get("type") == RECEIVED]
        return [mail.encode("utf-8", "replace") for mail in raw if mail]

    def fetch(self, reference: str) -> bytes | None:
        del reference  # Theirs come whole.
        return None

    def _send_one(self, message: Message) -> Outcome:
        answer = self._http.post("/v1/email", self._payload(message))
        if not isinstance(answer, httpx.Response):
            return answer
        said = mapping(json_of(answer))
        if answer.status_code == httpx.codes.ACCEPTED:
            return _judge(answer, said)
        return _trouble(answer, said)

    def _payload(self, message: Message) -> dict[str, object]:
        payload: dict[str, object] = {
            "from": {"email": message.sender.email},
            "to": [{"email": message.to}],
            "reply_to": {"email": message.reply_to},
            "subject": message.subject,
            "html": message.html,
            "text": message.text,
            # Tags come back in their events.
            "tags": [message.key],
            "settings": {"track_clicks": False, "track_opens": False, "track_content": False},
        }
        if message.sender.name:
            payload["from"] = {"email": message.sender.email, "name": message.sender.name}
        if message.attachments:
            payload["attachments"] = [_attachment(each) for each in message.attachments]
        headers = {name.lower(): value for name, value in message.headers.items()}
        if "in-reply-to" in headers:
            payload["in_reply_to"] = headers["in-reply-to"]
        return payload | (_own_headers(message.headers) if self._options.custom_headers else {})


def _own_headers(headers: Mapping[str, str]) -> dict[str, object]:
    """List-Unsubscribe has a field of its own for one address; they add the one-click header.

    https://www.mailersend.com/help/custom-headers
    """
    found: dict[str, object] = {
        "headers": [
            {"name": name, "value": value}
            for name, value in headers.items()
            if name.lower() not in {"message-id", "in-reply-to"}
            and not name.lower().startswith("list-unsubscribe")
        ]
    }
    leave = re.search(r"<(https?://[^>]+)>", headers.get("List-Unsubscribe", ""))
    return found | ({"list_unsubscribe": leave[1]} if leave else {})


def _attachment(attachment: Attachment) -> dict[str, str]:
    """They tell its type by its name."""
    return {
        "filename": attachment.filename,
        "content": base64.b64encode(attachment.content).decode(),
        "disposition": "attachment",
    }


def _judge(answer: httpx.Response, said: dict[str, Any]) -> Outcome:
    """A message has one recipient, so that a warning of some suppressed ones is of all."""
    for warning in _list(said.get("warnings")):
        if str(mapping(warning).get("type")).endswith("SUPPRESSED"):
            people = map(mapping, _list(mapping(warning).get("recipients")))
            why = [str(reason) for person in people for reason in _list(person.get("reasons"))]
            return Rejected(f"on their suppression list: {', '.join(why)}")
    number = answer.headers.get("x-message-id", "")
    return Accepted(number) if number else Unknown("an answer we can't read")


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _trouble(answer: httpx.Response, said: dict[str, Any]) -> Outcome:
    reason = f"{answer.status_code}: {text_of(answer)[:300]}"
    codes = set(CODE.findall(text_of(answer)))
    if codes & QUOTA:
        renewed = _until(answer, "x-apiquota-reset") or QUOTA_PAUSE
        return AccountPaused(reason, min(renewed, LONGEST_PAUSE))
    if codes & UNVERIFIED or any(field.startswith(OURS) for field in mapping(said.get("errors"))):
        return AccountPaused(reason, ACCOUNT_PAUSE)
    match answer.status_code:
        case status if status in STOPPED:
            return AccountPaused(reason, ACCOUNT_PAUSE)
        case 429:
            wait = retry_after(answer)
            if wait is None:
                wait = _until(answer, "x-ratelimit-reset")
            return TryLater(reason, wait, too_fast=True)
        case status if status == MAINTENANCE and said:
            return TryLater(reason, retry_after(answer))
        case status if status in REFUSED:
            return Rejected(reason)
        case _:
            return Unknown(reason)


def _until(answer: httpx.Response, name: str) -> timedelta | None:
    """The moment a header names, counted from the date of the answer itself."""
    at = moment(answer.headers.get(name, ""))
    try:
        answered = parsedate_to_datetime(answer.headers.get("date", ""))
        return max(at - answered, timedelta(0)) if at else None
    except (TypeError, ValueError):
        return None


def _is_ping(hook: Hook, given: str) -> bool:
    with suppress(HookRefused, HookUnreadable):
        check_hmac(SIGNS_PINGS, hook.body, given)
        return mapping(hook.json()).get("type") == PING
    return False


def _event(said: dict[str, Any]) -> Event:
    """Flat in webhooks of version 2; in those of version 1 it is all about `data.email`."""
    word, data = str(said.get("type", "")), mapping(said.get("data"))
    email, meta = mapping(data.get("email")), mapping(data.get("meta"))
    tags = _list(data.get("tags")) or _list(email.get("tags"))
    at = said.get("created_at")
    return Event(
        id=text(data.get("id")) or fingerprint(said),
        kind=KINDS.get(word, EventKind.OTHER),
        word=word,
        key=text(tags[0]) if tags else None,
        provider_id=text(data.get("message_id")) or text(mapping(email.get("message")).get("id")),
        recipient=text(data.get("recipient")) or text(mapping(email.get("recipient")).get("email")),
        at=moment(at),
        reason=next((str(meta[name]) for name in REASONS if meta.get(name)), "")
        or text(mapping(data.get("morph")).get("reason"))
        or "",
    )
