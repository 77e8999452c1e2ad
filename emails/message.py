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

    @property
    def is_invitation(self) -> bool:
        """Whether it is a calendar's message (RFC 6047), not only a file that holds one."""
        kind, parameters = _read_type(self.content_type)
        return kind == "text/calendar" and "method" in parameters


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

    @property
    def invitation(self) -> Attachment | None:
        """What mail programs show with buttons, if it comes as another form of the letter."""
        return next((each for each in self.attachments if each.is_invitation), None)


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
    if message.invitation:
        kind, parameters = _read_type(message.invitation.content_type)
        maintype, _, subtype = kind.partition("/")
        mime.add_alternative(
            message.invitation.content, maintype=maintype, subtype=subtype, params=parameters
        )
    for attachment in message.attachments:
        _attach(mime, attachment)
    return mime.as_bytes()


def _attach(mime: EmailMessage, attachment: Attachment) -> None:
    kind, parameters = _read_type(attachment.content_type)
    if attachment.is_invitation:
        # It stands among the alternatives already: of a second one Outlook makes a second meeting.
        kind, parameters = "application/ics", {}
    maintype, _, subtype = kind.partition("/")
    mime.add_attachment(
        attachment.content,
        maintype=maintype,
        subtype=subtype,
        filename=attachment.filename,
        params=parameters,
    )


def _read_type(content_type: str) -> tuple[str, dict[str, str]]:
    """Such as "text/calendar; method=REQUEST": what it is, and its parameters by their names."""
    kind, *parameters = (part.strip() for part in content_type.split(";"))
    return kind, dict(part.split("=", 1) for part in parameters if "=" in part)
