"""Plays SNS, which calls our webhooks for SES: its envelopes, its key and its certificate.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from emails.providers.hooks import Hook

TOPIC = "arn:aws:sns:eu-central-1:123456789012:letters"
HOST = "https://sns.eu-central-1.amazonaws.com"
CERTIFICATE = f"{HOST}/SimpleNotificationService-0123456789abcdef.pem"
SUBSCRIBE = f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37"
# What lies in a bucket, and whom it was for.
KEY = "replies/eu central/d6iitobk75ur44p8kdnnp7g2n800"
REPLY_ADDRESS = "replies+tag@practice.example"
BEFORE_SIGNING = ("Message", "MessageId", "SubscribeURL", "Subject", "Timestamp", "Token")


class Amazon:
    """Who answers under its addresses, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask(self, url: str) -> bytes:
        self.asked.append(url)
        return certificate() if url == CERTIFICATE else b"<ConfirmSubscriptionResponse/>"


@cache
def key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


@cache
def certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    day = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key().public_key(),
        serial_number=1,
        not_valid_before=day,
        not_valid_after=day + timedelta(days=730),
    )
    return made.sign(key(), SHA256()).public_bytes(Encoding.PEM)


def sign(body: bytes, at: datetime, version: str = "2") -> Hook:
    """A call as they make it, of an envelope whose message may be JSON that isn't yet a string."""
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if isinstance(told, dict):
        body = json.dumps(signed(told, at, version), ensure_ascii=False).encode("utf-8", "replace")
    return Hook({"content-type": "text/plain; charset=UTF-8"}, body)


def announced(bucket: object, key: object = KEY, recipient: str = REPLY_ADDRESS) -> Hook:
    """The notice of an email that SES kept in S3."""
    action = {"type": "S3", "topicArn": TOPIC, "bucketName": bucket, "objectKey": key}
    receipt = {"recipients": [recipient], "action": action}
    said = {"notificationType": "Received", "mail": {}, "receipt": receipt}
    told = {"Type": "Notification", "MessageId": "m-1", "Message": said}
    return sign(json.dumps(told).encode(), datetime(2026, 11, 3, 7, 0, 10, tzinfo=UTC))


def signed(told: dict[str, Any], at: datetime, version: str = "2") -> dict[str, Any]:
    message = told.get("Message")
    envelope = {
        "TopicArn": TOPIC,
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE,
        **told,
        "Message": json.dumps(message) if isinstance(message, dict) else message,
        "Timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }
    names = [*BEFORE_SIGNING, "TopicArn", "Type"]
    pairs = [(name, envelope.get(name)) for name in names]
    text = "".join(f"{name}\n{value}\n" for name, value in pairs if value is not None)
    hashed = SHA1() if version == "1" else SHA256()
    signature = key().sign(text.encode("utf-8", "replace"), PKCS1v15(), hashed)
    return envelope | {"Signature": base64.b64encode(signature).decode()}
