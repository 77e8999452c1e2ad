"""How SparkPost is spoken to.

https://developers.sparkpost.com/api/transmissions/

One transmission is one template for many recipients, and ours have nothing in common: each message
is a call of its own. An invitation goes as raw MIME, the one way to a calendar among the
alternatives. There is no idempotency key: an answer that never came stays unknown. An
address that they suppress is taken all the same, and an event tells that it wasn't sent to.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx

from emails.errors import HookUnreadable
from emails.message import Address, Attachment, Message, to_mime
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
    check_equal,
    fingerprint,
    mapping,
    moment,
    objects,
    require_secret,
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
QUOTA_PAUSE = timedelta(hours=1)

# Their own status for a limit by the hour, day or month.
# https://developers.sparkpost.com/api/transmissions/#header-sending-limits
OVER_LIMIT = 420
# The sending domain isn't verified, which concerns every message.
# https://developers.sparkpost.com/api/transmissions/#transmissions-post-send-inline-content
UNVERIFIED_DOMAIN = "7001"
# https://developers.sparkpost.com/api/#header-errors
STOPPED = (401, 403, 404, 405)
REFUSED = (400, 413, 422)

# https://support.sparkpost.com/docs/tech-resources/webhook-event-reference
KINDS = {
    "injection": EventKind.ACCEPTED,
    "delivery": EventKind.DELIVERED,
    "delay": EventKind.DEFERRED,
    "policy_rejection": EventKind.REJECTED,
    "generation_failure": EventKind.REJECTED,
    "generation_rejection": EventKind.REJECTED,
    "spam_complaint": EventKind.COMPLAINT,
    "list_unsubscribe": EventKind.UNSUBSCRIBED,
    "link_unsubscribe": EventKind.UNSUBSCRIBED,
}
BOUNCED = ("bounce", "out_of_band")
# What isn't here is soft, as is what they couldn't make out.
# https://support.sparkpost.com/docs/deliverability/bounce-classification-codes
CLASSES = {
    **dict.fromkeys(("10", "30", "90"), EventKind.HARD_BOUNCE),
    # Blocked by the receiver, or by their own policies: nothing is wrong with the address.
    **dict.fromkeys(("25", "50", "51", "52", "53", "54"), EventKind.REJECTED),
    # An automatic reply, a wish to subscribe, a challenge.
    **dict.fromkeys(("60", "80", "100"), EventKind.OTHER),
}
RECEIVED = "relay_message"


class SparkPostOptions(Options):
    base_url: WebAddress = "https://api.sparkpost.com"


class SparkPostProvider:
    name = "sparkpost"
    max_batch = 64
    calls_per_second = 0.0
    dedupe_window = timedelta(0)
    attachments_in_batch = True

    def __init__(self, options: SparkPostOptions, now: Callable[[], datetime]) -> None:
        self._options, self._now = options, now
        login = {"Authorization": options.secret("api_key")}
        self._http = Transport(options.base_url, login, options.timeout)

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        del key  # SparkPost knows none.
        return each_alone(batch, lambda _, each: self._send_one(each), FLIGHTS)

    def close(self) -> None:
        self._http.close()

    def probe(self) -> list[str]:
        answer = self._http.get("/api/v1/account")
        if answer.status_code == httpx.codes.FORBIDDEN:
            return []  # A key that may only send; it is known to them, and all we need.
        return key_trouble(answer, "SparkPost", "LETTERCOURSE_EMAILS__SPARKPOST__API_KEY")

    def verify(self, hook: Hook, now: datetime) -> str:
        """They sign nothing: a password in the address they call, or the token of a relay webhook.

        https://developers.sparkpost.com/api/relay-webhooks/#header-relay-webhook-object
        """
        del now
        token, secret = hook.headers.get("x-messagesystems-webhook-token"), "webhook_secret"
        if token is None:
            check_basic(hook, self._options.secret(secret))
        else:
            check_equal(token, require_secret(self._options.secret(secret)))
        return hook.digest

    def read_events(self, hook: Hook) -> list[Event]:
        return [_event(said) for name, said in _told(hook) if name != RECEIVED]

    def read_inbound(self, hook: Hook) -> list[Received]:
        return [_received(said) for name, said in _told(hook) if name == RECEIVED]

    def fetch(self, reference: str) -> bytes | None:
        del reference  # Theirs come whole.
        return None

    def _send_one(self, message: Message) -> Outcome:
        answer = self._http.post("/api/v1/transmissions", _payload(message, self._now()))
        if not isinstance(answer, httpx.Response):
            return answer
        return _judge(answer) if answer.is_success else _trouble(answer)


def _payload(message: Message, at: datetime) -> dict[str, object]:
    return {
        "options": {
            "open_tracking": False,
            "click_tracking": False,
            # Otherwise they add a List-Unsubscribe of their own.
            "transactional": True,
            # Braces in a letter are the author's words.
            "perform_substitutions": False,
        },
        "recipients": [{"address": {"email": message.to}}],
        # Comes back in their events.
        "metadata": {"key": message.key},
        "content": _raw(message, at) if message.invitation else _content(message),
    }


def _raw(message: Message, at: datetime) -> dict[str, object]:
    # All ASCII: words and files in it are encoded.
    return {"email_rfc822": to_mime(message, at).decode("ascii")}


def _content(message: Message) -> dict[str, object]:
    content: dict[str, object] = {
        "from": _address(message.sender),
        "reply_to": message.reply_to,
        "subject": message.subject,
        "html": message.html,
        "text": message.text,
        "headers": dict(message.headers),
    }
    if message.attachments:
        content["attachments"] = [_attachment(attachment) for attachment in message.attachments]
    return content


def _address(address: Address) -> dict[str, str]:
    return {"email": address.email, **({"name": address.name} if address.name else {})}


def _attachment(attachment: Attachment) -> dict[str, str]:
    return {
        "name": attachment.filename,
        "type": attachment.content_type,
        "data": base64.b64encode(attachment.content).decode(),
    }


def _judge(answer: httpx.Response) -> Outcome:
    """One recipient a call: either it was taken, or it wasn't."""
    body = mapping(json_of(answer))
    results = mapping(body.get("results"))
    number = text(results.get("id"))
    match results.get("total_accepted_recipients"), results.get("total_rejected_recipients"):
        case 1, 0 if number:
            return Accepted(number)
        case 0, 1:
            found = _errors(results.get("rcpt_to_errors")) or _errors(body.get("errors"))
            return Rejected("; ".join(map(_sentence, found)) or "the recipient was rejected")
        case _:
            return Unknown("an answer we can't read")


