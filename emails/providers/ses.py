"""How Amazon SES is spoken to, in version 2 of its API.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html

Their batch is one letter for many readers; ours differ, so each takes a call of its own, signed
with our key. There is no idempotency key. SES sets Message-ID and Date itself, whatever ours say,
so replies are recognised by their address alone.
https://docs.aws.amazon.com/ses/latest/dg/header-fields.html

No letter can ask SES not to watch its reader: it does where the configuration set, or the whole
account, was told to. `probe` finds that.
"""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import formataddr
from typing import Annotated

import httpx
from httpx_auth import AWS4Auth
from pydantic import AfterValidator, Field

from emails.message import Message, to_mime
from emails.providers import ses_notices, sns
from emails.providers.base import Accepted, AccountPaused, Outcome, Rejected, TryLater, Unknown
from emails.providers.hooks import Event, Hook, Received, listed, mapping, text
from emails.providers.options import Options, web_address
from emails.providers.ses_bucket import Bucket
from emails.providers.transport import (
    FLIGHTS,
    Transport,
    download,
    each_alone,
    json_of,
    key_trouble,
    retry_after,
    text_of,
)

ACCOUNT_PAUSE = timedelta(minutes=15)
QUOTA_PAUSE = timedelta(hours=1)

# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html
THROTTLED = {"TooManyRequestsException", "ThrottlingException", "Throttling"}
ACCOUNT = {
    "AccountSuspendedException": ACCOUNT_PAUSE,
    "SendingPausedException": ACCOUNT_PAUSE,
    "MailFromDomainNotVerifiedException": ACCOUNT_PAUSE,
    "IncompleteSignature": ACCOUNT_PAUSE,
    "LimitExceededException": QUOTA_PAUSE,
}
# https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html
DAILY_QUOTA = "quota exceeded"
# Of the sender, or in an account that may not send to everybody yet.
# https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html
UNVERIFIED = "not verified"
REFUSED = (400, 413)
# 404: they know no such configuration set of ours. 405: our base_url is wrong.
ACCOUNT_STATUS = (401, 403, 404, 405)

# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageHeader.html
SIMPLE_HEADERS, SIMPLE_LENGTH = 15, 995

# What `probe` may find.
KEY_SETTING = "LETTERCOURSE_EMAILS__SES__API_KEY"
NOT_ALLOWED = "Amazon doesn't let our key ask about SES; allow it ses:GetAccount too."
STOPPED = "Amazon has stopped this account's sending; its SES console says why."
SANDBOX = (
    "This account is still in the SES sandbox, where it reaches verified addresses alone; ask for "
    "production access in its SES console."
)
ACCOUNT_WATCHES = (
    "Virtual Deliverability Manager counts opens and clicks, which puts a pixel into every letter "
    "and rewrites its links; switch its engagement tracking off."
)
UNKNOWN_SET = "Amazon SES knows no such configuration set; look at emails.ses.configuration_set."
SET_WATCHES = (
    "The configuration set counts opens and clicks, which puts a pixel into every letter and "
    "rewrites its links; take Open and Click out of its event destinations."
)


def _address_or_none(url: str) -> str:
    return web_address(url) if url else ""


class SesOptions(Options):
    """`api_key` is the secret access key that belongs to `access_key_id`."""

    REQUIRED = ("api_key", "access_key_id", "region")

    # Empty: Amazon's own for the region.
    base_url: Annotated[str, AfterValidator(_address_or_none)] = ""
    access_key_id: str = ""
    region: Annotated[str, Field(pattern="^[a-z0-9-]*$")] = ""
    configuration_set: Annotated[str, Field(pattern="^[A-Za-z0-9_-]*$", max_length=64)] = ""
    # Whom our webhooks believe; there is no other secret.
    topics: tuple[str, ...] = ()
    # Where SES may keep received emails; no other bucket is ever asked. Without an address of its
    # own it is Amazon's for the region.
    inbound_bucket: Annotated[str, Field(pattern="^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$")] = ""
    inbound_url: Annotated[str, AfterValidator(_address_or_none)] = ""

    @property
    def address(self) -> str:
        return self.base_url or f"https://email.{self.region or 'us-east-1'}.amazonaws.com"

    @property
    def bucket_address(self) -> str:
        place = self.inbound_url or f"https://s3.{self.region or 'us-east-1'}.amazonaws.com"
        return f"{place}/{self.inbound_bucket}"


