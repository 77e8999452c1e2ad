"""Plays Amazon SES by its documented rules, and the SNS that speaks for it.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html

Run as `python -m tests.players.ses --port 0 --journal FILE`; it prints its URL.
"""

import base64
import json
import re
from collections.abc import Collection, Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from emails.providers.ses import SesProvider
from tests.players import mime, sns
from tests.players.faults import Fault
from tests.players.played import BAD, Arrived, Vendor
from tests.players.signature_v4 import HEADER, expected
from tests.players.vendor import Call, Item, Journal, Player, Verdict, main

ACCESS_KEY_ID = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
REGION = "eu-central-1"
CONFIGURATION_SET = "letters"
BUCKET = "letters-received"
PATH = "/v2/email/outbound-emails"
SIMPLE_HEADERS, NAME_LENGTH, VALUE_LENGTH = 15, 126, 995
FIELDS = {
    *("FromEmailAddress", "FromEmailAddressIdentityArn", "Destination", "ReplyToAddresses"),
    *("FeedbackForwardingEmailAddress", "FeedbackForwardingEmailAddressIdentityArn"),
    *("Content", "EmailTags", "ConfigurationSetName", "EndpointId", "TenantName"),
    "ListManagementOptions",
}
TAG = re.compile(r"^[A-Za-z0-9_-]{1,256}$")
ADDRESS = re.compile(r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$")


class Rules:
    """`counting` are the kinds of events that its configuration set has asked for."""

    def __init__(
        self, bad: Collection[str] = (), counting: Collection[str] = ("DELIVERY",)
    ) -> None:
        self.bad = set(bad)
        self.counting = list(counting)
        self.account: Item = {"SendingEnabled": True, "ProductionAccessEnabled": True}
        # What lies in the bucket, by its key.
        self.kept: dict[str, bytes] = {}
        self.s3_is_down = False

    def judge(self, call: Call) -> Verdict:
        if call.path == "GET /v2/email/account":
            return Verdict(200, self.account)
        if call.path.startswith("GET /v2/email/configuration-sets/"):
            return self._destinations(call.path.split("/")[4])
        if call.path.startswith(f"GET /{BUCKET}/"):
            return self._object(call, unquote(call.path.removeprefix(f"GET /{BUCKET}/")))
        if call.path != PATH:
            return _refusal(404, "UnknownOperationException", "")
        trouble = _unsigned(call, "ses")
        if trouble:
            return trouble
        try:
            item = json.loads(call.body)
        except ValueError:
            return _refusal(400, "SerializationException", "")
        return self._judge(item)

    def _destinations(self, name: str) -> Verdict:
        if name != CONFIGURATION_SET:
            return _no_configuration_set(name)
        told = {"Name": "sns", "Enabled": True, "MatchingEventTypes": self.counting}
        return Verdict(200, {"EventDestinations": [told]})

    def _object(self, call: Call, key: str) -> Verdict:
        """As S3 answers to whoever may list what there is."""
        if _unsigned(call, "s3"):
            return Verdict(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        if self.s3_is_down:
            return Verdict(503, b"<Error><Code>ServiceUnavailable</Code></Error>")
        if key not in self.kept:
            return Verdict(404, b"<Error><Code>NoSuchKey</Code></Error>")
        return Verdict(200, self.kept[key], headers={"Content-Type": "binary/octet-stream"})

    def _judge(self, item: Item) -> Verdict:
        name = item.get("ConfigurationSetName", CONFIGURATION_SET)
        if name != CONFIGURATION_SET:
            return _no_configuration_set(name)
        wrong = self._mistake(item)
        if wrong:
            return _refusal(400, "BadRequestException", wrong)
        taken = _taken(item)
        return Verdict(200, {"MessageId": taken["id"]}, [taken])

    def _mistake(self, item: Item) -> str | None:
        if unknown := set(item) - FIELDS:
            return f"Unexpected field {unknown.pop()!r}."
        recipients = item.get("Destination", {}).get("ToAddresses", [])
        if not 1 <= len(recipients) <= 50:
            return "Recipient count must be between 1 and 50."
        if any(not ADDRESS.match(each) or each in self.bad for each in recipients):
            return "Invalid email address."
        if not all(TAG.match(tag["Name"]) and TAG.match(tag["Value"]) for tag in item["EmailTags"]):
            return "Invalid tag: it may hold letters, numbers, _ and - alone."
        content = item.get("Content", {})
        if list(content) == ["Raw"]:
            mail = _mail(content["Raw"])
            return None if mail["From"] and mail.get_content_type() else "Missing required header."
        return _simple_mistake(item, content["Simple"])


def _simple_mistake(item: Item, simple: Item) -> str | None:
    if not item["FromEmailAddress"].isascii():
        return "Local address contains control or whitespace"
    headers = simple.get("Headers", [])
    if len(headers) > SIMPLE_HEADERS:
        return "Too many headers."
    for each in headers:
        fits = len(each["Name"]) <= NAME_LENGTH and 1 <= len(each["Value"]) <= VALUE_LENGTH
        if not fits or not each["Value"].isascii():
            return f"Invalid header {each['Name']}."
    if not simple["Subject"]["Data"] or not set(simple["Body"]) <= {"Text", "Html"}:
        return "Invalid subject or body."
    return None


def make_ses(port: int = 0, journal: Path | None = None, rules: Rules | None = None) -> Player:
    return Player((rules or Rules()).judge, _trouble, Journal(journal), port)


def _unsigned(call: Call, service: str) -> Verdict | None:
    headers = {name.lower(): value for name, value in call.headers.items()}
    given = HEADER.fullmatch(headers.get("authorization", ""))
    if given is None:
        said = "Missing Authentication Token"
        return _refusal(403, "MissingAuthenticationTokenException", said)
    if given["id"] != ACCESS_KEY_ID:
        said = "The security token included in the request is invalid."
        return _refusal(403, "UnrecognizedClientException", said)
    if not _is_right(given, headers, call, service):
        said = "The request signature we calculated does not match the signature you provided."
        return _refusal(403, "InvalidSignatureException", said)
    return None


def _is_right(given: re.Match[str], headers: Mapping[str, str], call: Call, service: str) -> bool:
    method, path = ("GET", call.path[4:]) if call.path.startswith("GET ") else ("POST", call.path)
    signed = {name: headers[name] for name in given["headers"].split(";")}
    scope = f"{headers['x-amz-date'][:8]}/{REGION}/{service}/aws4_request"
    right = expected(method, unquote(path), signed, call.body, scope, SECRET_KEY)
    return {"host", "x-amz-date"} <= set(signed) and (given["scope"], given["signature"]) == (
        scope,
        right,
    )


def _taken(item: Item) -> Item:
    """As it would travel: Message-ID is theirs."""
    number = f"0107{uuid4().hex}-000000"
    content = item["Content"]
    if "Raw" in content:
        headers = {name: str(value) for name, value in _mail(content["Raw"]).items()}
    else:
        headers = {each["Name"]: each["Value"] for each in content["Simple"].get("Headers", [])}
    theirs = {"Message-ID": f"<{number}@{REGION}.amazonses.com>"}
    to = item["Destination"]["ToAddresses"][0]
    return {"id": number, "to": to, "message": item, "headers": headers | theirs}


def _mail(raw: Item) -> EmailMessage:
    return mime.parse(base64.b64decode(raw["Data"]))


def _no_configuration_set(name: str) -> Verdict:
    said = f"Configuration set <{name}> does not exist."
    return _refusal(404, "NotFoundException", said)


def _refusal(status: int, name: str, said: str) -> Verdict:
    return Verdict(status, {"message": said}, headers={"x-amzn-ErrorType": name})


def _trouble(fault: Fault) -> Verdict:
    defaults = {429: "TooManyRequestsException", 401: "UnrecognizedClientException"}
    name, _, said = fault.name.partition(": ")
    name = name or defaults.get(fault.status, "InternalFailure")
    refusal = _refusal(fault.status, name, said or "Something went wrong.")
    extra = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
    return Verdict(refusal.status, refusal.body, headers={**refusal.headers, **extra})


def _arrived(entry: Item) -> Arrived:
    message, headers = entry["message"], entry["headers"]
    raw = message["Content"].get("Raw")
    told = mime.read(_mail(raw)) if raw else _from_simple(message)
    [tag] = message["EmailTags"]
    return Arrived(to=entry["to"], headers=headers, key=tag["Value"], **told)


def _from_simple(message: Item) -> dict[str, Any]:
    simple = message["Content"]["Simple"]
    return {
        "sender": mime.decoded(message["FromEmailAddress"]),
        "reply_to": message["ReplyToAddresses"][0],
        "subject": simple["Subject"]["Data"],
        "html": simple["Body"]["Html"]["Data"],
        "text": simple["Body"]["Text"]["Data"],
        "attachments": [],
    }


PLAYED = Vendor(
    "ses",
    lambda: make_ses(rules=Rules(bad={BAD})),
    {
        "api_key": SECRET_KEY,
        "access_key_id": ACCESS_KEY_ID,
        "region": REGION,
        "configuration_set": CONFIGURATION_SET,
        "topics": [sns.TOPIC],
    },
    _arrived,
    sns.sign,
    one_call_each=True,
    takes_mime=True,
    own_headers=frozenset({"message-id", "date"}),
    dates_its_calls=True,
    proof_in_body=True,
    without_proof={"topics": []},
    make=lambda options: SesProvider(options, sns.Amazon().ask),
)


if __name__ == "__main__":
    main(make_ses)
