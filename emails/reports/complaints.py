"""Complaints: a reader pressed "this is spam", and the provider tells (RFC 5965, ARF)."""

import re

from emails.reports.fields import read_fields, untyped
from emails.reports.parts import Parts, one_line
from emails.reports.prose import address_in
from emails.reports.report import Finding, Kind, Original, Report
from emails.reports.returned import read_original

# RFC 5965 and its registry. Every other type complains of nothing a reader did: `not-spam` takes a
# complaint back, `auth-failure` and `dmarc` are about our DNS, `virus` and `other` about anything.
COMPLAINTS = {"abuse", "fraud", "opt-out", "opt-out-list", "complaint"}
RECIPIENTS = ("original-rcpt-to", "removal-recipient", "redacted-address")
# Hotmail's reports are older than the standard.
HOTMAIL_SUBJECT = re.compile(r"^\s*complaint about message from\b", re.IGNORECASE)
HOTMAIL_RECIPIENT = "x-hmxmroriginalrecipient"
# What stands where a provider doesn't tell who complained.
REDACTED = re.compile(r"redacted|hashed|hidden|anonymi[sz]ed|x{4,}|\*", re.IGNORECASE)


def read(parts: Parts) -> Report | None:
    if parts.feedback.strip() and parts.mail.get_content_maintype() == "multipart":
        return _by_standard(parts)
    if HOTMAIL_SUBJECT.match(parts.header("Subject")) and parts.letter.strip():
        original = read_original(parts.letter)
        return _report(Kind.COMPLAINT, _value(original, HOTMAIL_RECIPIENT), "abuse", original)
    return None


def _by_standard(parts: Parts) -> Report:
    said = {name: value for block in read_fields(parts.feedback) for name, value in block.items()}
    kind = said.get("feedback-type", "").strip().lower()
    original = read_original(parts.letter, parts.feedback)
    named = next((said[name] for name in RECIPIENTS if _telling(said.get(name, ""))), "")
    return _report(
        Kind.COMPLAINT if kind in COMPLAINTS else Kind.NOTICE,
        named or _value(original, "to"),
        one_line(kind)[:80],
        original,
    )


def _report(kind: Kind, recipient: str, reason: str, original: Original) -> Report:
    address = address_in(untyped(recipient)) if _telling(recipient) else ""
    return Report((Finding(kind, address, reason, ""),), original)


def _telling(value: str) -> bool:
    return "@" in value and not REDACTED.search(value)


def _value(original: Original, wanted: str) -> str:
    for line in original.headers:
        name, _, value = line.partition(":")
        if name.strip().lower() == wanted:
            return value.strip()
    return ""
