"""Amazon's SNS, which carries what SES tells us: an envelope in JSON, signed by Amazon.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html

The key to a signature stands under an address that the envelope names, so only Amazon's own
addresses are asked. Everybody can make Amazon sign for a topic of theirs: only ours are believed.
"""

import base64
import re
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import load_pem_x509_certificate

from emails.errors import HookRefused, HookUnreadable
from emails.providers.hooks import Hook, check_fresh, mapping, moment, text

# How long they call until we answer; a repeat keeps its time.
# https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
RETRIED_FOR = timedelta(hours=1)

HOST = re.compile(r"sns\.[a-z]{2}[a-z0-9-]+\.amazonaws\.com(\.cn)?")
CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9A-Za-z]+\.pem")

NOTIFICATION, CONFIRMATION = "Notification", "SubscriptionConfirmation"
# What is signed, in this order.
OF_A_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
OF_A_SUBSCRIPTION = (
    *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
)
# Version 1 is what a topic has unless it is told otherwise. What an attacker could make collide is
# followed by the topic in both texts, and the topic is ours.
HASHES = {"1": SHA1, "2": SHA256}

# Brings what stands under an https address; raises FetchFailed.
Ask = Callable[[str], bytes]


class Desk:
    """Where envelopes are checked. Amazon's certificates are kept, each under its address."""

    def __init__(self, topics: Collection[str], ask: Ask) -> None:
        self._topics = topics
        self._ask = ask
        self._keys: dict[str, RSAPublicKey] = {}

    def check(self, hook: Hook, now: datetime) -> str:
        """The id of a call that is believed. A topic of ours that asks whether we listen is told.

        Raises HookRefused, and FetchFailed when Amazon itself can't be asked: they call again.
        """
        envelope = _envelope(hook)
        self._check_topic(envelope)
        at = moment(envelope.get("Timestamp"))
        check_fresh(str(int(at.timestamp())) if at else "", now, RETRIED_FOR)
        self._check_signature(envelope)
        if envelope.get("Type") == CONFIRMATION:
            self._ask(_of_amazon(envelope.get("SubscribeURL")))
        return text(envelope.get("MessageId")) or hook.digest

    def _check_topic(self, envelope: dict[str, Any]) -> None:
        if not self._topics:
            raise HookRefused("no topic is set, so nobody can be believed")
        if envelope.get("TopicArn") not in self._topics:
            raise HookRefused("its topic isn't one of ours")

    def _check_signature(self, envelope: dict[str, Any]) -> None:
        hashed = HASHES.get(str(envelope.get("SignatureVersion")))
        if hashed is None:
            raise HookRefused("it is signed in a way we don't know")
        key = self._key(_of_amazon(envelope.get("SigningCertURL")))
        try:
            signature = base64.b64decode(str(envelope.get("Signature")), validate=True)
            key.verify(signature, canonical(envelope), PKCS1v15(), hashed())
        except (InvalidSignature, ValueError) as error:
            raise HookRefused("its signature is wrong") from error

    def _key(self, address: str) -> RSAPublicKey:
        if address not in self._keys:
            if not CERTIFICATE.fullmatch(urlsplit(address).path):
                raise HookRefused("its certificate isn't where Amazon keeps them")
            try:
                key = load_pem_x509_certificate(self._ask(address)).public_key()
            except ValueError as error:
                raise HookRefused("its certificate can't be read") from error
            if not isinstance(key, RSAPublicKey):
                raise HookRefused("its certificate isn't one of Amazon's")
            self._keys[address] = key
        return self._keys[address]


def canonical(envelope: dict[str, Any]) -> bytes:
    """The very words that are signed."""
    plain = envelope.get("Type") == NOTIFICATION
    names = OF_A_NOTIFICATION if plain else OF_A_SUBSCRIPTION
    told = ((name, text(envelope.get(name))) for name in names)
    lines = "".join(f"{name}\n{value}\n" for name, value in told if value is not None)
    return lines.encode("utf-8", "surrogatepass")


def opened(hook: Hook) -> tuple[str, str, str]:
    """Its kind, its id and what it holds. Raises HookUnreadable."""
    envelope = mapping(hook.json())
    kind, message = text(envelope.get("Type")), text(envelope.get("Message"))
    if kind is None or message is None:
        raise HookUnreadable("it is no envelope of SNS")
    return kind, text(envelope.get("MessageId")) or hook.digest, message


def _envelope(hook: Hook) -> dict[str, Any]:
    try:
        return mapping(hook.json())
    except HookUnreadable as unreadable:
        raise HookRefused("it is no envelope of SNS") from unreadable


def _of_amazon(address: object) -> str:
    try:
        parts = urlsplit(str(address))
    except ValueError as error:
        raise HookRefused("an address in it can't be read") from error
    if parts.scheme != "https" or not HOST.fullmatch(parts.netloc):
        raise HookRefused("an address in it isn't Amazon's")
    return str(address)
