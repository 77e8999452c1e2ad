"""How Mailgun is spoken to.

https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages

Their batch is one letter for many readers; ours differ, so each takes a call of its own: a form,
not JSON. An invitation goes as raw MIME, the one way to a calendar among the alternatives; all else
is for them to put together. There is no idempotency key.

Their webhooks sign a moment and a token, and not what they tell: a proof that was overheard would
cover any words. So each token counts once, for the body it first came with.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx

from emails.errors import HookRefused, HookUnreadable
from emails.message import Message, to_mime
from emails.providers.base import Accepted, AccountPaused, Outcome, Rejected, TryLater, Unknown
from emails.providers.forms import Form, read_form
from emails.providers.hooks import (
    Event,
    EventKind,
    Hook,
    Received,
    Token,
    check_fresh,
    check_hmac,
    fingerprint,
    listed,
    mapping,
    moment,
    text,
)
from emails.providers.options import Options, WebAddress
from emails.providers.rebuilt import addressed, rebuild
from emails.providers.transport import (
    FLIGHTS,
    Transport,
    Upload,
    each_alone,
    json_of,
    key_trouble,
    retry_after,
    text_of,
)

ACCOUNT_PAUSE = timedelta(minutes=15)

# They call for eight hours until we answer, and don't say whether a repeat is signed anew.
# https://documentation.mailgun.com/docs/mailgun/user-manual/events/webhooks
RETRIED_FOR = timedelta(hours=9)

# https://documentation.mailgun.com/docs/mailgun/api-reference/mailgun-http-status-codes
REFUSED = (400, 413)
# 402: the plan has come to its end; 404: they know no such domain of ours.
ACCOUNT = (401, 402, 403, 404, 405)

# https://documentation.mailgun.com/docs/mailgun/user-manual/events/events
KINDS = {
    "accepted": EventKind.ACCEPTED,
    "delivered": EventKind.DELIVERED,
    "complained": EventKind.COMPLAINT,
    "unsubscribed": EventKind.UNSUBSCRIBED,
    "rejected": EventKind.REJECTED,
}
# Why a permanent failure isn't the mailbox's own no: Mailgun gave up after eight hours, or somebody
# refused its address; or it had this reader on a list and never tried.
FAILED = {
    "old": EventKind.SOFT_BOUNCE,
    "espblock": EventKind.SOFT_BOUNCE,
    "suppress-bounce": EventKind.REJECTED,
    "suppress-complaint": EventKind.REJECTED,
    "suppress-unsubscribe": EventKind.REJECTED,
}

UNKNOWN_DOMAIN = (
    "Mailgun knows no such domain of yours; look at emails.mailgun.domain, and for an account in "
    "Europe at emails.mailgun.base_url."
)

# All their ways to watch a reader, which a domain may have switched on.
UNWATCHED = {"o:tracking": "no", "o:tracking-clicks": "no", "o:tracking-opens": "no"}


class MailgunOptions(Options):
    REQUIRED = ("api_key", "domain")

    base_url: WebAddress = "https://api.mailgun.net"
    domain: str = ""


class MailgunProvider:
    name = "mailgun"
    # So many that even slow calls for one each end while the batch is still ours.
    max_batch = 64
    calls_per_second = 0.0
    dedupe_window = timedelta(0)
    attachments_in_batch = True

    def __init__(self, options: MailgunOptions, now: Callable[[], datetime]) -> None:
        self._options, self._now = options, now
        login = httpx.BasicAuth("api", options.secret("api_key"))
        self._http = Transport(options.base_url, {}, options.timeout, login)

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        del key  # Mailgun knows none.
        return each_alone(batch, lambda _, message: self._send_one(message), FLIGHTS)

    def close(self) -> None:
        self._http.close()

    def probe(self) -> list[str]:
        answer = self._http.get(f"/v4/domains/{self._options.domain}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return [UNKNOWN_DOMAIN]
        return key_trouble(answer, "Mailgun", "LETTERCOURSE_EMAILS__MAILGUN__API_KEY")

    def verify(self, hook: Hook, now: datetime) -> str:
        # https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
        proof = _proof(hook)
        token, signed_at = text(proof.get("token")), text(proof.get("timestamp")) or ""
        if token is None:
            raise HookRefused("it bears no token")
        check_fresh(signed_at, now, RETRIED_FOR)
        signature = text(proof.get("signature")) or ""
        check_hmac(
            self._options.secret("webhook_secret"), f"{signed_at}{token}".encode(), signature
        )
        return Token(token)

    def read_events(self, hook: Hook) -> list[Event]:
        said = mapping(hook.json()).get("event-data")
        if not isinstance(said, dict):
            raise HookUnreadable("it tells of no event")
        return [_event(said)]

    def read_inbound(self, hook: Hook) -> list[Received]:
        form = read_form(hook)
        raw = form.values.get("body-mime")
        if raw:
            return [addressed(raw, [form.text("recipient")])]
        if not form.values.get("message-headers"):
            raise HookUnreadable("it holds neither an email nor the headers of one")
        return [_rebuilt(form)]

    def fetch(self, reference: str) -> bytes | None:
        del reference  # Theirs come whole.
        return None

    def _send_one(self, message: Message) -> Outcome:
        path = f"/v3/{self._options.domain}/messages"
        answer = (
            self._http.post_form(f"{path}.mime", _around_mime(message), _mime(message, self._now()))
            if message.invitation
            else self._http.post_form(path, _fields(message), _files(message))
        )
        if not isinstance(answer, httpx.Response):
            return answer
        if not answer.is_success:
            return _trouble(answer)
        number = text(mapping(json_of(answer)).get("id"))
        return Accepted(_bare(number)) if number else Unknown("an answer we can't read")


def _fields(message: Message) -> dict[str, str]:
    return {
        "from": str(message.sender),
        "to": message.to,
        "h:Reply-To": message.reply_to,
        "subject": message.subject,
        "html": message.html,
        "text": message.text,
        **{f"h:{name}": value for name, value in message.headers.items()},
        **_beside(message),
    }


def _around_mime(message: Message) -> dict[str, str]:
    return {"to": message.to, **_beside(message)}


def _beside(message: Message) -> dict[str, str]:
    # The key comes back in their events; readers can see it, so it is all that stands there.
    return {"v:key": message.key, **UNWATCHED}


def _mime(message: Message, at: datetime) -> list[Upload]:
    return [("message", ("message.eml", to_mime(message, at), "application/octet-stream"))]


def _files(message: Message) -> list[Upload]:
    return [("attachment", (a.filename, a.content, a.content_type)) for a in message.attachments]


def _trouble(answer: httpx.Response) -> Outcome:
    # A wrong key is answered with the one word "Forbidden", all else with {"message"}.
    said = text(mapping(json_of(answer)).get("message")) or text_of(answer)
    reason = f"HTTP {answer.status_code}: {said[:200]}"
    match answer.status_code:
        case 429:
            return TryLater(reason, retry_after(answer), too_fast=True)
        case status if status in ACCOUNT:
            return AccountPaused(reason, ACCOUNT_PAUSE)
        case status if status in REFUSED:
            return Rejected(reason)
        case _:
            return Unknown(reason)


def _proof(hook: Hook) -> dict[str, Any]:
    """Where it stands: in a block of its own in JSON, among the fields of a form."""
    try:
        if hook.content_type.partition(";")[0].strip().lower() == "application/json":
            return mapping(mapping(hook.json()).get("signature"))
        form = read_form(hook)
    except HookUnreadable as unreadable:
        raise HookRefused("its signature can't be found") from unreadable
    return {name: form.text(name) for name in ("token", "timestamp", "signature")}


def _event(said: dict[str, Any]) -> Event:
    word, at = str(said.get("event", "")), said.get("timestamp")
    status = mapping(said.get("delivery-status"))
    message = text(mapping(mapping(said.get("message")).get("headers")).get("message-id"))
    # Their ids are unique within a day.
    known = (said.get("id"), at) if text(said.get("id")) else (said,)
    return Event(
        id=fingerprint(*known),
        kind=_kind(word, said),
        word=" ".join(filter(None, (word, text(said.get("severity")), text(said.get("reason"))))),
        key=text(mapping(said.get("user-variables")).get("key")),
        provider_id=_bare(message) if message else None,
        recipient=text(said.get("recipient")),
        at=moment(at),
        reason=text(status.get("message"))
        or text(status.get("description"))
        or text(mapping(said.get("reject")).get("reason"))
        or "",
    )


def _kind(word: str, said: dict[str, Any]) -> EventKind:
    if word == "failed" and said.get("severity") == "temporary":
        return EventKind.DEFERRED
    if word == "failed":
        return FAILED.get(str(said.get("reason")), EventKind.HARD_BOUNCE)
    return KINDS.get(word, EventKind.OTHER)


def _bare(message_id: str) -> str:
    """Their answer has it in angle brackets, their events without."""
    return message_id.strip("<>")


def _rebuilt(form: Form) -> bytes:
    """Put together again from the fields of a route that forwards to an address of ours.

    https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/receive-http
    """
    try:
        told = json.loads(form.text("message-headers") or "[]")
    except (ValueError, RecursionError) as error:
        raise HookUnreadable("its headers can't be read") from error
    pairs = filter(None, map(listed, listed(told)))
    headers = [(str(pair[0]), str(pair[-1])) for pair in pairs]
    headers.append(("Delivered-To", form.text("recipient") or ""))
    return rebuild(headers, form.text("body-plain"), form.text("body-html"), form.files)
