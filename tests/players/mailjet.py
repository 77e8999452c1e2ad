"""Plays Mailjet's Send API 3.1 by its documented rules.

https://dev.mailjet.com/email/guides/send-api-v31/

Run as `python -m tests.players.mailjet --port 0 --journal FILE`; it prints its URL.
"""

import base64
import itertools
import json
import re
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from emails.message import Address
from emails.providers.hooks import Hook
from tests.players.faults import Fault
from tests.players.played import BAD, Arrived, Vendor, files
from tests.players.vendor import Call, Item, Journal, Player, Verdict, main

API_KEY, SECRET_KEY = "mailjet-test-key", "mailjet-test-secret"
WEBHOOK_SECRET = "a-long-password"
MAX_BATCH = 50
FIELDS = {
    *("From", "Sender", "To", "Cc", "Bcc", "ReplyTo", "Subject", "TextPart", "HTMLPart"),
    *("TemplateID", "TemplateLanguage", "Variables", "Priority", "CustomCampaign", "Headers"),
    *("DeduplicateCampaign", "TrackOpens", "TrackClicks", "CustomID", "EventPayload"),
    *("URLTags", "Attachments", "InlinedAttachments", "MonitoringCategory"),
}
FORBIDDEN = {
    *("from", "sender", "subject", "to", "cc", "bcc", "reply-to", "return-path", "delivered-to"),
    *("dkim-signature", "domainkey-status", "received-spf", "authentication-results", "received"),
    *("x-mailer", "x-feedback-id", "feedback-id", "list-id", "date", "message-id", "user-agent"),
}
TRACKING = {"account_default", "disabled", "enabled"}
ADDRESS = re.compile(r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$")
FILE = {"Filename", "ContentType", "Base64Content"}
# 64 bits wide, as theirs are.
FIRST_NUMBER = 1152921504606846976


class Rules:
    def __init__(self, bad: Collection[str] = (), sender: str = "") -> None:
        """`sender` is the only one that is validated, where one is given."""
        self.bad, self.sender = set(bad), sender
        self._numbers: Iterator[int] = itertools.count(FIRST_NUMBER)

    def judge(self, call: Call) -> Verdict:
        login = base64.b64encode(f"{API_KEY}:{SECRET_KEY}".encode()).decode()
        if call.headers.get("Authorization") != f"Basic {login}":
            said = "API key authentication/authorization failure."
            return Verdict(401, _error("mj-0015", 401, said))
        if call.path != "/v3.1/send":
            return Verdict(404, _error("mj-0020", 404, "Resource not found."))
        try:
            body = json.loads(call.body)
        except ValueError:
            said = "Malformed JSON, please review the syntax and properties types."
            return Verdict(400, _error("mj-0002", 400, said))
        return self._judge_batch(body)

    def _judge_batch(self, body: Any) -> Verdict:
        if not isinstance(body, dict) or set(body) - {"Messages", "Globals", "SandboxMode"}:
            return Verdict(400, _error("mj-0004", 400, "Unexpected property."))
        messages = body.get("Messages")
        if not messages:
            return Verdict(400, _error("mj-0007", 400, "Messages can't be empty."))
        if len(messages) > MAX_BATCH:
            return Verdict(400, _error("mj-0008", 400, "At most 50 messages are allowed."))
        judged = [self._judge_one(message) for message in messages]
        # The worst of them is the answer's own, though others were sent.
        status = max(
            each["StatusCode"]
            for a, _ in judged
            for each in [{"StatusCode": 200}, *a.get("Errors", [])]
        )
        answers = [answer for answer, _ in judged]
        return Verdict(status, {"Messages": answers}, [t for _, taken in judged for t in taken])

    def _judge_one(self, message: Any) -> tuple[Item, list[Item]]:
        wrong = self._mistake(message)
        if wrong:
            code, status, said, about = wrong
            error = _error(code, status, said) | {"ErrorRelatedTo": [about]}
            return {"Status": "error", "Errors": [error]}, []
        number, address = next(self._numbers), message["To"][0]["Email"]
        receipt = {
            "Email": address,
            "MessageUUID": str(uuid4()),
            "MessageID": number,
            "MessageHref": f"https://api.mailjet.com/v3/REST/message/{number}",
        }
        answer = {
            "Status": "success",
            "CustomID": message.get("CustomID", ""),
            "To": [receipt],
            "Cc": [],
            "Bcc": [],
        }
        return answer, [_taken(message, number)]

    def _mistake(self, message: Any) -> tuple[str, int, str, str] | None:
        if not isinstance(message, dict):
            return "mj-0004", 400, "Type mismatch. Expected type object.", "Messages"
        if unknown := set(message) - FIELDS:
            return "mj-0004", 400, "Unexpected property.", unknown.pop()
        for name in ("From", "To"):
            if not message.get(name):
                return "mj-0003", 400, f"The {name} is mandatory but missing.", name
        if not message.get("HTMLPart") and not message.get("TextPart"):
            return "send-0003", 400, "At least HTMLPart or TextPart must be provided.", "TextPart"
        for person in (message["From"], *message["To"], message.get("ReplyTo", message["From"])):
            address = person.get("Email", "")
            if not ADDRESS.match(address) or address in self.bad:
                return "mj-0013", 400, f'"{address}" is an invalid email address.', "Email"
        if self.sender and message["From"]["Email"] != self.sender:
            said = "This is not an authorized sender email address for your account."
            return "send-0008", 403, said, "From"
        return _shape_mistake(message)


def sign(body: bytes, at: datetime) -> Hook:
    """They sign nothing; their call brings the password of the address they were given."""
    del at
    login = base64.b64encode(f"lettercourse:{WEBHOOK_SECRET}".encode()).decode()
    return Hook({"authorization": f"Basic {login}", "content-type": "application/json"}, body)


def make_mailjet(port: int = 0, journal: Path | None = None, rules: Rules | None = None) -> Player:
    return Player((rules or Rules()).judge, _trouble, Journal(journal), port)


def _shape_mistake(message: Item) -> tuple[str, int, str, str] | None:
    for name in message.get("Headers", {}):
        if name.lower() in FORBIDDEN or name.lower().startswith(("x-mj-", "x-mailjet-")):
            return "send-0011", 400, "This header can't be set.", f'Headers["{name}"]'
    for name in ("TrackOpens", "TrackClicks"):
        if message.get(name, "disabled") not in TRACKING:
            return "mj-0005", 400, "The value is not allowed.", name
    if "Attachments" in message:
        if not message["Attachments"]:
            return "mj-0007", 400, "It can't be empty.", "Attachments"
        if any(set(each) != FILE for each in message["Attachments"]):
            return "mj-0003", 400, "A mandatory property is missing.", "Attachments"
    return None


def _taken(message: Item, number: int) -> Item:
    """As it would travel: Message-ID is theirs."""
    headers = message.get("Headers", {}) | {"Message-ID": f"<{number}@mailjet.com>"}
    to = message["To"][0]["Email"]
    return {"id": str(number), "to": to, "message": message, "headers": headers}


def _error(code: str, status: int, message: str) -> Item:
    return {
        "ErrorIdentifier": str(uuid4()),
        "ErrorCode": code,
        "StatusCode": status,
        "ErrorMessage": message,
    }


def _trouble(fault: Fault) -> Verdict:
    headers = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
    body = _error(fault.name or "mj-0000", fault.status, "Something went wrong.")
    return Verdict(fault.status, body, headers=headers)


def _arrived(entry: Item) -> Arrived:
    message = entry["message"]
    sender = message["From"]
    found = message.get("Attachments", [])
    return Arrived(
        to=message["To"][0]["Email"],
        sender=str(Address(sender["Email"], sender.get("Name", ""))),
        reply_to=message["ReplyTo"]["Email"],
        subject=message["Subject"],
        html=message["HTMLPart"],
        text=message["TextPart"],
        headers=entry["headers"],
        key=message["CustomID"],
        attachments=files(found, "Filename", "ContentType", "Base64Content"),
    )


PLAYED = Vendor(
    "mailjet",
    lambda: make_mailjet(rules=Rules(bad={BAD})),
    {"api_key": API_KEY, "secret_key": SECRET_KEY, "webhook_secret": WEBHOOK_SECRET},
    _arrived,
    sign,
    own_headers=frozenset({"message-id", "list-id"}),
)


if __name__ == "__main__":
    main(make_mailjet)
