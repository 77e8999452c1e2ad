"""Amazon SES by way of SNS to a mailbox: the provider's event as JSON in the text of a mail.

https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
"""

import json
from collections.abc import Mapping
from typing import Any

from emails.reports.parts import Parts, one_line, text_of
from emails.reports.report import Finding, Kind, Original, Report

LONGEST_REASON = 300
# A permanent bounce can be the sender's or the message's fault; these subtypes blame the address.
HARD_SUBTYPES = {"General", "NoEmail", "Suppressed", "OnAccountSuppressionList"}


def read(parts: Parts) -> Report | None:
    event = _event(text_of(parts.mail))
    kind = event.get("notificationType") or event.get("eventType")
    match kind:
        case "Bounce":
            findings = _bounces(_mapping(event, "bounce"))
        case "Complaint":
            findings = _complaints(_mapping(event, "complaint"))
        case "Delivery":
            findings = _deliveries(_mapping(event, "delivery"))
        case _:
            return None
    return Report(findings, _original(_mapping(event, "mail"))) if findings else None


def _event(prose: str) -> Mapping[str, Any]:
    outer = _decoded(prose.lstrip())
    inner = outer.get("Message")
    return _decoded(inner) if isinstance(inner, str) else outer


def _decoded(text: str) -> Mapping[str, Any]:
    if not text.startswith("{"):
        return {}
    try:
        # SNS puts a line on how to unsubscribe below it, and SMTP may have broken its long lines.
        value, _ = json.JSONDecoder(strict=False).raw_decode(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _bounces(bounce: Mapping[str, Any]) -> tuple[Finding, ...]:
    permanent = bounce.get("bounceType") == "Permanent"
    hard = permanent and bounce.get("bounceSubType") in HARD_SUBTYPES
    kind = Kind.HARD if hard else Kind.SOFT
    return tuple(
        _finding(
            kind,
            said.get("emailAddress"),
            said.get("diagnosticCode") or bounce.get("bounceSubType"),
            said.get("status"),
        )
        for said in _mappings(bounce, "bouncedRecipients")
    )


def _complaints(complaint: Mapping[str, Any]) -> tuple[Finding, ...]:
    feedback = complaint.get("complaintFeedbackType")
    kind = Kind.NOTICE if feedback == "not-spam" else Kind.COMPLAINT
    return tuple(
        _finding(kind, said.get("emailAddress"), feedback)
        for said in _mappings(complaint, "complainedRecipients")
    )


def _deliveries(delivery: Mapping[str, Any]) -> tuple[Finding, ...]:
    named = delivery.get("recipients")
    answer = delivery.get("smtpResponse")
    return tuple(
        _finding(Kind.NOTICE, recipient, answer)
        for recipient in (named if isinstance(named, list) else [])
    )


def _finding(kind: Kind, recipient: object, reason: object, status: object = "") -> Finding:
    address, words, code = (
        one_line(value) if isinstance(value, str) else "" for value in (recipient, reason, status)
    )
    return Finding(kind, address.lower(), words.removeprefix("smtp; ")[:LONGEST_REASON], code)


def _original(mail: Mapping[str, Any]) -> Original:
    headers = tuple(
        f"{one_line(str(said.get('name')))}: {one_line(str(said.get('value')))}"
        for said in _mappings(mail, "headers")
    )
    ids = [line for line in headers if line.lower().startswith("message-id:")]
    return Original(ids[0].partition(":")[2].strip() if ids else "", headers)


def _mapping(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = value.get(name)
    return inner if isinstance(inner, dict) else {}


def _mappings(value: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    inner = value.get(name)
    return [one for one in inner if isinstance(one, dict)] if isinstance(inner, list) else []
