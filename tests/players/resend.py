"""Plays Resend by its documented rules. https://resend.com/docs/api-reference

Run as `python -m tests.players.resend --port 0 --journal FILE`; it prints its URL.
"""

import base64
import hashlib
import hmac
import json
import mimetypes
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from emails.providers.hooks import Hook
from tests.players.faults import Fault
from tests.players.played import BAD, Arrived, Vendor, files
from tests.players.vendor import Call, Item, Journal, Player, Verdict, main

API_KEY = "re_test_key"
WEBHOOK_SECRET = "whsec_cGxheWVkIHdpdGggY2FyZQ=="
MAX_BATCH = 100
KEPT = timedelta(hours=24)
KEY_LENGTH = 256
FIELDS = {
    *("from", "to", "subject", "bcc", "cc", "scheduled_at", "reply_to", "html", "text"),
    *("headers", "topic_id", "attachments", "tags", "template"),
}
ADDRESS = re.compile(r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$")
SENDER = re.compile(
    r"^(?:[^@\s<>]+@[^@\s<>]+|(?:\"(?:[^\"\\]|\\.)*\"|[^<>\"]+) <[^@\s<>]+@[^@\s<>]+>)$"
)
TAG = re.compile(r"^[A-Za-z0-9_-]{1,256}$")
STATUS_OF = {
    "missing_api_key": 401,
    "invalid_api_key": 403,
    "not_found": 404,
    "invalid_idempotency_key": 400,
    "invalid_idempotent_request": 409,
    "concurrent_idempotent_requests": 409,
    "daily_quota_exceeded": 429,
    "monthly_quota_exceeded": 429,
    "rate_limit_exceeded": 429,
    "security_error": 451,
    "application_error": 500,
    "internal_server_error": 500,
}


class Rules:
    """What Resend knows and remembers. `hours_passed` moves its clock, for its key's 24 hours."""

    def __init__(self, bad: Collection[str] = ()) -> None:
        self.bad = set(bad)
        self.hours_passed = 0.0
        self._kept: dict[str, tuple[str, Verdict, datetime]] = {}

    def judge(self, call: Call) -> Verdict:
        trouble = _unauthorized(call.headers) or _lost(call.path)
        if trouble:
            return trouble
        key = call.headers.get("Idempotency-Key")
        if key is None:
            return self._judge_anew(call)
        if not 1 <= len(key) <= KEY_LENGTH:
            return _refusal("invalid_idempotency_key", "The key must be between 1-256 chars.")
        return self._judge_once(call, key)

    def _judge_once(self, call: Call, key: str) -> Verdict:
        digest = hashlib.sha256(call.path.encode() + call.body).hexdigest()
        now = datetime.now(UTC) + timedelta(hours=self.hours_passed)
        kept_digest, answer, at = self._kept.get(key, ("", None, now - KEPT))
        if answer is not None and now - at < KEPT:
            if kept_digest != digest:
                said = "This idempotency key has been used with a different request payload."
                return _refusal("invalid_idempotent_request", said)
            return Verdict(answer.status, answer.body)
        verdict = self._judge_anew(call)
        if verdict.status == 200:
            self._kept[key] = (digest, verdict, now)
        return verdict

    def _judge_anew(self, call: Call) -> Verdict:
        try:
            body = json.loads(call.body)
        except ValueError:
            return _refusal("validation_error", "The request body isn't valid JSON.", 400)
        if call.path == "/emails":
            return self._judge_one(body)
        return self._judge_batch(body, call.headers.get("x-batch-validation", "strict"))

    def _judge_one(self, body: Any) -> Verdict:
        wrong = self._mistake(body)
        if wrong:
            return _refusal(*wrong)
        taken = _taken(body)
        # A file whose name and type disagree makes them drop the mail without a word.
        lost = any(_disagrees(attachment) for attachment in body.get("attachments", []))
        return Verdict(200, {"id": taken["id"]}, [] if lost else [taken])

    def _judge_batch(self, body: Any, mode: str) -> Verdict:
        if not isinstance(body, list) or not 1 <= len(body) <= MAX_BATCH:
            return _refusal("validation_error", "The batch must hold 1 to 100 emails.")
        if any("attachments" in item or "scheduled_at" in item for item in body):
            said = "The `attachments` and `scheduled_at` fields are not supported in batches."
            return _refusal("validation_error", said)
        mistakes = {n: wrong for n, item in enumerate(body) if (wrong := self._mistake(item))}
        if mistakes and mode != "permissive":
            return _refusal(*next(iter(mistakes.values())))
        taken = [_taken(item) for n, item in enumerate(body) if n not in mistakes]
        answer: Item = {"data": [{"id": item["id"]} for item in taken]}
        if mode == "permissive":
            answer["errors"] = [{"index": n, "message": said} for n, (_, said) in mistakes.items()]
        return Verdict(200, answer, taken)

    def _mistake(self, item: Any) -> tuple[str, str] | None:
        if not isinstance(item, dict):
            return "validation_error", "Every email must be an object."
        for name in ("from", "to", "subject"):
            if not item.get(name):
                return "missing_required_field", f"Missing `{name}` field."
        if not item.get("html") and not item.get("text"):
            return "missing_required_field", "Missing `html` or `text` field."
        if not SENDER.match(item["from"]):
            return "invalid_from_address", "Invalid `from` field."
        recipients = [item["to"]] if isinstance(item["to"], str) else item["to"]
        if any(not ADDRESS.match(each) or each in self.bad for each in recipients):
            return "validation_error", "Invalid `to` field."
        return _shape_mistake(item)


def sign(body: bytes, at: datetime) -> Hook:
    """A webhook call as Svix signs it for them."""
    call, seconds = f"msg_{hashlib.sha256(body).hexdigest()[:20]}", str(int(at.timestamp()))
    key = base64.b64decode(WEBHOOK_SECRET.removeprefix("whsec_"))
    signature = hmac.digest(key, f"{call}.{seconds}.".encode() + body, "sha256")
    headers = {
        "svix-id": call,
        "svix-timestamp": seconds,
        "svix-signature": f"v1,{base64.b64encode(signature).decode()}",
        "content-type": "application/json",
    }
    return Hook(headers, body)


def make_resend(port: int = 0, journal: Path | None = None, rules: Rules | None = None) -> Player:
    return Player((rules or Rules()).judge, _trouble, Journal(journal), port)


def _shape_mistake(item: Item) -> tuple[str, str] | None:
    if unknown := set(item) - FIELDS:
        return "validation_error", f"Unexpected field {unknown.pop()!r}."
    if not all(isinstance(value, str) for value in item.get("headers", {}).values()):
        return "validation_error", "Header values must be strings."
    tags = item.get("tags", [])
    if not all(TAG.match(tag["name"]) and TAG.match(tag["value"]) for tag in tags):
        return "validation_error", "Tags should only contain ASCII letters, numbers, _ and -."
    return None


def _taken(item: Item) -> Item:
    to = item["to"] if isinstance(item["to"], str) else item["to"][0]
    return {"id": str(uuid4()), "to": to, "message": item}


def _disagrees(attachment: Mapping[str, str]) -> bool:
    guessed, _ = mimetypes.guess_type(attachment["filename"])
    return guessed != attachment["content_type"].partition(";")[0].strip()


def _unauthorized(headers: Mapping[str, str]) -> Verdict | None:
    given = headers.get("Authorization", "")
    if not given.startswith("Bearer "):
        return _refusal("missing_api_key", "Missing API key in the authorization header.")
    if given != f"Bearer {API_KEY}":
        return _refusal("invalid_api_key", "API key is invalid.")
    return None


def _lost(path: str) -> Verdict | None:
    if path in {"/emails", "/emails/batch"}:
        return None
    return _refusal("not_found", "The requested endpoint does not exist.")


def _refusal(name: str, message: str, status: int | None = None) -> Verdict:
    code = status or STATUS_OF.get(name, 422)
    return Verdict(code, {"statusCode": code, "name": name, "message": message})


def _trouble(fault: Fault) -> Verdict:
    defaults = {429: "rate_limit_exceeded", 401: "restricted_api_key", 500: "application_error"}
    name = fault.name or defaults.get(fault.status, "internal_server_error")
    said = _refusal(name, "Something went wrong.", fault.status)
    headers = {"retry-after": fault.retry_after} if fault.retry_after is not None else {}
    return Verdict(said.status, said.body, headers=headers)


def _arrived(entry: Item) -> Arrived:
    message = entry["message"]
    return Arrived(
        to=message["to"][0],
        sender=message["from"],
        reply_to=message["reply_to"][0],
        subject=message["subject"],
        html=message["html"],
        text=message["text"],
        headers=message["headers"],
        key=message["tags"][0]["value"],
        attachments=files(message.get("attachments", []), "filename", "content_type", "content"),
    )


PLAYED = Vendor(
    "resend",
    lambda: make_resend(rules=Rules(bad={BAD})),
    {"api_key": API_KEY, "webhook_secret": WEBHOOK_SECRET},
    _arrived,
    sign,
    signs_the_body=True,
    dates_its_calls=True,
)


if __name__ == "__main__":
    main(make_resend, Rules)