class SesProvider:
    """`ask` brings Amazon's certificates, and answers its question whether we want to listen."""

    name = "ses"
    # So many that even slow calls for one each end while the batch is still ours.
    max_batch = 64
    # Each account has a rate of its own; who calls faster is told so.
    calls_per_second = 0.0
    dedupe_window = timedelta(0)
    attachments_in_batch = True

    def __init__(self, options: SesOptions, ask: sns.Ask | None = None) -> None:
        self._options = options
        self._http = Transport(options.address, {}, options.timeout, _login(options, "ses"))
        self._bucket = Bucket(options.bucket_address, options.timeout, _login(options, "s3"))
        self._desk = sns.Desk(options.topics, ask or (lambda url: download(url, options.timeout)))

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        del key  # SES knows none.
        return each_alone(batch, lambda _, message: self._send_one(message), FLIGHTS)

    def close(self) -> None:
        self._http.close()

    def probe(self) -> list[str]:
        answer = self._http.get("/v2/email/account")
        if _error(answer)[0] == "AccessDeniedException":
            return [NOT_ALLOWED]
        found = key_trouble(answer, "Amazon SES", KEY_SETTING)
        return found or [*_about_account(answer), *self._about_configuration_set()]

    def verify(self, hook: Hook, now: datetime) -> str:
        return self._desk.check(hook, now)

    def read_events(self, hook: Hook) -> list[Event]:
        return ses_notices.read_events(hook)

    def read_inbound(self, hook: Hook) -> list[Received]:
        return ses_notices.read_inbound(hook, self._options.inbound_bucket)

    def fetch(self, reference: str) -> bytes | None:
        return self._bucket.fetch(reference)

    def _send_one(self, message: Message) -> Outcome:
        answer = self._http.post("/v2/email/outbound-emails", self._payload(message))
        if not isinstance(answer, httpx.Response):
            return answer
        if not answer.is_success:
            return _trouble(answer)
        number = text(mapping(json_of(answer)).get("MessageId"))
        return Accepted(number) if number else Unknown("an answer we can't read")

    def _payload(self, message: Message) -> dict[str, object]:
        payload: dict[str, object] = {
            "Destination": {"ToAddresses": [message.to]},
            # Comes back in their events.
            "EmailTags": [{"Name": "key", "Value": message.key}],
        }
        if self._options.configuration_set:
            payload["ConfigurationSetName"] = self._options.configuration_set
        return payload | (_simple(message) if _is_simple(message) else _raw(message))

    def _about_configuration_set(self) -> list[str]:
        name = self._options.configuration_set
        if not name:
            return []
        answer = self._http.get(f"/v2/email/configuration-sets/{name}/event-destinations")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return [UNKNOWN_SET]
        told = map(mapping, listed(mapping(json_of(answer)).get("EventDestinations")))
        types = [kind for each in told for kind in listed(each.get("MatchingEventTypes"))]
        return [SET_WATCHES] if "OPEN" in types or "CLICK" in types else []


def _login(options: SesOptions, service: str) -> httpx.Auth | None:
    secret = options.secret("api_key")
    return AWS4Auth(options.access_key_id, secret, options.region, service) if secret else None


def _about_account(answer: httpx.Response) -> list[str]:
    account = mapping(json_of(answer))
    found = []
    if account.get("SendingEnabled") is False:
        found.append(STOPPED)
    if account.get("ProductionAccessEnabled") is False:
        found.append(SANDBOX)
    watching = mapping(mapping(account.get("VdmAttributes")).get("DashboardAttributes"))
    if watching.get("EngagementMetrics") == "ENABLED":
        found.append(ACCOUNT_WATCHES)
    return found


def _is_simple(message: Message) -> bool:
    headers = message.headers.values()
    short = all(value.isascii() and len(value) <= SIMPLE_LENGTH for value in headers)
    return short and len(headers) <= SIMPLE_HEADERS and not message.attachments


def _simple(message: Message) -> dict[str, object]:
    # Theirs takes its place in any case.
    headers = {name: v for name, v in message.headers.items() if name.lower() != "message-id"}
    return {
        # Only ASCII is taken here, so a name is written as it is in mail.
        "FromEmailAddress": formataddr((message.sender.name, message.sender.email)),
        "ReplyToAddresses": [message.reply_to],
        "Content": {
            "Simple": {
                "Subject": _utf8(message.subject),
                "Body": {"Text": _utf8(message.text), "Html": _utf8(message.html)},
                "Headers": [{"Name": name, "Value": value} for name, value in headers.items()],
            }
        },
    }


def _raw(message: Message) -> dict[str, object]:
    data = base64.b64encode(to_mime(message, None)).decode()
    return {"Content": {"Raw": {"Data": data}}}


def _utf8(words: str) -> dict[str, str]:
    return {"Data": words, "Charset": "UTF-8"}


def _error(answer: httpx.Response) -> tuple[str, str]:
    """Their name for it and what they say; the name stands in a header, or in the body."""
    body = mapping(json_of(answer))
    name = answer.headers.get("x-amzn-errortype") or text(body.get("__type")) or ""
    said = text(body.get("message")) or text(body.get("Message")) or text_of(answer)[:200]
    return name.partition(":")[0].rpartition("#")[2], said


def _trouble(answer: httpx.Response) -> Outcome:
    name, said = _error(answer)
    reason = f"HTTP {answer.status_code} {name}: {said[:200]}"
    if DAILY_QUOTA in said.lower():
        return AccountPaused(reason, QUOTA_PAUSE)
    if name in THROTTLED or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return TryLater(reason, retry_after(answer), too_fast=True)
    if name in ACCOUNT:
        return AccountPaused(reason, ACCOUNT[name])
    if answer.status_code in ACCOUNT_STATUS or UNVERIFIED in said:
        return AccountPaused(reason, ACCOUNT_PAUSE)
    return Rejected(reason) if answer.status_code in REFUSED else Unknown(reason)
