"""How Mailtrap is spoken to.

https://docs.mailtrap.io/developers/email-sending/email-api

A batch holds at most 500 messages and is answered message by message, always with HTTP 200. There
is no idempotency key: an answer that never came stays unknown. A received email is only announced;
it is fetched from another address of theirs than the one that takes what we send.
"""

import base64
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from emails.errors import HookUnreadable
from emails.message import Address, Attachment, Message
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
    Notice,
    Received,
    check_either_hmac,
    fingerprint,
    mapping,
    moment,
    objects,
    text,
)
from emails.providers.options import Options, WebAddress
from emails.providers.rebuilt import header_pairs, rebuild
from emails.providers.transport import (
    Transport,
    download,
    fetched,
    json_of,
    key_trouble,
    retry_after,
    text_of,
)

ACCOUNT_PAUSE = timedelta(minutes=15)
QUOTA_PAUSE = timedelta(hours=1)

# Neither the token nor the sending domain is good for sending, or we call the wrong address.
# https://docs.mailtrap.io/email-api-smtp/help/troubleshooting/unauthorized-401-error
STOPPED = (401, 403, 404, 405)
REFUSED = (400, 413, 422)
# Errors have no numbers. These words in one mean that every message would get it.
# https://docs.mailtrap.io/email-api-smtp/help/troubleshooting/sending-from-domain-not-allowed
NOT_OURS = ("from domain", "unauthorized")
# A free plan's daily limit. https://docs.mailtrap.io/email-api-smtp/setup/sending-limits
OVER_LIMIT = ("sending limit", "daily limit", "monthly limit")

# https://docs.mailtrap.io/email-api-smtp/analytics/statuses-and-events
KINDS = {
    "delivery": EventKind.DELIVERED,
    # They try ten times more; what came of it is told as a delivery or a bounce.
    "soft bounce": EventKind.DEFERRED,
    "suspension": EventKind.DEFERRED,
    "spam": EventKind.COMPLAINT,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "reject": EventKind.REJECTED,
}
BOUNCED = "bounce"
# What isn't here means that the address is no good.
# https://docs.mailtrap.io/email-api-smtp/bounce-categorization
CATEGORIES = {
    **dict.fromkeys(
        (
            *("transientfail", "greylisting", "dnsfail", "generalfail", "serverfail"),
            *("timeout", "overquota", "other"),
        ),
        EventKind.SOFT_BOUNCE,
    ),
    # Nothing is wrong with the address.
    **dict.fromkeys(
        (
            *("badsender", "block", "content", "relayfail", "spam", "spam_gmail"),
            *("serverpolicy", "verifyfail"),
        ),
        EventKind.REJECTED,
    ),
}
RECEIVED = "inbound.message_received"


class MailtrapOptions(Options):
    base_url: WebAddress = "https://send.api.mailtrap.io"
    # Where received emails are fetched, and where the account can be asked about.
    account_url: WebAddress = "https://mailtrap.io"
    # An inbound inbox has a webhook of its own, which signs with a secret of its own.
    inbound_secret: SecretStr | None = None


class MailtrapProvider:
    name = "mailtrap"
    max_batch = 500
    # 150 in ten seconds. https://docs.mailtrap.io/developers/rate-limits
    calls_per_second = 15.0
    dedupe_window = timedelta(0)
    attachments_in_batch = True

    def __init__(self, options: MailtrapOptions) -> None:
        self._options = options
        self._http = self._line_to(options.base_url)

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        del key  # Mailtrap knows none.
        requests = [_payload(message) for message in batch]
        answer = self._http.post("/api/batch", {"base": {}, "requests": requests})
        if not isinstance(answer, httpx.Response):
            return [answer] * len(batch)
        if answer.status_code in REFUSED and len(batch) > 1:
            # For the sake of one message; which one, only a call for each will tell.
            return [Alone(f"{answer.status_code}: {text_of(answer)[:200]}")] * len(batch)
        if not answer.is_success:
            return [_trouble(answer)] * len(batch)
        said = mapping(json_of(answer)).get("responses")
        if not isinstance(said, list) or len(said) != len(batch):
            return [Unknown("an answer we can't read")] * len(batch)
        return [_judge(each) for each in said]

    def close(self) -> None:
        self._http.close()

    def probe(self) -> list[str]:
        answer = self._ask_account("/api/accounts")
        return key_trouble(answer, "Mailtrap", "LETTERCOURSE_EMAILS__MAILTRAP__API_KEY")

    def verify(self, hook: Hook, now: datetime) -> str:
        # https://docs.mailtrap.io/email-api-smtp/advanced/webhooks#verifying-the-signature
        del now  # Their calls aren't dated.
        secret, given = self._options.secret, hook.headers.get("mailtrap-signature", "")
        check_either_hmac(secret("webhook_secret"), secret("inbound_secret"), hook.body, given)
        return hook.digest

    def read_events(self, hook: Hook) -> list[Event]:
        return [_event(said) for said in _told(hook) if said.get("event") != RECEIVED]

    def read_inbound(self, hook: Hook) -> list[Received]:
        return [_notice(said) for said in _told(hook) if said.get("event") == RECEIVED]

    def fetch(self, reference: str) -> bytes | None:
        inbox, _, number = reference.partition("/")
        path = f"/api/inbound/inboxes/{quote(inbox, safe='')}/messages/{quote(number, safe='')}"
        mail = fetched(self._ask_account(path))
        if mail is None:
            return None
        address = text(mail.get("raw_message_url"))
        if address:
            return download(address, self._options.timeout)
        headers = header_pairs(mail.get("headers"))
        return rebuild(headers, text(mail.get("text_body")), text(mail.get("html_body")))

    def _line_to(self, address: str) -> Transport:
        login = {"Authorization": f"Bearer {self._options.secret('api_key')}"}
        return Transport(address, login, self._options.timeout)

    def _ask_account(self, path: str) -> httpx.Response:
        """Seldom, so no line is kept. Raises FetchFailed."""
        with closing(self._line_to(self._options.account_url)) as account:
            return account.get(path)


