"""Plays SparkPost by its documented rules. https://developers.sparkpost.com/api/transmissions/

Run as `python -m tests.players.sparkpost --port 0 --journal FILE`; it prints its URL.
"""

import base64
import json
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from emails.message import Address
from emails.providers.hooks import Hook
from tests.players import mime
from tests.players.faults import Fault
from tests.players.played import BAD, Arrived, Vendor, files
from tests.players.vendor import Call, Item, Journal, Player, Verdict, main

API_KEY = "0123456789abcdef0123456789abcdef01234567"
WEBHOOK_SECRET = "a-long-password"
DOMAIN = "practice.example"
CONTENT_BYTES = 20 * 1024 * 1024
METADATA_BYTES = 1000
NAME_BYTES = 255
# What each object may hold; what it must hold ends with an exclamation mark.
FIELDS = {
    "transmission": {
        *("options", "recipients!", "content!", "campaign_id", "description", "metadata"),
        *("substitution_data", "return_path"),
    },
    "options": {
        *("start_time", "open_tracking", "click_tracking", "transactional", "sandbox"),
        *("skip_suppression", "ip_pool", "inline_css", "perform_substitutions"),
    },
    "recipient": {"address!", "return_path", "tags", "metadata", "substitution_data"},
    "address": {"email!", "name", "header_to"},
    "content": {
        *("from!", "subject!", "html", "text", "reply_to", "headers", "attachments"),
        "inline_images",
    },
    "raw content": {"email_rfc822!"},
    "attachment": {"name!", "type!", "data!"},
}
# https://developers.sparkpost.com/api/transmissions/#header-header-notes
OWN_HEADERS = {
    *("subject", "from", "to", "reply-to", "content-type", "content-transfer-encoding"),
}
ADDRESS = re.compile(r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$")
SAID = {
    401: "Unauthorized",
    403: "Forbidden",
    413: "Payload too large",
    420: "Exceed Sending Limit (daily)",
    422: "invalid data format/type",
    429: "Too many requests",
}
CODES = {420: "2101", 422: "1300"}


class Rules:
    def __init__(self, bad: Collection[str] = ()) -> None:
        self.bad = set(bad)

    def judge(self, call: Call) -> Verdict:
        if call.headers.get("Authorization") != API_KEY:
            return Verdict(401, {"errors": [{"message": "Unauthorized."}]})
        if call.path.partition("?")[0].rstrip("/") != "/api/v1/transmissions":
            return Verdict(404, {"errors": [{"message": "Resource could not be found"}]})
        try:
            body = json.loads(call.body)
        except ValueError:
            return _refusal(422, "1300", "invalid data format/type", "the body isn't JSON")
        if wrong := next(_mistakes(body), None):
            return _refusal(422, *wrong)
        if Address(_sender(body["content"])).domain != DOMAIN:
            said = "Unconfigured or unverified sending domain."
            return _refusal(400, "7001", "Invalid domain", said)
        return self._send(body)

    def _send(self, body: Item) -> Verdict:
        addresses = [_email_of(recipient["address"]) for recipient in body["recipients"]]
        good = [each for each in addresses if ADDRESS.match(each) and each not in self.bad]
        errors = [
            {"message": "Invalid recipient", "description": f"{each}: invalid", "code": "1902"}
            for each in addresses
            if each not in good
        ]
        if not good:
            said = "At least one valid recipient is required"
            answer = {"errors": [*errors, {"message": said, "code": "5002"}]}
            return Verdict(400, answer)
        number = str(uuid4().int)[:17]
        results: Item = {
            "total_rejected_recipients": len(errors),
            "total_accepted_recipients": len(good),
            "id": number,
        }
        if errors:
            results["rcpt_to_errors"] = errors
        taken = [{"id": number, "to": each, "message": body} for each in good]
        return Verdict(200, {"results": results}, taken)


def sign(body: bytes, at: datetime) -> Hook:
    """They sign nothing; their call brings the password of the address they were given."""
    del at
    login = base64.b64encode(f"lettercourse:{WEBHOOK_SECRET}".encode()).decode()
    headers = {
        "authorization": f"Basic {login}",
        "content-type": "application/json",
        "x-messagesystems-batch-id": str(uuid4()),
    }
    return Hook(headers, body)


def make_sparkpost(
    port: int = 0, journal: Path | None = None, rules: Rules | None = None
) -> Player:
    return Player((rules or Rules()).judge, _trouble, Journal(journal), port)


def _mistakes(body: Any) -> Iterator[tuple[str, str, str]]:
    yield from _shape("transmission", body)
    yield from _shape("options", body.get("options", {}))
    if not isinstance(body["recipients"], list) or not body["recipients"]:
        yield "1400", "required field is missing", "recipients or list_id required"
    for recipient in body["recipients"]:
        yield from _shape("recipient", recipient)
        if isinstance(recipient["address"], dict):
            yield from _shape("address", recipient["address"])
    if len(json.dumps(body.get("metadata", {}))) > METADATA_BYTES:
        yield "1300", "invalid data format/type", "metadata exceeds the maximum size"
    if "email_rfc822" in body["content"]:
        yield from _shape("raw content", body["content"])
    else:
        yield from _content_mistakes(body["content"])


def _content_mistakes(content: Item) -> Iterator[tuple[str, str, str]]:
    yield from _shape("content", content)
    if not content.get("html") and not content.get("text"):
        said = "content object or template_id required: at a minimum html or text"
        yield "1400", "required field is missing", said
    headers = content.get("headers", {})
    for name, value in headers.items():
        if name.lower() in OWN_HEADERS or not isinstance(value, str):
            yield "1300", "invalid data format/type", f"header {name!r} is not allowed"
    for attachment in content.get("attachments", []):
        yield from _shape("attachment", attachment)
        if len(attachment["name"].encode()) > NAME_BYTES or "\n" in attachment["data"]:
            yield "1300", "invalid data format/type", "attachment"
    if len(json.dumps(content)) > CONTENT_BYTES:
        yield "1300", "content is too large", "the limit is 20 MBs"


def _shape(kind: str, value: Any) -> Iterator[tuple[str, str, str]]:
    known = {name.rstrip("!") for name in FIELDS[kind]}
    if not isinstance(value, dict):
        yield "1300", "invalid data format/type", f"{kind} should be an object"
    for name in sorted(set(value) - known):
        yield "1300", "invalid data format/type", f"unexpected field {name!r} in {kind}"
    for name in sorted(each.rstrip("!") for each in FIELDS[kind] if each.endswith("!")):
        if not value.get(name):
            yield "1400", "required field is missing", f"{kind}.{name} is required"


def _sender(content: Item) -> str:
    if raw := content.get("email_rfc822"):
        [address] = mime.parse(raw.encode())["From"].addresses
        return str(address.addr_spec)
    return _email_of(content["from"])


def _email_of(address: str | Mapping[str, str]) -> str:
    return address if isinstance(address, str) else address["email"]


def _refusal(status: int, code: str, message: str, description: str) -> Verdict:
    error = {"message": message, "description": description, "code": code}
    return Verdict(status, {"errors": [error]})


def _trouble(fault: Fault) -> Verdict:
    error = {"message": SAID.get(fault.status, "Internal error")}
    code = fault.name or CODES.get(fault.status)
    headers = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
    return Verdict(
        fault.status, {"errors": [error | ({"code": code} if code else {})]}, (), headers
    )


def _arrived(entry: Item) -> Arrived:
    """As it would travel: nothing is tracked and no unsubscribe link is added, where it says so."""
    message = entry["message"]
    content, options = message["content"], message["options"]
    assert not options["open_tracking"]
    assert not options["click_tracking"]
    assert options["transactional"]
    assert not options["perform_substitutions"]
    key = message["metadata"]["key"]
    if raw := content.get("email_rfc822"):
        mail = mime.parse(raw.encode())
        headers = {name: str(value) for name, value in mail.items()}
        return Arrived(entry["to"], headers=headers, key=key, **mime.read(mail))
    return Arrived(
        to=entry["to"],
        sender=str(Address(content["from"]["email"], content["from"].get("name", ""))),
        reply_to=content["reply_to"],
        subject=content["subject"],
        html=content["html"],
        text=content["text"],
        headers=content["headers"],
        key=key,
        attachments=files(content.get("attachments", []), "name", "type", "data"),
    )


PLAYED = Vendor(
    "sparkpost",
    lambda: make_sparkpost(rules=Rules(bad={BAD})),
    {"api_key": API_KEY, "webhook_secret": WEBHOOK_SECRET},
    _arrived,
    sign,
    one_call_each=True,
    takes_mime=True,
)


if __name__ == "__main__":
    main(make_sparkpost)
