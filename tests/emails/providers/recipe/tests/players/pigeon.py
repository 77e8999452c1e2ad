"""Plays Pigeon by the rules it would have documented.

Run as `python -m tests.players.pigeon --port 0 --journal FILE`; it prints its URL.
"""

import hashlib
import hmac
import json
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from emails.providers.hooks import Hook
from tests.players.faults import Fault
from tests.players.played import BAD, Arrived, Vendor, files
from tests.players.vendor import Call, Item, Journal, Player, Verdict, main

API_KEY = "coo-0123456789abcdef"
WEBHOOK_SECRET = "fedcba9876543210"
FIELDS = {"from", "to", "reply_to", "subject", "html", "text", "headers", "key", "files"}


class Rules:
    def __init__(self, bad: Collection[str] = ()) -> None:
        self.bad = set(bad)

    def judge(self, call: Call) -> Verdict:
        if call.headers.get("Authorization") != f"Bearer {API_KEY}":
            return _refusal(401, "Who are you?")
        if call.path != "/letters":
            return _refusal(404, "Nobody lives here")
        letter = json.loads(call.body)
        if set(letter) != FIELDS:
            return _refusal(400, "These aren't the fields of a letter")
        if letter["to"] in self.bad:
            return _refusal(422, "'to' isn't a valid address")
        taken = {"id": str(uuid4()), "to": letter["to"], "letter": letter}
        return Verdict(200, {"id": taken["id"]}, [taken])


def sign(body: bytes, at: datetime) -> Hook:
    signed_at = str(int(at.timestamp()))
    signed = f"{signed_at}.".encode() + body
    signature = hmac.new(WEBHOOK_SECRET.encode(), signed, hashlib.sha256).hexdigest()
    return Hook({"pigeon-time": signed_at, "pigeon-signature": signature}, body)


def make_pigeon(port: int = 0, journal: Path | None = None, rules: Rules | None = None) -> Player:
    return Player((rules or Rules()).judge, _trouble, Journal(journal), port)


def _refusal(status: int, error: str) -> Verdict:
    return Verdict(status, {"error": error})


def _trouble(fault: Fault) -> Verdict:
    headers = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
    return Verdict(fault.status, {"error": fault.name or "A storm"}, headers=headers)


def _arrived(entry: Item) -> Arrived:
    letter = entry["letter"]
    return Arrived(
        to=letter["to"],
        sender=letter["from"],
        reply_to=letter["reply_to"],
        subject=letter["subject"],
        html=letter["html"],
        text=letter["text"],
        headers=letter["headers"],
        key=letter["key"],
        attachments=files(letter["files"], "name", "type", "content"),
    )


PLAYED = Vendor(
    "pigeon",
    lambda: make_pigeon(rules=Rules(bad={BAD})),
    {"api_key": API_KEY, "webhook_secret": WEBHOOK_SECRET},
    _arrived,
    sign,
    one_call_each=True,
    signs_the_body=True,
    dates_its_calls=True,
)


if __name__ == "__main__":
    main(make_pigeon)
