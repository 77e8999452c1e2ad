"""A whole email, as a vendor that takes such gets it."""

import base64
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from emails.message import Address


def parse(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=default)


def read(mail: EmailMessage) -> dict[str, Any]:
    """What it says, in the words of Arrived."""
    return {
        "sender": decoded(str(mail["From"])),
        "reply_to": str(mail["Reply-To"]),
        "subject": str(mail["Subject"]),
        "html": words(mail, "html"),
        "text": words(mail, "plain"),
        "attachments": [_file(part) for part in mail.iter_attachments()],
        "alternatives": [_file(part)[1:] for part in mail.walk() if _is_alternative(part)],
    }


def words(mail: EmailMessage, subtype: str) -> str:
    part = mail.get_body((subtype,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def decoded(sender: str) -> str:
    mail = EmailMessage(policy=default)
    mail["From"] = sender
    [address] = mail["From"].addresses
    return str(Address(address.addr_spec, address.display_name))


def _is_alternative(part: EmailMessage) -> bool:
    """Another form of the letter than its words."""
    return not part.is_multipart() and not part.is_attachment() and not _is_body(part)


def _is_body(part: EmailMessage) -> bool:
    return part.get_content_type() in {"text/plain", "text/html"}


def _file(part: EmailMessage) -> tuple[str, str, str]:
    given = [f"{name}={value}" for name, value in part["Content-Type"].params.items()]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    kind = "; ".join([part.get_content_type(), *given])
    return part.get_filename() or "", kind, base64.b64encode(content).decode()
