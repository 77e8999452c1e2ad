"""Plays Amazon SES by its documented rules, and the SNS that speaks for it.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html

Run as `python -m tests.players.ses --port 0 --journal FILE`; it prints its URL.
"""

import base64
import json
import re
from collections.abc import Collection, Mapping
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import uuid4

from emails.message import Address
from emails.providers.ses import SesProvider
from tests.players import sns
from tests.players.faults import Fault
from tests.players.played import BAD, Arrived, Vendor
from tests.players.signature_v4 import HEADER, expected
from tests.players.vendor import Call, Item, Journal, Player, Verdict, main

ACCESS_KEY_ID = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
REGION = "eu-central-1"
CONFIGURATION_SET = "letters"
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

    def judge(self, call: Call) -> Verdict:
        if call.path == "GET /v2/email/account":
            return Verdict(200, self.account)
        if call.path.startswith("GET /v2/email/configuration-sets/"):
            return self._destinations(call.path.split("/")[4])
        if call.path != PATH:
            return _refusal(404, "UnknownOperationException", "")
        trouble = _unsigned(call)
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


def _unsigned(call: Call) -> Verdict | None:
    headers = {name.lower(): value for name, value in call.headers.items()}
    given = HEADER.fullmatch(headers.get("authorization", ""))
    if given is None:
        said = "Missing Authentication Token"
        return _refusal(403, "MissingAuthenticationTokenException", said)
    if given["id"] != ACCESS_KEY_ID:
        said = "The security token included in the request is invalid."
        return _refusal(403, "UnrecognizedClientException", said)
    if not _is_right(given, headers, call):
        said = "The request signature we calculated does not match the signature you provided."
        return _refusal(403, "InvalidSignatureException", said)
    return None


def _is_right(given: re.Match[str], headers: Mapping[str, str], call: Call) -> bool:
    signed = {name: headers[name] for name in given["headers"].split(";")}
    scope = f"{headers['x-amz-date'][:8]}/{REGION}/ses/aws4_request"
    right = expected("POST", call.path, signed, call.body, scope, SECRET_KEY)
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
    return message_from_bytes(base64.b64decode(raw["Data"]), policy=default)


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
    told = _from_raw(_mail(raw)) if raw else _from_simple(message)
    [tag] = message["EmailTags"]
    return Arrived(to=entry["to"], headers=headers, key=tag["Value"], **told)


def _from_simple(message: Item) -> dict[str, Any]:
    simple = message["Content"]["Simple"]
    return {
        "sender": _decoded(message["FromEmailAddress"]),
        "reply_to": message["ReplyToAddresses"][0],
        "subject": simple["Subject"]["Data"],
        "html": simple["Body"]["Html"]["Data"],
        "text": simple["Body"]["Text"]["Data"],
        "attachments": [],
    }


def _from_raw(mail: EmailMessage) -> dict[str, Any]:
    bodies = {each.get_content_type(): each.get_content() for each in mail.walk() if _is_body(each)}
    return {
        "sender": _decoded(str(mail["From"])),
        "reply_to": str(mail["Reply-To"]),
        "subject": str(mail["Subject"]),
        "html": bodies["text/html"],
        "text": bodies["text/plain"],
        "attachments": [_file(each) for each in mail.iter_attachments()],
    }


def _is_body(part: EmailMessage) -> bool:
    return part.get_content_maintype() == "text" and not part.is_attachment()


def _file(part: EmailMessage) -> tuple[str, str, str]:
    parameters = [f"{name}={value}" for name, value in part["Content-Type"].params.items()]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    kind = "; ".join([part.get_content_type(), *parameters])
    return part.get_filename() or "", kind, base64.b64encode(content).decode()


def _decoded(sender: str) -> str:
    mail = EmailMessage(policy=default)
    mail["From"] = sender
    [address] = mail["From"].addresses
    return str(Address(address.addr_spec, address.display_name))


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
    own_headers=frozenset({"message-id", "date"}),
    dates_its_calls=True,
    proof_in_body=True,
    without_proof={"topics": []},
    make=lambda options: SesProvider(options, sns.Amazon().ask),
)


if __name__ == "__main__":
    main(make_ses)
