"""Plays Postmark by its documented rules. https://postmarkapp.com/developer/api/email-api

Run as `python -m tests.players.postmark --port 0 --journal FILE`; it prints its URL.
"""

import base64
import json
import re
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from emails.providers.hooks import Hook
from tests.players.faults import Fault
from tests.players.played import BAD, Arrived, Vendor, files
from tests.players.vendor import Call, Item, Journal, Player, Verdict, main

TOKEN = "postmark-test-token"
WEBHOOK_SECRET = "a-long-password"
MAX_BATCH = 500
STREAMS = {"outbound", "broadcast"}
FIELDS = {
    *("From", "To", "Cc", "Bcc", "Subject", "Tag", "HtmlBody", "TextBody", "ReplyTo", "Headers"),
    *("TrackOpens", "TrackLinks", "Attachments", "Metadata", "MessageStream"),
}
ADDRESS = re.compile(r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$")
SUBMITTED = "2026-11-03T07:00:00.0000000-05:00"


class Rules:
    def __init__(self, bad: Collection[str] = (), inactive: Collection[str] = ()) -> None:
        self.bad, self.inactive = set(bad), set(inactive)

    def judge(self, call: Call) -> Verdict:
        if call.headers.get("X-Postmark-Server-Token") != TOKEN:
            said = "The Server Token you provided in the X-Postmark-Server-Token request header "
            return Verdict(401, _error(10, said + "was invalid."))
        if call.path not in {"/email", "/email/batch"}:
            return Verdict(404, _error(404, "Not found."))
        try:
            body = json.loads(call.body)
        except ValueError:
            return Verdict(422, _error(402, "Received invalid JSON input."))
        if call.path == "/email":
            answer, taken = self._judge_one(body)
            return Verdict(200 if answer["ErrorCode"] == 0 else 422, answer, taken)
        return self._judge_batch(body)

    def _judge_batch(self, body: Any) -> Verdict:
        if not isinstance(body, list):
            return Verdict(422, _error(402, "Received invalid JSON input."))
        if len(body) > MAX_BATCH:
            return Verdict(422, _error(410, "Too many batch messages."))
        judged = [self._judge_one(item) for item in body]
        return Verdict(
            200, [answer for answer, _ in judged], [t for _, taken in judged for t in taken]
        )

    def _judge_one(self, item: Item) -> tuple[Item, list[Item]]:
        wrong = self._mistake(item)
        if wrong:
            return _error(*wrong), []
        taken = _taken(item)
        answer = _error(0, "OK") | {
            "To": item["To"],
            "SubmittedAt": SUBMITTED,
            "MessageID": taken["id"],
        }
        return answer, [taken]

    def _mistake(self, item: Item) -> tuple[int, str] | None:
        if not item.get("From"):
            return 300, "Invalid 'From' address."
        if not ADDRESS.match(item.get("To", "")) or item["To"] in self.bad:
            return 300, "Invalid 'To' address: it isn't valid."
        if item["To"] in self.inactive:
            return 406, "You tried to send to a recipient that has been marked as inactive."
        if not item.get("HtmlBody") and not item.get("TextBody"):
            return 300, "Provide either email TextBody or HtmlBody or both."
        if item.get("MessageStream", "outbound") not in STREAMS:
            return 1235, "The message stream for the provided 'ID' was not found."
        if unknown := set(item) - FIELDS:
            return 403, f"Unexpected field {unknown.pop()!r}."
        return None


def sign(body: bytes, at: datetime) -> Hook:
    """They sign nothing; their call brings the password of the address they were given."""
    del at
    login = base64.b64encode(f"lettercourse:{WEBHOOK_SECRET}".encode()).decode()
    return Hook({"authorization": f"Basic {login}", "content-type": "application/json"}, body)


def make_postmark(port: int = 0, journal: Path | None = None, rules: Rules | None = None) -> Player:
    return Player((rules or Rules()).judge, _trouble, Journal(journal), port)


def _taken(item: Item) -> Item:
    """As it would travel: without X-PM-KeepID a Message-ID is replaced by their own."""
    number = str(uuid4())
    headers = {header["Name"]: header["Value"] for header in item.get("Headers", [])}
    if headers.pop("X-PM-KeepID", "false").lower() != "true":
        headers["Message-ID"] = f"<{number}@mtasv.net>"
    return {"id": number, "to": item["To"], "message": item, "headers": headers}


def _error(code: int, message: str) -> Item:
    return {"ErrorCode": code, "Message": message}


def _trouble(fault: Fault) -> Verdict:
    said = {503: (100, "Maintenance. Please try again later."), 401: (10, "Bad token.")}
    body = _error(*said.get(fault.status, (fault.status, "Something went wrong.")))
    if fault.name:
        body["ErrorCode"] = int(fault.name)
    headers = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
    return Verdict(fault.status, body, headers=headers)


def _arrived(entry: Item) -> Arrived:
    message = entry["message"]
    return Arrived(
        to=message["To"],
        sender=message["From"],
        reply_to=message["ReplyTo"],
        subject=message["Subject"],
        html=message["HtmlBody"],
        text=message["TextBody"],
        headers=entry["headers"],
        key=message["Metadata"]["key"],
        attachments=files(message["Attachments"], "Name", "ContentType", "Content"),
    )


PLAYED = Vendor(
    "postmark",
    lambda: make_postmark(rules=Rules(bad={BAD})),
    {"api_key": TOKEN, "webhook_secret": WEBHOOK_SECRET},
    _arrived,
    sign,
    maintenance_is_certain=True,
)


if __name__ == "__main__":
    main(make_postmark, Rules)
