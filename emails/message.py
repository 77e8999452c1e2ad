"""One email as a value, and its form on the wire.

Also the one place that knows how to write headers: Python's default folding would turn a long
List-Unsubscribe into an encoded word, which mail programs don't recognise as a link.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address as MimeAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

WIRE = SMTP.clone(max_line_length=998)


@dataclass(frozen=True)
class Address:
    email: str
    name: str = ""

    def __str__(self) -> str:
        return str(MimeAddress(display_name=self.name, addr_spec=self.email))

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2]


@dataclass(frozen=True)
class Attachment:
    filename: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Message:
    """An email ready to hand over. `key` is ours, random, and the same at every attempt."""

    key: str
    sender: Address
    to: str
    reply_to: str
    subject: str
    html: str = field(repr=False)
    text: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    attachments: tuple[Attachment, ...] = ()


def to_mime(message: Message, at: datetime | None) -> bytes:
    """The message as it would travel, dated `at`, or not yet where whoever takes it dates it.

    Raises ValueError on a line break in a header.
    """
    mime = EmailMessage(policy=WIRE)
    mime["From"] = str(message.sender)
    mime["To"] = message.to
    mime["Reply-To"] = message.reply_to
    mime["Subject"] = message.subject
    if at:
        mime["Date"] = format_datetime(at)
    for name, value in message.headers.items():
        mime[name] = value
    mime.set_content(message.text, cte="quoted-printable")
    mime.add_alternative(message.html, subtype="html", cte="quoted-printable")
    for attachment in message.attachments:
        _attach(mime, attachment)
    return mime.as_bytes()


def _attach(mime: EmailMessage, attachment: Attachment) -> None:
    kind, _, parameters = attachment.content_type.partition(";")
    maintype, _, subtype = kind.strip().partition("/")
    named = dict(part.strip().split("=", 1) for part in parameters.split(";") if "=" in part)
    mime.add_attachment(
        attachment.content,
        maintype=maintype,
        subtype=subtype,
        filename=attachment.filename,
        params=named,
    )
