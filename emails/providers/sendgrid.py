"""How SendGrid is spoken to.

https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send

Their batch is one letter for many readers; ours differ, so each takes a call of its own. There is
no idempotency key. An accepted call is answered with 202 and nothing but a header.
"""

import base64
import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pydantic import SecretStr

from emails.errors import HookRefused, HookUnreadable
from emails.message import Attachment, Message
from emails.providers.base import Accepted, AccountPaused, Outcome, Rejected, TryLater, Unknown
from emails.providers.forms import Form, read_form
from emails.providers.hooks import (
    Event,
    EventKind,
    Hook,
    Received,
    check_fresh,
    fingerprint,
    listed,
    mapping,
    moment,
    objects,
    require_secret,
    text,
)
from emails.providers.options import Options, WebAddress
from emails.providers.rebuilt import addressed, rebuild
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

# They call for a day until we answer, and don't say whether a repeat is signed anew. An old call
# does no harm: the same body twice is one.
# https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
RETRIED_FOR = timedelta(hours=25)

# https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/responses
REFUSED = (400, 413)
# 404 and its kin tell of a base_url that isn't theirs.
ACCOUNT = (401, 403, 404, 405)

# What comes back in their events, at the top among their own names.
# https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event#unique-arguments-and-custom-arguments
OUR_KEY = "lettercourse_key"

# https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
KINDS = {
    "processed": EventKind.ACCEPTED,
    "delivered": EventKind.DELIVERED,
    "deferred": EventKind.DEFERRED,
    "spamreport": EventKind.COMPLAINT,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "group_unsubscribe": EventKind.UNSUBSCRIBED,
    "dropped": EventKind.REJECTED,
}

# All their ways to watch a reader, which an account may have switched on.
# https://www.twilio.com/docs/sendgrid/ui/account-and-settings/tracking
UNWATCHED = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
    "ganalytics": {"enable": False},
}


class SendGridOptions(Options):
    base_url: WebAddress = "https://api.sendgrid.com"
    # Received mail is signed under a policy with a key of its own.
    inbound_secret: SecretStr | None = None


class SendGridProvider:
    name = "sendgrid"
    # So many that even slow calls for one each end while the batch is still ours.
    max_batch = 64
    calls_per_second = 0.0
    dedupe_window = timedelta(0)
    attachments_in_batch = True

    def __init__(self, options: SendGridOptions) -> None:
        self._options = options
        login = {"Authorization": f"Bearer {options.secret('api_key')}"}
        self._http = Transport(options.base_url, login, options.timeout)

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        del key  # SendGrid knows none.
        return each_alone(batch, lambda _, message: self._send_one(message), FLIGHTS)

    def close(self) -> None:
        self._http.close()

    def probe(self) -> list[str]:
        answer = self._http.get("/v3/scopes")
        return key_trouble(answer, "SendGrid", "LETTERCOURSE_EMAILS__SENDGRID__API_KEY")

    def verify(self, hook: Hook, now: datetime) -> str:
        # https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
        signed_at = hook.headers.get("x-twilio-email-event-webhook-timestamp", "")
        check_fresh(signed_at, now, RETRIED_FOR)
        events = require_secret(self._options.secret("webhook_secret"))
        keys = filter(None, (events, self._options.secret("inbound_secret")))
        given = hook.headers.get("x-twilio-email-event-webhook-signature", "")
        if not any(_is_signed(key, given, signed_at.encode() + hook.body) for key in keys):
            raise HookRefused("its signature is wrong")
        return hook.digest

    def read_events(self, hook: Hook) -> list[Event]:
        return [_event(said) for said in objects(hook.json())]

    def read_inbound(self, hook: Hook) -> list[Received]:
        form = read_form(hook)
        raw = form.values.get("email")
        if raw:
            return [addressed(raw, _recipients(form))]
        if not form.values.get("headers"):
            raise HookUnreadable("it holds neither an email nor the headers of one")
        return [_rebuilt(form)]

    def fetch(self, reference: str) -> bytes | None:
        del reference  # Theirs come whole.
        return None

    def _send_one(self, message: Message) -> Outcome:
        answer = self._http.post("/v3/mail/send", _payload(message))
        if not isinstance(answer, httpx.Response):
            return answer
        if answer.status_code == httpx.codes.ACCEPTED:
            return Accepted(answer.headers.get("x-message-id"))
        return _trouble(answer)


