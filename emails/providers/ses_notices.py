"""What SES tells, inside SNS's envelopes: receipts in two forms much alike, and received emails.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html
"""

import base64
import json
from typing import Any

from emails.errors import HookUnreadable
from emails.providers import ses_bucket
from emails.providers.hooks import Event, EventKind, Hook, Received, listed, mapping, moment, text
from emails.providers.rebuilt import addressed
from emails.providers.sns import NOTIFICATION, opened

RECEIVED = "Received"

# What a topic says once when SES is told of it.
GREETING = "Successfully validated SNS topic"

KINDS = {
    "Send": EventKind.ACCEPTED,
    "Delivery": EventKind.DELIVERED,
    "DeliveryDelay": EventKind.DEFERRED,
    "Reject": EventKind.REJECTED,
    "Rendering Failure": EventKind.REJECTED,
}
# Where each tells more; all others under their own name.
DETAILS = {"DeliveryDelay": "deliveryDelay", "Rendering Failure": "failure"}
RECIPIENTS = ("bouncedRecipients", "complainedRecipients", "delayedRecipients", "recipients")
REASONS = ("smtpResponse", "complaintFeedbackType", "reason", "errorMessage", "delayType")

# Amazon, or the account, had this reader on a list and never tried.
# https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types
NEVER_TRIED = {"Suppressed", "OnAccountSuppressionList", "UnsubscribedRecipient"}


def read_events(hook: Hook) -> list[Event]:
    kind, call, message = opened(hook)
    if kind != NOTIFICATION:
        return [Event(id=call, kind=EventKind.OTHER, word=kind)]
    if message.startswith(GREETING):
        return []
    said = _said(message)
    word = text(said.get("eventType")) or text(said.get("notificationType"))
    if word is None or word == RECEIVED:
        raise HookUnreadable("it tells of no email of ours; is this topic meant for /inbound?")
    return [_event(call, word, said)]


def read_inbound(hook: Hook, bucket: str) -> list[Received]:
    """`bucket` is where SES may have kept what it tells of."""
    kind, _, message = opened(hook)
    if kind != NOTIFICATION:
        return []
    said = _said(message)
    if said.get("notificationType") != RECEIVED:
        raise HookUnreadable("it brings no email; is this topic meant for /events?")
    receipt, content = mapping(said.get("receipt")), text(said.get("content"))
    action = mapping(receipt.get("action"))
    if action.get("type") == ses_bucket.ACTION:
        return [ses_bucket.announced(receipt, bucket)]
    if content is None:
        raise HookUnreadable("it brings no email; let the receipt rule publish to SNS, or to S3")
    raw = _decoded(content, str(action.get("encoding", "")))
    return [addressed(raw, listed(receipt.get("recipients")))]


def _said(message: str) -> dict[str, Any]:
    try:
        return mapping(json.loads(message))
    except (ValueError, RecursionError) as error:
        raise HookUnreadable("what it holds isn't JSON") from error


def _decoded(content: str, encoding: str) -> bytes:
    if encoding.upper() != "BASE64":
        return content.encode("utf-8", "replace")
    try:
        return base64.b64decode(content, validate=True)
    except ValueError as error:
        raise HookUnreadable("its email isn't base64") from error


def _event(call: str, word: str, said: dict[str, Any]) -> Event:
    mail, details = mapping(said.get("mail")), mapping(said.get(DETAILS.get(word, word.lower())))
    recipient = next((first for name in RECIPIENTS if (first := _first(details.get(name)))), None)
    kinds = (text(details.get(name)) for name in ("bounceType", "bounceSubType"))
    at = moment(details.get("timestamp")) or moment(mail.get("timestamp"))
    reasons = (text(details.get(name)) for name in REASONS)
    return Event(
        id=call,
        kind=_kind(word, details),
        word=" ".join(filter(None, (word, *kinds))),
        key=text(_first(mapping(mail.get("tags")).get("key"))),
        provider_id=text(mail.get("messageId")),
        recipient=_address(recipient) or _address(_first(mail.get("destination"))),
        at=at,
        reason=text(mapping(recipient).get("diagnosticCode"))
        or next(filter(None, reasons), None)
        or "",
    )


def _kind(word: str, details: dict[str, Any]) -> EventKind:
    match word:
        case "Bounce" if details.get("bounceType") != "Permanent":
            return EventKind.SOFT_BOUNCE
        case "Bounce":
            never = str(details.get("bounceSubType")) in NEVER_TRIED
            return EventKind.REJECTED if never else EventKind.HARD_BOUNCE
        case "Complaint":
            # Of a reader who took it out of the spam folder.
            relieved = details.get("complaintFeedbackType") == "not-spam"
            return EventKind.OTHER if relieved else EventKind.COMPLAINT
        case "Subscription":
            left = mapping(details.get("newTopicPreferences")).get("unsubscribeAll") is True
            return EventKind.UNSUBSCRIBED if left else EventKind.OTHER
        case _:
            return KINDS.get(word, EventKind.OTHER)


def _first(found: object) -> object:
    """One recipient a message, always; theirs are lists nevertheless."""
    return next(iter(listed(found)), None)


def _address(recipient: object) -> str | None:
    return text(mapping(recipient).get("emailAddress")) or text(recipient)
