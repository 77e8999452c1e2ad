"""Plays Mailgun by its documented rules.

https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages

Run as `python -m tests.players.mailgun --port 0 --journal FILE`; it prints its URL.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Collection
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import parse_qsl
from uuid import uuid4

from emails.providers.hooks import Hook
from tests.players import mime
from tests.players.faults import Fault
from tests.players.played import BAD, Arrived, Vendor
from tests.players.vendor import Call, Item, Journal, Player, Verdict, main

API_KEY = "key-mailgun-test"
SIGNING_KEY = "mailgun-signing-key"
DOMAIN = "mg.practice.example"
LARGEST_BYTES = 25 * 1024 * 1024
OPTION_BYTES = 16 * 1024
FIELDS = {
    *("from", "to", "cc", "bcc", "subject", "text", "html", "amp-html", "template"),
    *("attachment", "inline", "recipient-variables"),
}
PATHS = (f"/v3/{DOMAIN}/messages", f"/v3/{DOMAIN}/messages.mime")
# Its name, its type, and its content in base64.
Upload = tuple[str, str, str]
TRACKERS = ("o:tracking", "o:tracking-clicks", "o:tracking-opens")
ADDRESS = re.compile(r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$")
SENDER = re.compile(r"(?:^|<)[^@\s<>]+@[^@\s<>]+>?$")


class Rules:
    def __init__(self, bad: Collection[str] = ()) -> None:
        self.bad = set(bad)

    def judge(self, call: Call) -> Verdict:
        if call.path.startswith("GET /v4/domains/"):
            known = call.path.endswith(f"/{DOMAIN}")
            return Verdict(200 if known else 404, {"domain": {"name": DOMAIN}})
        login = base64.b64encode(f"api:{API_KEY}".encode()).decode()
        if call.headers.get("Authorization") != f"Basic {login}":
            return Verdict(401, "Forbidden")
        if call.path not in PATHS:
            return _refusal(404, f"Domain not found: {call.path.split('/')[2]}")
        if len(call.body) > LARGEST_BYTES:
            return _refusal(413, "Message is too large.")
        fields, files = read(call)
        is_whole = call.path.endswith(".mime")
        wrong = self._mistake_around(fields, files) if is_whole else self._mistake(fields)
        if wrong:
            return _refusal(400, wrong)
        taken = _taken(fields, files)
        answer = {"id": f"<{taken['id']}>", "message": "Queued. Thank you."}
        return Verdict(200, answer, [taken])

    def _mistake_around(self, fields: dict[str, str], files: list[Upload]) -> str | None:
        """Of a whole email: https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages/post-v3--domain-name--messages-mime."""
        if [name for name, *_ in files] != ["message.eml"]:
            return "message parameter is missing"
        if not ADDRESS.match(fields.get("to", "")) or fields["to"] in self.bad:
            return "to parameter is not a valid address. please check documentation"
        options = {name for name in fields if name[:2] in {"o:", "h:", "v:"}}
        if unknown := set(fields) - options - {"to", "recipient-variables", "template"}:
            return f"{unknown.pop()} parameter is unknown"
        return None

    def _mistake(self, fields: dict[str, str]) -> str | None:
        for name in ("from", "to"):
            if not fields.get(name):
                return f"{name} parameter is missing"
        if not ADDRESS.match(fields["to"]) or fields["to"] in self.bad:
            return "to parameter is not a valid address. please check documentation"
        if not SENDER.search(fields["from"]):
            return "from parameter is not a valid address. please check documentation"
        if not {"text", "html", "template"} & set(fields):
            return (
                "Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified"
            )
        options = {name: value for name, value in fields.items() if name[:2] in {"o:", "h:", "v:"}}
        if sum(len(name) + len(value) for name, value in options.items()) > OPTION_BYTES:
            return "The total size of o:, h:, v:, and t: params should not exceed 16384 bytes"
        if unknown := set(fields) - set(options) - FIELDS:
            return f"{unknown.pop()} parameter is unknown"
        return None


def read(call: Call) -> tuple[dict[str, str], list[Upload]]:
    """A form in either of its shapes: its fields, and its files in base64."""
    kind = call.headers.get("Content-Type", "")
    if not kind.startswith("multipart/"):
        return dict(parse_qsl(call.body.decode(), keep_blank_values=True)), []
    whole = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + call.body)
    fields: dict[str, str] = {}
    files: list[Upload] = []
    for part in whole.walk():
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes):
            continue
        filename = part.get_filename()
        if filename:
            files.append((filename, part["Content-Type"], base64.b64encode(content).decode()))
        else:
            fields[str(part.get_param("name", header="content-disposition"))] = content.decode()
    return fields, files


def sign(body: bytes, at: datetime) -> Hook:
    """They put their proof into the JSON itself, and it covers nothing else of it."""
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    if isinstance(said, dict):
        body = json.dumps(
            {"signature": proof(hashlib.sha256(body).hexdigest(), at)} | said
        ).encode()
    return Hook({"content-type": "application/json"}, body)


def proof(token: str, at: datetime, key: str = SIGNING_KEY) -> dict[str, str]:
    seconds = str(int(at.timestamp()))
    signature = hmac.new(key.encode(), f"{seconds}{token}".encode(), "sha256").hexdigest()
    return {"timestamp": seconds, "token": token, "signature": signature}


def make_mailgun(port: int = 0, journal: Path | None = None, rules: Rules | None = None) -> Player:
    return Player((rules or Rules()).judge, _trouble, Journal(journal), port)


def _taken(fields: dict[str, str], files: list[Upload]) -> Item:
    """As it would travel. Our Message-ID is kept; what watches a reader is on unless told no."""
    whole = None if "from" in fields else _whole(files)
    said = str(whole["Message-ID"]) if whole else fields.get("h:Message-ID")
    ours = said or f"<{uuid4().hex}@{DOMAIN}>"
    watched = [name for name in TRACKERS if fields.get(name) != "no"]
    return {
        "id": ours.strip("<>"),
        "to": fields["to"],
        "message": fields,
        "files": files,
        "watched": watched,
    }


def _refusal(status: int, said: str) -> Verdict:
    return Verdict(status, {"message": said})


def _trouble(fault: Fault) -> Verdict:
    if fault.status == 401:
        return Verdict(401, "Forbidden")
    limit = f"Domain {DOMAIN} is not allowed to send: account-requests-per-sec limit exceeded"
    headers = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
    return Verdict(fault.status, {"message": fault.name or limit}, headers=headers)


def _whole(files: list[Upload]) -> EmailMessage:
    [(_, _, content)] = files
    return mime.parse(base64.b64decode(content))


def _arrived(entry: Item) -> Arrived:
    fields = entry["message"]
    if "from" not in fields:
        mail = _whole(entry["files"])
        headers = {name: str(value) for name, value in mail.items()}
        return Arrived(fields["to"], headers=headers, key=fields["v:key"], **mime.read(mail))
    headers = {name[2:]: value for name, value in fields.items() if name.startswith("h:")}
    return Arrived(
        to=fields["to"],
        sender=fields["from"],
        reply_to=headers.pop("Reply-To"),
        subject=fields["subject"],
        html=fields["html"],
        text=fields["text"],
        headers=headers,
        key=fields["v:key"],
        attachments=entry["files"],
    )


PLAYED = Vendor(
    "mailgun",
    lambda: make_mailgun(rules=Rules(bad={BAD})),
    {"api_key": API_KEY, "domain": DOMAIN, "webhook_secret": SIGNING_KEY},
    _arrived,
    sign,
    one_call_each=True,
    takes_mime=True,
    dates_its_calls=True,
    proof_in_body=True,
    stale_after=timedelta(hours=10),
)


if __name__ == "__main__":
    main(make_mailgun)
