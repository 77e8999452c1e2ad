"""Answering a captured letter as its reader would: a real email, received the real way."""

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from app.web.mailbox import EmailId, captured_email, headers_of
from app.web.pages import Here, Site
from app.web.troubles import UNUSABLE, Trouble
from emails import inbound
from emails.inbound import ReceivedEmail
from emails.message import WIRE
from emails.providers.mailbox import CapturedEmail

SEE_OTHER = 303

router = APIRouter()


@router.post("/dev/mailbox/{email_id}/reply")
def reply(site: Here, email_id: EmailId, text: Annotated[str, Form()] = "") -> Response:
    email = captured_email(site, email_id)
    if not text.strip():
        way_on = ("Back to the letter", f"/dev/mailbox/{email_id}")
        raise Trouble(UNUSABLE, "There is nothing to send", "Write a line first.", way_on)
    verdict = _receive(site, reply_mail(email, text, site.now))
    return RedirectResponse(f"/dev/mailbox/{email_id}?note={verdict}", SEE_OTHER)


def reply_mail(email: CapturedEmail, text: str, at: datetime) -> bytes:
    """The bytes a mail program would send: threaded, with the letter quoted below."""
    headers = headers_of(email)
    mail = EmailMessage(policy=WIRE)
    mail["From"] = email.recipient
    mail["To"] = headers["Reply-To"]
    mail["Subject"] = f"Re: {email.subject}"
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{uuid4().hex}@reader.example>"
    mail["In-Reply-To"] = mail["References"] = headers["Message-ID"]
    mail.set_content(f"{text.strip()}\n\n{_quoted(email)}", cte="quoted-printable")
    return mail.as_bytes()


def _quoted(email: CapturedEmail) -> str:
    when = f"{email.sent_at:%A}, {email.sent_at.day} {email.sent_at:%B %Y at %H:%M}"
    lines = "\n".join(f"> {line}".rstrip() for line in email.text.splitlines())
    return f"On {when}, {email.sender.partition(' <')[0]} wrote:\n{lines}\n"


def _receive(site: Site, raw: bytes) -> str:
    """Store it, let the engine look at it, and tell what became of it."""
    database = site.house.database
    with database.transaction() as session:
        received_id = inbound.store(session, site.house.vault, raw, site.now)
    site.house.engine.tick()
    with database.reading() as session:
        received = session.get(ReceivedEmail, received_id) if received_id else None
    return received.verdict or "" if received else ""