def _payload(message: Message) -> dict[str, object]:
    return {
        "from": _address(message.sender),
        "to": [{"email": message.to}],
        "reply_to": {"email": message.reply_to},
        "subject": message.subject,
        "html": message.html,
        "text": message.text,
        "headers": dict(message.headers),
        # Comes back in their events.
        "custom_variables": {"key": message.key},
        "attachments": [_attachment(attachment) for attachment in message.attachments],
    }


def _address(address: Address) -> dict[str, str]:
    return {"email": address.email, **({"name": address.name} if address.name else {})}


def _attachment(attachment: Attachment) -> dict[str, str]:
    return {
        "filename": attachment.filename,
        "content": base64.b64encode(attachment.content).decode(),
        "type": attachment.content_type,
        "disposition": "attachment",
    }


def _judge(said: object) -> Outcome:
    answer = mapping(said)
    numbers = answer.get("message_ids")
    if answer.get("success") is False:
        return _refusal(_errors(answer))
    # One recipient a message, always; theirs is a list nevertheless.
    number = text(numbers[0]) if isinstance(numbers, list) and len(numbers) == 1 else None
    if answer.get("success") is not True or number is None:
        return Unknown("an answer we can't read")
    return Accepted(number)


def _refusal(reason: str) -> Outcome:
    if any(words in reason.lower() for words in OVER_LIMIT):
        return AccountPaused(reason, QUOTA_PAUSE)
    if any(words in reason.lower() for words in NOT_OURS):
        return AccountPaused(reason, ACCOUNT_PAUSE)
    return Rejected(reason)


def _trouble(answer: httpx.Response) -> Outcome:
    told = _errors(mapping(json_of(answer))) or text_of(answer)[:200]
    reason = f"HTTP {answer.status_code}: {told}"
    match answer.status_code:
        case status if status in STOPPED:
            return AccountPaused(reason, ACCOUNT_PAUSE)
        case 429:
            return TryLater(reason, retry_after(answer), too_fast=True)
        case status if status in REFUSED:
            return _refusal(reason)
        case _:
            return Unknown(reason)


def _errors(answer: dict[str, Any]) -> str:
    """Some answers hold one error, others a list of them."""
    told = answer.get("errors") or answer.get("error") or ""
    return "; ".join(map(str, told)) if isinstance(told, list) else str(told)


def _told(hook: Hook) -> list[dict[str, Any]]:
    """As one object with a list, or a line of JSON for each, as the webhook is set."""
    lines = hook.body.splitlines()
    if len(lines) > 1 and all(line.lstrip().startswith(b"{") for line in lines if line.strip()):
        calls = [Hook(hook.headers, line).json() for line in lines if line.strip()]
    else:
        calls = objects(hook.json())
    return [each for call in calls for each in objects(mapping(call).get("events", call))]


def _event(said: dict[str, Any]) -> Event:
    word, category = str(said.get("event", "")), str(said.get("bounce_category") or "")
    sent, recipient = text(said.get("message_id")), text(said.get("email"))
    return Event(
        id=text(said.get("event_id")) or fingerprint(word, sent, recipient, said.get("timestamp")),
        kind=_kind(word, category),
        word=f"{word} {category}".strip(),
        key=text(mapping(said.get("custom_variables")).get("key")),
        provider_id=sent,
        recipient=recipient,
        at=moment(said.get("timestamp")),
        reason=text(said.get("response")) or text(said.get("reason")) or "",
    )


def _kind(word: str, category: str) -> EventKind:
    if word == BOUNCED:
        return CATEGORIES.get(category.lower(), EventKind.HARD_BOUNCE)
    return KINDS.get(word, EventKind.OTHER)


def _notice(said: dict[str, Any]) -> Notice:
    inbox, number = text(said.get("inbox_id")), text(said.get("message_id"))
    if inbox is None or number is None:
        raise HookUnreadable("it names no email")
    return Notice(f"{inbox}/{number}")
