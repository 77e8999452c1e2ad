"""Plays SendGrid by its documented rules.

https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send

Run as `python -m tests.players.sendgrid --port 0 --journal FILE`; it prints its URL.
"""

import base64
import binascii
import json
import re
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from emails.message import Address
from emails.providers.hooks import Hook
from tests.players.faults import Fault
from tests.players.played import BAD, Arrived, Vendor, files
from tests.players.vendor import Call, Item, Journal, Player, Verdict, main

API_KEY = "SG.test.key"
SIGNING_KEY = ec.derive_private_key(0xC0FFEE, ec.SECP256R1())
LARGEST_BYTES = 30 * 1024 * 1024
CUSTOM_ARGS_BYTES = 10_000
FIELDS = {
    *("personalizations", "from", "reply_to", "reply_to_list", "subject", "content"),
    *("attachments", "template_id", "headers", "categories", "custom_args", "send_at"),
    *("batch_id", "asm", "ip_pool_name", "mail_settings", "tracking_settings"),
}
PERSONALIZATION = {
    *("to", "from", "cc", "bcc", "subject", "headers", "substitutions"),
    *("dynamic_template_data", "custom_args", "send_at"),
}
RESERVED = {
    *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "to", "from", "cc"),
    *("content-transfer-encoding", "subject", "reply-to", "bcc"),
}
TRACKERS = ("click_tracking", "open_tracking", "subscription_tracking", "ganalytics")
ADDRESS = re.compile(r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$")
NO_ADDRESS = "Does not contain a valid address."

# The field that is wrong, and why.
Mistake = tuple[str | None, str]


class Rules:
    def __init__(self, bad: Collection[str] = ()) -> None:
        self.bad = set(bad)

    def judge(self, call: Call) -> Verdict:
        if call.path == "GET /v3/scopes":
            return Verdict(200, {"scopes": ["mail.send"]})
        if call.headers.get("Authorization") != f"Bearer {API_KEY}":
            said = "The provided authorization grant is invalid, expired, or revoked"
            return _refusal(401, (None, said))
        if call.path != "/v3/mail/send":
            return _refusal(404, (None, "not found"))
        if len(call.body) > LARGEST_BYTES:
            return _refusal(413, (None, "Payload too large."))
        try:
            item = json.loads(call.body)
        except ValueError:
            return _refusal(400, (None, "Bad Request"))
        wrong = self._mistake(item)
        if wrong:
            return _refusal(400, wrong)
        taken = _taken(item)
        return Verdict(202, None, [taken], {"X-Message-Id": taken["id"]})

    def _mistake(self, item: Any) -> Mistake | None:
        if not isinstance(item, dict) or not item.get("personalizations"):
            return "personalizations", "The personalizations field is required."
        if unknown := set(item) - FIELDS:
            return None, f"Additional property {unknown.pop()} is not allowed"
        for n, each in enumerate(item["personalizations"]):
            if wrong := self._personal_mistake(each, f"personalizations.{n}"):
                return wrong
        if not ADDRESS.match(item.get("from", {}).get("email", "")):
            return "from.email", NO_ADDRESS
        if not item.get("subject"):
            return "subject", "The subject is required."
        return (
            _content_mistake(item.get("content", []))
            or _header_mistake(item.get("headers", {}))
            or _attachment_mistake(item.get("attachments", []))
        )

    def _personal_mistake(self, each: Item, where: str) -> Mistake | None:
        if unknown := set(each) - PERSONALIZATION:
            return None, f"Additional property {unknown.pop()} is not allowed"
        for n, to in enumerate(each.get("to", [])):
            if not ADDRESS.match(to["email"]) or to["email"] in self.bad:
                return f"{where}.to.{n}.email", NO_ADDRESS
        if not each.get("to"):
            return f"{where}.to", "The to array is required."
        if len(json.dumps(each.get("custom_args", {}))) > CUSTOM_ARGS_BYTES:
            return f"{where}.custom_args", "The custom args are too large."
        return None


def sign(body: bytes, at: datetime, content_type: str = "application/json") -> Hook:
    """A webhook call as they sign it, of events or of a received email."""
    seconds = str(int(at.timestamp()))
    signature = SIGNING_KEY.sign(seconds.encode() + body, ec.ECDSA(SHA256()))
    headers = {
        "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
        "x-twilio-email-event-webhook-timestamp": seconds,
        "content-type": content_type,
    }
    return Hook(headers, body)


def verification_key(key: ec.EllipticCurvePrivateKey = SIGNING_KEY) -> str:
    """As their settings show it."""
    told = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(told).decode()


def make_sendgrid(port: int = 0, journal: Path | None = None, rules: Rules | None = None) -> Player:
    return Player((rules or Rules()).judge, _trouble, Journal(journal), port)


def _content_mistake(content: list[Item]) -> Mistake | None:
    types = [each["type"] for each in content]
    if not types or not all(each.get("value") for each in content):
        return "content", "The content value must be a string at least one character in length."
    if any(";" in kind for kind in types):
        return "content.0.type", "The content type cannot contain ';', or CRLF characters."
    ordered = [kind for kind in ("text/plain", "text/html") if kind in types]
    if types[: len(ordered)] != ordered:
        return "content", "If present, text/plain must be first, followed by text/html."
    return None


def _header_mistake(headers: Item) -> Mistake | None:
    for name, value in headers.items():
        if name.lower() in RESERVED:
            return f"headers.{name}", "The header is reserved."
        if not isinstance(value, str):
            return f"headers.{name}", "Header values must be strings."
    return None


def _attachment_mistake(attachments: list[Item]) -> Mistake | None:
    for n, each in enumerate(attachments):
        if ";" in each.get("type", ""):
            said = "The attachment type cannot contain ';', or CRLF characters."
            return f"attachments.{n}.type", said
        try:
            base64.b64decode(each["content"], validate=True)
        except binascii.Error:
            return f"attachments.{n}.content", "The attachment content must be base64 encoded."
    return None


def _taken(item: Item) -> Item:
    """As it would travel. Their own ways to watch a reader are on unless a call says no."""
    settings = item.get("tracking_settings", {})
    watched = [name for name in TRACKERS if settings.get(name, {}).get("enable", True)]
    to = item["personalizations"][0]["to"][0]["email"]
    return {"id": uuid4().hex[:22], "to": to, "message": item, "watched": watched}


def _refusal(status: int, *mistakes: Mistake) -> Verdict:
    errors = [{"message": said, "field": field, "help": None} for field, said in mistakes]
    return Verdict(status, {"errors": errors})


def _trouble(fault: Fault) -> Verdict:
    headers = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
    said = _refusal(fault.status, (None, fault.name or "too many requests"))
    return Verdict(said.status, said.body, headers=headers)


def _arrived(entry: Item) -> Arrived:
    message = entry["message"]
    [personal] = message["personalizations"]
    content = {each["type"]: each["value"] for each in message["content"]}
    return Arrived(
        to=personal["to"][0]["email"],
        sender=str(Address(message["from"]["email"], message["from"].get("name", ""))),
        reply_to=message["reply_to"]["email"],
        subject=message["subject"],
        html=content["text/html"],
        text=content["text/plain"],
        headers=message["headers"],
        key=personal["custom_args"]["lettercourse_key"],
        attachments=files(message.get("attachments", []), "filename", "type", "content"),
    )


PLAYED = Vendor(
    "sendgrid",
    lambda: make_sendgrid(rules=Rules(bad={BAD})),
    {"api_key": API_KEY, "webhook_secret": verification_key()},
    _arrived,
    sign,
    one_call_each=True,
    # It takes a type without its parameters.
    guesses_types=True,
    signs_the_body=True,
    dates_its_calls=True,
    stale_after=timedelta(hours=26),
)


if __name__ == "__main__":
    main(make_sendgrid)
