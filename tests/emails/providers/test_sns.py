"""SNS speaks for SES: whose envelopes are believed, and what they bring."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from emails.errors import FetchFailed, HookRefused, HookUnreadable
from emails.providers.hooks import Hook
from emails.providers.ses import SesOptions, SesProvider
from tests.players import sns

AT = datetime(2026, 11, 3, 7, 0, 10, tzinfo=UTC)
RAW = "From: Ana <ana@example.com>\r\nTo: someone@else.example\r\nSubject: Re\r\n\r\nWörter.\r\n"
SUBSCRIPTION = {
    "Type": "SubscriptionConfirmation",
    "MessageId": "m-1",
    "Token": "2336412f37",
    "Message": "You have chosen to subscribe to the topic.",
    "SubscribeURL": sns.SUBSCRIBE,
}


@pytest.fixture
def amazon() -> sns.Amazon:
    return sns.Amazon()


@pytest.fixture
def ours(amazon: sns.Amazon) -> Iterator[SesProvider]:
    provider = SesProvider(SesOptions(topics=(sns.TOPIC,)), amazon.ask)
    yield provider
    provider.close()


def hook(told: dict[str, Any], version: str = "2", **afterwards: Any) -> Hook:
    """An envelope, changed after it was signed where that is told."""
    return Hook({}, json.dumps(sns.signed(told, AT, version) | afterwards).encode())


def notification(said: Any) -> dict[str, Any]:
    return {"Type": "Notification", "MessageId": "m-1", "Message": said}


def received(content: str | None, encoding: str = "UTF8") -> dict[str, Any]:
    action = {"type": "SNS", "topicArn": sns.TOPIC, "encoding": encoding}
    receipt = {"recipients": ["replies+tag@practice.example"], "action": action}
    said = {"notificationType": "Received", "mail": {}, "receipt": receipt}
    return notification(said if content is None else said | {"content": content})


@pytest.mark.parametrize("version", ["1", "2"])
def test_both_their_signatures_are_believed_and_a_certificate_is_asked_for_once(
    ours: SesProvider, amazon: sns.Amazon, version: str
) -> None:
    for _ in range(2):
        assert ours.verify(hook(notification({}), version), AT) == "m-1"
    assert amazon.asked == [sns.CERTIFICATE]


@pytest.mark.parametrize(
    "changed",
    [
        {"Message": '{"a": 1}'},
        {"MessageId": "m-2"},
        {"Subject": "Another"},
        {"Type": "SubscriptionConfirmation"},
        {"Signature": "AAAA"},
        {"Signature": "!"},
        {"SignatureVersion": "3"},
        {"TopicArn": "arn:aws:sns:eu-central-1:999999999999:letters"},
        {"TopicArn": [sns.TOPIC]},
        {"Timestamp": "2026-11-03T09:00:10.000Z"},
        {"Timestamp": "soon"},
        {"Timestamp": None},
    ],
    ids=str,
)
def test_an_envelope_changed_after_it_was_signed_is_refused(
    ours: SesProvider, changed: dict[str, Any]
) -> None:
    with pytest.raises(HookRefused):
        ours.verify(hook(notification({}), **changed), AT)


@pytest.mark.parametrize(
    "address",
    [
        "http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-central-1.amazonaws.com.evil.example/SimpleNotificationService-0.pem",
        "https://evil.example/SimpleNotificationService-0.pem",
        "https://sns.eu-central-1.amazonaws.com@evil.example/SimpleNotificationService-0.pem",
        "https://sns.eu-central-1.amazonaws.com:8443/SimpleNotificationService-0.pem",
        "https://s3.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.eu-central-1.amazonaws.com/?Action=Anything.pem",
        "https://[sns",
        None,
    ],
)
def test_no_other_address_is_asked_for_a_certificate(
    ours: SesProvider, amazon: sns.Amazon, address: str | None
) -> None:
    with pytest.raises(HookRefused):
        ours.verify(hook(notification({}), SigningCertURL=address), AT)
    assert amazon.asked == []


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"7", b'"x"'])
def test_what_is_no_envelope_is_refused(ours: SesProvider, body: bytes) -> None:
    with pytest.raises(HookRefused):
        ours.verify(Hook({}, body), AT)


def test_a_certificate_that_is_none_is_refused() -> None:
    ours = SesProvider(SesOptions(topics=(sns.TOPIC,)), lambda _: b"<html>Sorry</html>")
    with pytest.raises(HookRefused):
        ours.verify(hook(notification({})), AT)
    ours.close()


def test_while_amazon_cannot_be_asked_a_call_is_neither_believed_nor_refused() -> None:
    def ask(_: str) -> bytes:
        raise FetchFailed("the file can't be had")

    ours = SesProvider(SesOptions(topics=(sns.TOPIC,)), ask)
    with pytest.raises(FetchFailed):
        ours.verify(hook(notification({})), AT)
    ours.close()


def test_a_topic_of_ours_is_told_that_we_listen(ours: SesProvider, amazon: sns.Amazon) -> None:
    assert ours.verify(hook(SUBSCRIPTION), AT) == "m-1"
    assert amazon.asked == [sns.CERTIFICATE, sns.SUBSCRIBE]
    assert ours.read_inbound(hook(SUBSCRIPTION)) == []


@pytest.mark.parametrize(
    "told",
    [
        SUBSCRIPTION | {"TopicArn": "arn:aws:sns:eu-central-1:999999999999:theirs"},
        SUBSCRIPTION | {"SubscribeURL": "https://evil.example/?Action=ConfirmSubscription"},
    ],
)
def test_nobody_else_makes_us_ask_anything(
    ours: SesProvider, amazon: sns.Amazon, told: dict[str, Any]
) -> None:
    with pytest.raises(HookRefused):
        ours.verify(hook(told), AT)
    assert set(amazon.asked) <= {sns.CERTIFICATE}


@pytest.mark.parametrize("encoding", ["UTF8", "BASE64"])
def test_a_received_email_comes_as_it_was_with_whom_it_was_for(
    ours: SesProvider, encoding: str
) -> None:
    content = base64.b64encode(RAW.encode()).decode() if encoding == "BASE64" else RAW
    [raw] = ours.read_inbound(hook(received(content, encoding)))
    assert isinstance(raw, bytes)
    assert raw.endswith(RAW.encode())
    mail = message_from_bytes(raw, policy=default)
    assert mail["Delivered-To"] == "replies+tag@practice.example"


@pytest.mark.parametrize(
    ("told", "part"),
    [
        (received(None), "SNS, or to S3"),
        (received("!", "BASE64"), "base64"),
        (notification({"eventType": "Delivery"}), "/events"),
        (notification("no JSON"), "JSON"),
        ({"Type": "Notification"}, "envelope"),
    ],
)
def test_what_brings_no_email_is_unreadable_in_words(
    ours: SesProvider, told: dict[str, Any], part: str
) -> None:
    with pytest.raises(HookUnreadable, match=part):
        ours.read_inbound(hook(told))


def test_a_received_email_at_the_wrong_door_is_told_the_owner(ours: SesProvider) -> None:
    with pytest.raises(HookUnreadable, match="/inbound"):
        ours.read_events(hook(received(RAW)))