def _trouble(answer: httpx.Response) -> Outcome:
    errors = _errors(mapping(json_of(answer)).get("errors"))
    told = "; ".join(map(_sentence, errors)) or text_of(answer)[:200]
    reason = f"HTTP {answer.status_code}: {told}"
    if any(error.get("code") == UNVERIFIED_DOMAIN for error in errors):
        return AccountPaused(reason, ACCOUNT_PAUSE)
    match answer.status_code:
        case status if status in STOPPED:
            return AccountPaused(reason, ACCOUNT_PAUSE)
        case status if status == OVER_LIMIT:
            return AccountPaused(reason, QUOTA_PAUSE)
        case 429:
            return TryLater(reason, retry_after(answer), too_fast=True)
        case status if status in REFUSED:
            return Rejected(reason)
        case _:
            return Unknown(reason)


def _errors(told: object) -> list[dict[str, Any]]:
    return [mapping(error) for error in told] if isinstance(told, list) else []


def _sentence(error: dict[str, Any]) -> str:
    parts = (text(error.get(name)) for name in ("code", "message", "description"))
    return " ".join(part for part in parts if part)


def _told(hook: Hook) -> list[tuple[str, dict[str, Any]]]:
    """What is in their envelopes and of which class; one that is empty only tries our address."""
    envelopes = [mapping(each.get("msys")) for each in objects(hook.json())]
    return [(name, mapping(said)) for each in envelopes for name, said in each.items()]


def _event(said: dict[str, Any]) -> Event:
    word, bounce_class = str(said.get("type", "")), str(said.get("bounce_class") or "")
    recipient = text(said.get("raw_rcpt_to")) or text(said.get("rcpt_to"))
    sent, at = text(said.get("transmission_id")), said.get("timestamp")
    return Event(
        id=text(said.get("event_id")) or fingerprint(word, sent, recipient, at),
        kind=_kind(word, bounce_class),
        word=f"{word} {bounce_class}".strip(),
        key=text(mapping(said.get("rcpt_meta")).get("key")),
        provider_id=sent,
        recipient=recipient,
        at=moment(at),
        reason=text(said.get("raw_reason")) or text(said.get("reason")) or "",
    )


def _kind(word: str, bounce_class: str) -> EventKind:
    if word in BOUNCED:
        return CLASSES.get(bounce_class, EventKind.SOFT_BOUNCE)
    return KINDS.get(word, EventKind.OTHER)


def _received(said: dict[str, Any]) -> bytes:
    content = mapping(said.get("content"))
    raw = text(content.get("email_rfc822"))
    if raw is None:
        raise HookUnreadable("it holds no email")
    if not content.get("email_rfc822_is_base64"):
        return raw.encode("utf-8", "replace")
    try:
        return base64.b64decode(raw)
    except (binascii.Error, ValueError) as error:
        raise HookUnreadable("its email isn't base64") from error