def _payload(message: Message) -> dict[str, object]:
    sender = {"email": message.sender.email}
    if message.sender.name:
        sender["name"] = message.sender.name
    payload: dict[str, object] = {
        "personalizations": [
            {"to": [{"email": message.to}], "custom_args": {OUR_KEY: message.key}}
        ],
        "from": sender,
        "reply_to": {"email": message.reply_to},
        "subject": message.subject,
        "content": [
            {"type": "text/plain", "value": message.text},
            {"type": "text/html", "value": message.html},
        ],
        "headers": dict(message.headers),
        "tracking_settings": UNWATCHED,
    }
    if message.attachments:
        payload["attachments"] = [_attachment(attachment) for attachment in message.attachments]
    return payload


def _attachment(attachment: Attachment) -> dict[str, str]:
    return {
        "filename": attachment.filename,
        "content": base64.b64encode(attachment.content).decode(),
        # "The attachment type cannot contain ';'"; a calendar file names its method inside as well.
        # https://github.com/sendgrid/sendgrid-php/issues/250
        "type": attachment.content_type.partition(";")[0].strip(),
        "disposition": "attachment",
    }


def _trouble(answer: httpx.Response) -> Outcome:
    reason = f"HTTP {answer.status_code}: {_words(answer)}"
    match answer.status_code:
        case 429:
            return TryLater(reason, retry_after(answer), too_fast=True)
        case status if status in ACCOUNT:
            return AccountPaused(reason, ACCOUNT_PAUSE)
        case status if status in REFUSED:
            return Rejected(reason)
        case _:
            return Unknown(reason)


def _words(answer: httpx.Response) -> str:
    """Their errors one after the other: {"errors": [{"message", "field", "help"}]}."""
    errors = map(mapping, listed(mapping(json_of(answer)).get("errors")))
    said = (f"{each.get('field') or ''} {each.get('message')}".strip() for each in errors)
    return ("; ".join(said) or text_of(answer))[:200]


def _is_signed(key: str, given: str, message: bytes) -> bool:
    try:
        public = load_der_public_key(base64.b64decode(key, validate=True))
        signature = base64.b64decode(given, validate=True)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise HookRefused("its signature, or our key for it, can't be read") from error
    if not isinstance(public, EllipticCurvePublicKey):
        raise HookRefused("our key isn't one of SendGrid's verification keys")
    try:
        public.verify(signature, message, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _event(said: dict[str, Any]) -> Event:
    word, kind = str(said.get("event", "")), text(said.get("type"))
    message = text(said.get("sg_message_id"))
    return Event(
        id=text(said.get("sg_event_id")) or fingerprint(said),
        kind=_kind(word, kind),
        word=f"{word} {kind}" if word == "bounce" and kind else word,
        key=text(said.get(OUR_KEY)),
        # Theirs goes on with the machine that took it, after what we were told.
        provider_id=re.split(r"\.(?:filter|recv)", message)[0] if message else None,
        recipient=text(said.get("email")),
        at=moment(said.get("timestamp")),
        reason=text(said.get("reason")) or text(said.get("response")) or "",
    )


def _kind(word: str, kind: str | None) -> EventKind:
    if word == "bounce":
        # "blocked": refused this time, for what was in it or for who sent it.
        return EventKind.SOFT_BOUNCE if kind == "blocked" else EventKind.HARD_BOUNCE
    return KINDS.get(word, EventKind.OTHER)


def _recipients(form: Form) -> list[str]:
    return [str(each) for each in listed(_object(form, "envelope").get("to"))]


def _object(form: Form, name: str) -> dict[str, Any]:
    """A field that holds JSON."""
    try:
        return mapping(json.loads(form.text(name) or "{}"))
    except (ValueError, RecursionError):
        return {}


def _rebuilt(form: Form) -> bytes:
    """Put together again from fields, each in the character set that `charsets` names.

    https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook
    """
    charsets = _object(form, "charsets")
    plain, html = (form.text(name, str(charsets.get(name, "utf-8"))) for name in ("text", "html"))
    unfolded = re.sub(r"\r?\n[ \t]+", " ", form.text("headers") or "")
    pairs = (line.partition(":") for line in unfolded.splitlines())
    headers = [(name.strip(), value.strip()) for name, _, value in pairs]
    headers += [("Delivered-To", each) for each in _recipients(form)]
    return rebuild(headers, plain, html, form.files)
