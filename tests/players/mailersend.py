"""Plays MailerSend by its documented rules. https://developers.mailersend.com/api/v1/email.html

Run as `python -m tests.players.mailersend --port 0 --journal FILE`; it prints its URL.
"""

import hashlib
import hmac
import json
import mimetypes
import re
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from emails.message import Address
from emails.providers.hooks import Hook
from emails.providers.mailersend import SIGNS_PINGS
from tests.players.faults import Fault
from tests.players.played import BAD, Arrived, Vendor
from tests.players.vendor import Call, Item, Journal, Player, Verdict, main

TOKEN = "mlsn.test"
WEBHOOK_SECRET = "a-signing-secret"
INBOUND_SECRET = "another-signing-secret"
PING = {"type": "webhook.test", "message": "A ping.", "created_at": "2026-11-03T07:00:00Z"}
SUBJECT_LENGTH, MOST_TAGS = 998, 5
FIELDS = {
    *("from", "to", "cc", "bcc", "reply_to", "subject", "text", "html", "attachments"),
    *("template_id", "tags", "personalization", "precedence_bulk", "send_at", "in_reply_to"),
    *("references", "settings", "headers", "list_unsubscribe"),
}
OF_THE_PLAN = ("headers", "list_unsubscribe")
ADDRESS = re.compile(r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$")
NAME = re.compile(r"^[A-Za-z0-9-]+$")
WORDS = {
    401: "Unauthenticated.",
    429: "Too Many Attempts. #MS42903",
    500: "Server Error. #MS5001",
}


class Rules:
    """`professional` is the plan that allows custom headers."""

    def __init__(
        self,
        bad: Collection[str] = (),
        suppressed: Collection[str] = (),
        *,
        professional: bool = True,
    ) -> None:
        self.bad, self.suppressed, self.professional = set(bad), set(suppressed), professional

    def judge(self, call: Call) -> Verdict:
        if call.headers.get("Authorization") != f"Bearer {TOKEN}":
            return Verdict(401, {"message": "Unauthenticated."})
        if call.path != "/v1/email":
            return Verdict(404, {"message": "Resource not found."})
        try:
            body = json.loads(call.body)
        except ValueError:
            return Verdict(400, {"message": "The request isn't valid JSON."})
        wrong = self._mistake(body)
        if wrong:
            field, said = wrong
            errors = {field: [said]}
            return Verdict(422, {"message": "The given data was invalid.", "errors": errors})
        return self._take(body)

    def _take(self, body: Item) -> Verdict:
        address = body["to"][0]["email"]
        if address in self.suppressed:
            told = {"email": address, "name": None, "reasons": ["hard_bounced"]}
            warning = {
                "type": "ALL_SUPPRESSED",
                "message": "All of the recipients provided have been suppressed.",
                "recipients": [told],
            }
            said = "There are some warnings for your request."
            return Verdict(202, {"message": said, "warnings": [warning]})
        number = uuid4().hex[:24]
        return Verdict(202, None, [_taken(body, number)], {"X-Message-Id": number})

    def _mistake(self, body: Any) -> tuple[str, str] | None:
        if not isinstance(body, dict):
            return "body", "It must be an object. #MS42200"
        if unknown := set(body) - FIELDS:
            return unknown.pop(), "The field is unknown. #MS42200"
        for name in ("from", "to", "subject"):
            if not body.get(name):
                return name, f"The {name} field is required. #MS42209"
        if not body.get("html") and not body.get("text"):
            return "text", "You must provide one of html, text or template_id. #MS42211"
        if not ADDRESS.match(body["from"].get("email", "")):
            return "from.email", "The from.email must be a valid email address. #MS42210"
        for person in body["to"]:
            if not ADDRESS.match(person.get("email", "")) or person["email"] in self.bad:
                return "to.0.email", "The to.0.email must be a valid email address. #MS42210"
        if not self.professional and any(name in body for name in OF_THE_PLAN):
            return "headers", "The headers are not available in your plan. #MS42200"
        return _shape_mistake(body)


def sign(body: bytes, at: datetime) -> Hook:
    del at
    signature = hmac.new(WEBHOOK_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return Hook({"signature": signature, "content-type": "application/json"}, body)


def sign_as_a_ping(told: object) -> Hook:
    """What anybody can make; theirs comes when a webhook is saved."""
    body = json.dumps(told).encode()
    signature = hmac.new(SIGNS_PINGS.encode(), body, hashlib.sha256).hexdigest()
    return Hook({"signature": signature, "content-type": "application/json"}, body)


def make_mailersend(
    port: int = 0, journal: Path | None = None, rules: Rules | None = None
) -> Player:
    return Player((rules or Rules()).judge, _trouble, Journal(journal), port)


def _shape_mistake(body: Item) -> tuple[str, str] | None:
    if len(body["subject"]) > SUBJECT_LENGTH:
        return "subject", "The subject may not be greater than 998 characters. #MS42206"
    if len(body.get("tags", [])) > MOST_TAGS:
        return "tags", "The tags may not have more than 5 items. #MS42206"
    if any(not NAME.match(each["name"]) for each in body.get("headers", [])):
        return "headers.0.name", "The headers.0.name format is invalid. #MS42200"
    if any(
        set(a) - {"filename", "content", "disposition", "id"} for a in body.get("attachments", [])
    ):
        return "attachments.0", "The field is unknown. #MS42200"
    return None


def _taken(body: Item, number: str) -> Item:
    """As it would travel: Message-ID is theirs, and List-Unsubscribe one address."""
    headers = {each["name"]: each["value"] for each in body.get("headers", [])}
    headers["Message-ID"] = f"<{number}@mailersend.net>"
    if "list_unsubscribe" in body:
        headers["List-Unsubscribe"] = f"<{body['list_unsubscribe']}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if "in_reply_to" in body:
        headers["In-Reply-To"] = body["in_reply_to"]
    return {"id": number, "to": body["to"][0]["email"], "message": body, "headers": headers}


def _trouble(fault: Fault) -> Verdict:
    headers = {"retry-after": fault.retry_after} if fault.retry_after is not None else {}
    said = fault.name or WORDS.get(fault.status, "Something went wrong.")
    return Verdict(fault.status, {"message": said}, headers=headers)


def _arrived(entry: Item) -> Arrived:
    message = entry["message"]
    return Arrived(
        to=message["to"][0]["email"],
        sender=str(Address(**message["from"])),
        reply_to=message["reply_to"]["email"],
        subject=message["subject"],
        html=message["html"],
        text=message["text"],
        headers=entry["headers"],
        key=message["tags"][0],
        attachments=[
            (each["filename"], mimetypes.guess_type(each["filename"])[0] or "", each["content"])
            for each in message.get("attachments", [])
        ],
    )


PLAYED = Vendor(
    "mailersend",
    lambda: make_mailersend(rules=Rules(bad={BAD})),
    {"api_key": TOKEN, "webhook_secret": WEBHOOK_SECRET, "custom_headers": "true"},
    _arrived,
    sign,
    one_call_each=True,
    signs_the_body=True,
    own_headers=frozenset({"message-id", "list-unsubscribe"}),
    guesses_types=True,
)


if __name__ == "__main__":
    main(make_mailersend)
