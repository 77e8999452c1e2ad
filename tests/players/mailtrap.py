"""Plays Mailtrap by its documented rules. https://docs.mailtrap.io/developers/email-sending

Run as `python -m tests.players.mailtrap --port 0 --journal FILE`; it prints its URL.
"""

import hashlib
import hmac
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

API_KEY = "0123456789abcdef0123456789abcdef"
WEBHOOK_SECRET = "fedcba9876543210fedcba9876543210"
DOMAIN = "practice.example"
MAX_BATCH = 500
MAX_BYTES = 50 * 1024 * 1024
VARIABLES_BYTES = 1000
FIELDS = {
    *("from", "to", "cc", "bcc", "reply_to", "attachments", "headers", "custom_variables"),
    *("subject", "text", "html", "category", "template_uuid", "template_variables"),
}
ATTACHMENT = {"content", "type", "filename", "disposition", "content_id"}
ADDRESS = re.compile(r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$")
SAID = {401: "Unauthorized", 403: "Forbidden", 429: "Too many requests"}


class Rules:
    def __init__(self, bad: Collection[str] = ()) -> None:
        self.bad = set(bad)

    def judge(self, call: Call) -> Verdict:
        given = call.headers.get("Authorization"), call.headers.get("Api-Token")
        if given not in {(f"Bearer {API_KEY}", None), (None, API_KEY)}:
            return _refusal(401, "Unauthorized")
        if call.path not in {"/api/send", "/api/batch"}:
            return _refusal(404, "Not Found")
        try:
            body = json.loads(call.body)
        except ValueError:
            return _refusal(400, "Invalid JSON")
        if call.path == "/api/batch":
            return self._judge_batch(body, len(call.body))
        answer, taken = self._judge_one(body)
        return Verdict(200 if answer["success"] else 400, answer, taken)

    def _judge_batch(self, body: Any, size: int) -> Verdict:
        if not isinstance(body, dict) or set(body) - {"base", "requests"}:
            return _refusal(400, "unexpected fields")
        requests = body.get("requests")
        if not isinstance(requests, list) or not 1 <= len(requests) <= MAX_BATCH:
            return _refusal(400, "'requests' must hold 1 to 500 emails")
        if size > MAX_BYTES:
            return _refusal(413, "Request is too large")
        # An item's field replaces the base's; they are never merged.
        judged = [self._judge_one({**body.get("base", {}), **request}) for request in requests]
        taken = [each for _, all_of_one in judged for each in all_of_one]
        return Verdict(200, {"success": True, "responses": [answer for answer, _ in judged]}, taken)

    def _judge_one(self, item: Item) -> tuple[Item, list[Item]]:
        if errors := list(self._mistakes(item)):
            return {"success": False, "errors": errors}, []
        taken = [{"id": str(uuid4()), "to": to["email"], "message": item} for to in item["to"]]
        return {"success": True, "message_ids": [each["id"] for each in taken]}, taken

    def _mistakes(self, item: Item) -> Iterator[str]:
        for name in sorted({"from", "to", "subject"} - {name for name in item if item[name]}):
            yield f"'{name}' is required"
        if not item.get("text") and not item.get("html"):
            yield "must specify either text or html body"
        for name in sorted(set(item) - FIELDS):
            yield f"'{name}' is unknown"
        if Address(item.get("from", {}).get("email", "")).domain != DOMAIN:
            yield "Sending from domain is not allowed"
        for to in item.get("to", []):
            known = set(to) <= {"email", "name"} and to["email"] not in self.bad
            if not known or not ADDRESS.match(to["email"]):
                yield "'to' address is invalid"
        yield from _mistakes_of_parts(item)


def _mistakes_of_parts(item: Item) -> Iterator[str]:
    if len(json.dumps(item.get("custom_variables", {}))) > VARIABLES_BYTES:
        yield "'custom_variables' must be less than 1000 bytes"
    if not all(isinstance(value, str) for value in item.get("headers", {}).values()):
        yield "'headers' must be strings"
    for attachment in item.get("attachments", []):
        if set(attachment) - ATTACHMENT or not {"content", "filename"} <= set(attachment):
            yield "'attachments' is invalid"


def sign(body: bytes, at: datetime) -> Hook:
    del at
    signature = hmac.new(WEBHOOK_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return Hook({"mailtrap-signature": signature, "content-type": "application/json"}, body)


def make_mailtrap(port: int = 0, journal: Path | None = None, rules: Rules | None = None) -> Player:
    return Player((rules or Rules()).judge, _trouble, Journal(journal), port)


def _refusal(status: int, *errors: str) -> Verdict:
    return Verdict(status, {"success": False, "errors": list(errors)})


def _trouble(fault: Fault) -> Verdict:
    said = _refusal(fault.status, fault.name or SAID.get(fault.status, "Something went wrong"))
    headers = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
    return Verdict(said.status, said.body, headers=headers)


def _arrived(entry: Item) -> Arrived:
    message = entry["message"]
    return Arrived(
        to=entry["to"],
        sender=str(Address(message["from"]["email"], message["from"].get("name", ""))),
        reply_to=message["reply_to"]["email"],
        subject=message["subject"],
        html=message["html"],
        text=message["text"],
        headers=message["headers"],
        key=message["custom_variables"]["key"],
        attachments=files(message.get("attachments", []), "filename", "type", "content"),
    )


PLAYED = Vendor(
    "mailtrap",
    lambda: make_mailtrap(rules=Rules(bad={BAD})),
    {"api_key": API_KEY, "webhook_secret": WEBHOOK_SECRET},
    _arrived,
    sign,
    signs_the_body=True,
)


if __name__ == "__main__":
    main(make_mailtrap)
