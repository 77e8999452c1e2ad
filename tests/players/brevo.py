"""Plays Brevo by its documented rules. https://developers.brevo.com/reference/sendtransacemail

Run as `python -m tests.players.brevo --port 0 --journal FILE`; it prints its URL.
"""

import base64
import json
import mimetypes
import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from emails.message import Address
from emails.providers.hooks import Hook
from tests.players.faults import Fault
from tests.players.played import BAD, Arrived, Vendor
from tests.players.vendor import Call, Item, Journal, Player, Verdict, main

API_KEY = "xkeysib-test"
WEBHOOK_SECRET = "a-long-password"
KEPT = timedelta(minutes=30)
FIELDS = {
    *("sender", "to", "bcc", "cc", "replyTo", "subject", "htmlContent", "textContent", "headers"),
    *("attachment", "templateId", "params", "messageVersions", "tags", "scheduledAt", "batchId"),
}
# Those of theirs that we have a use for.
EXTENSIONS = {"ics", "pdf", "png", "jpg", "txt", "html"}
ADDRESS = re.compile(r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$")
CODES = {
    401: "unauthorized",
    402: "not_enough_credits",
    403: "permission_denied",
    406: "not_acceptable",
    429: "too_many_requests",
}


class Rules:
    """What Brevo knows. `minutes_passed` moves its clock, for its keys' 30 minutes."""

    def __init__(self, bad: Collection[str] = ()) -> None:
        self.bad = set(bad)
        self.minutes_passed = 0.0
        self._seen: dict[str, datetime] = {}

    def judge(self, call: Call) -> Verdict:
        if call.headers.get("api-key") != API_KEY:
            return _refusal(401, "Key not found")
        if call.path != "/v3/smtp/email":
            return _refusal(404, "Not found", "document_not_found")
        try:
            body = json.loads(call.body)
        except ValueError:
            return _refusal(400, "Input must be a valid JSON", "bad_request")
        wrong = self._mistake(body)
        if wrong:
            return _refusal(400, wrong, "invalid_parameter")
        return self._take_once(body)

    def _take_once(self, body: Item) -> Verdict:
        key = body.get("headers", {}).get("idempotencyKey")
        now = datetime.now(UTC) + timedelta(minutes=self.minutes_passed)
        if key is not None:
            if now - self._seen.get(key, now - KEPT) < KEPT:
                return _refusal(400, "idempotencyKey was used before", "duplicate_parameter")
            self._seen[key] = now
        number = f"<{uuid4().hex}@smtp-relay.mailin.fr>"
        return Verdict(201, {"messageId": number}, [_taken(body, number)])

    def _mistake(self, body: Any) -> str | None:
        if not isinstance(body, dict):
            return "body is not an object"
        if unknown := set(body) - FIELDS:
            return f"{unknown.pop()} is not a known parameter"
        for name in ("sender", "to", "subject", "htmlContent"):
            if not body.get(name):
                return f"{name} is missing"
        people = [body["sender"], *body["to"], *([body["replyTo"]] if "replyTo" in body else [])]
        if any(not ADDRESS.match(each.get("email", "")) for each in people):
            return "email is not valid"
        if any(each["email"] in self.bad for each in body["to"]):
            return "email is not valid in to"
        if any(each.get("name") == "" for each in people):
            return "name is not valid"
        return _header_mistake(body.get("headers", {})) or _file_mistake(body)


def sign(body: bytes, at: datetime) -> Hook:
    """They sign nothing; their call brings the password of the address they were given."""
    del at
    login = base64.b64encode(f"lettercourse:{WEBHOOK_SECRET}".encode()).decode()
    return Hook({"authorization": f"Basic {login}", "content-type": "application/json"}, body)


def make_brevo(port: int = 0, journal: Path | None = None, rules: Rules | None = None) -> Player:
    return Player((rules or Rules()).judge, _trouble, Journal(journal), port)


def _header_mistake(headers: Any) -> str | None:
    if not isinstance(headers, dict) or not all(isinstance(v, str) for v in headers.values()):
        return "headers is not an object of strings"
    try:
        UUID(headers.get("idempotencyKey", str(UUID(int=0))))
    except ValueError:
        return "idempotencyKey is not a UUID"
    return None


def _file_mistake(body: Item) -> str | None:
    if "attachment" not in body:
        return None
    if not body["attachment"]:
        return "attachment is empty"
    for each in body["attachment"]:
        if set(each) - {"name", "content", "url"}:
            return "attachment holds an unknown parameter"
        if each["name"].rpartition(".")[2] not in EXTENSIONS:
            return "attachment has an unsupported file format"
    return None


def _taken(body: Item, number: str) -> Item:
    """As it would travel: the key stays behind, and what isn't ASCII arrives broken."""
    headers = {
        name: value.encode().decode("ascii", "replace")
        for name, value in body.get("headers", {}).items()
        if name != "idempotencyKey"
    }
    return {"id": number, "to": body["to"][0]["email"], "message": body, "headers": headers}


def _refusal(status: int, message: str, code: str = "") -> Verdict:
    body = {"code": code or CODES.get(status, "bad_request"), "message": message}
    return Verdict(status, body)


def _trouble(fault: Fault) -> Verdict:
    """Their wait is in a header of its own; they know no Retry-After."""
    said = _refusal(fault.status, "Something went wrong.", fault.name)
    headers = {"x-sib-ratelimit-reset": fault.retry_after} if fault.retry_after is not None else {}
    return Verdict(said.status, said.body, headers=headers)


def _arrived(entry: Item) -> Arrived:
    message = entry["message"]
    headers = dict(entry["headers"])
    key = headers.pop("X-Mailin-custom")
    return Arrived(
        to=message["to"][0]["email"],
        sender=str(Address(**message["sender"])),
        reply_to=message["replyTo"]["email"],
        subject=message["subject"],
        html=message["htmlContent"],
        text=message["textContent"],
        headers=headers,
        key=key,
        attachments=[
            (each["name"], mimetypes.guess_type(each["name"])[0] or "", each["content"])
            for each in message.get("attachment", [])
        ],
    )


PLAYED = Vendor(
    "brevo",
    lambda: make_brevo(rules=Rules(bad={BAD})),
    {"api_key": API_KEY, "webhook_secret": WEBHOOK_SECRET},
    _arrived,
    sign,
    one_call_each=True,
    guesses_types=True,
)


if __name__ == "__main__":
    main(make_brevo)
