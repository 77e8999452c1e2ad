"""The trial mailbox: every email that would have left, to read as its reader reads it."""

import base64
import json
import re
from email.utils import format_datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, JSONResponse, Response
from sqlalchemy import select

from app.web.headers import LETTER_POLICY, MAILBOX_POLICY
from app.web.pages import Here, Site
from app.web.troubles import NOT_FOUND, Trouble
from course import spoken, zones
from course.language import ENGLISH
from emails.inbound import FOR_THE_OWNER, Verdict
from emails.providers.mailbox import (
    CapturedAttachment,
    CapturedEmail,
    attachments_of,
    captured,
)

LISTED = 200
EmailId = Annotated[int, Path(ge=1, le=2**53)]
HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
NOTES: dict[str, str] = {
    "skipped": "The time has moved on, and what was due has been sent.",
    "nothing": "Nothing is planned: no letter is due at any time to come. Sign up on the course "
    "page, confirm, and there will be.",
    Verdict.REFLECTION: "The answer was kept, sealed. Only the owner can read it.",
    Verdict.STOPPED: "The letters to this reader have stopped.",
    Verdict.EMPTY: "There were no words of the reader’s own in it, so nothing was kept.",
    Verdict.AUTOMATIC: "It looked like an automatic answer, so nothing was kept.",
    Verdict.BOUNCE: "It looked like a note that an email couldn’t be delivered.",
    **{
        verdict: f"{sentence} The owner has been told."
        for verdict, sentence in FOR_THE_OWNER.items()
    },
}

router = APIRouter()


@router.get("/dev/mailbox")
def show(site: Here, format: str = "", to: str = "", note: str = "") -> Response:  # noqa: A002
    if format == "json":
        return JSONResponse({"messages": _all(site, to)})
    return _page(site, None, "letter", note, to)


@router.get("/dev/mailbox/{email_id}")
def show_one(site: Here, email_id: EmailId, part: str = "letter", note: str = "") -> Response:
    return _page(site, captured_email(site, email_id), part, note, "")


@router.get("/dev/mailbox/{email_id}/letter")
def letter(site: Here, email_id: EmailId) -> HTMLResponse:
    """The email's own HTML; its links open in a window of their own."""
    html = captured_email(site, email_id).html
    head = HEAD.search(html)
    at = head.end() if head else 0
    framed = f'{html[:at]}<base target="_blank">{html[at:]}'
    return HTMLResponse(framed, headers={"Content-Security-Policy": LETTER_POLICY})


@router.get("/dev/mailbox/{email_id}/attachments/{filename}")
def attachment(site: Here, email_id: EmailId, filename: str) -> Response:
    found = next(
        (a for a in _attachments(site, captured_email(site, email_id)) if a.filename == filename),
        None,
    )
    if found is None:
        raise Trouble(NOT_FOUND, "There is no such file", "This email doesn’t carry it.")
    disposition = f"attachment; filename*=UTF-8''{quote(found.filename)}"
    return Response(
        found.content, media_type=found.content_type, headers={"Content-Disposition": disposition}
    )


def _page(site: Site, chosen: CapturedEmail | None, part: str, note: str, to: str) -> HTMLResponse:
    emails = _newest(site, to)
    message = chosen or (emails[0] if emails else None)
    zone = site.house.settings.owner.timezone
    return site.pages.show(
        "mailbox.html",
        language=ENGLISH,
        policy=MAILBOX_POLICY,
        emails=[(email, _when(site, email)) for email in emails],
        message=message,
        when=_when(site, message) if message else "",
        headers=headers_of(message) if message else {},
        attachments=_attachments(site, message) if message else [],
        answerable=message is not None and _answerable(site, message),
        part=part if part in {"letter", "text", "headers"} else "letter",
        note=NOTES.get(note),
        trial_time=spoken.moment(site.now, zone, ENGLISH),
        year=site.now.year,
        courses=site.house.catalogue.courses.values(),
    )


def headers_of(email: CapturedEmail) -> dict[str, str]:
    """All headers, as the email would have carried them."""
    return {
        "From": email.sender,
        "To": email.recipient,
        "Subject": email.subject,
        "Date": format_datetime(email.sent_at),
        **json.loads(email.headers),
    }


def _all(site: Site, to: str) -> list[dict[str, Any]]:
    emails = captured(site.house.database, to.strip().lower() or None)
    files = attachments_of(site.house.database, [email.key for email in emails])
    return [_as_json(email, files.get(email.key, [])) for email in emails]


def _as_json(email: CapturedEmail, files: list[CapturedAttachment]) -> dict[str, Any]:
    return {
        "id": email.id,
        "to": email.recipient,
        "from": email.sender,
        "subject": email.subject,
        "html": email.html,
        "text": email.text,
        "headers": headers_of(email),
        "sent_at": email.sent_at.isoformat().replace("+00:00", "Z"),
        "attachments": [_file_as_json(file) for file in files],
    }


def _file_as_json(file: CapturedAttachment) -> dict[str, str]:
    shown = {
        "filename": file.filename,
        "content_type": file.content_type,
        "content": base64.b64encode(file.content).decode(),
    }
    if file.content_type.startswith("text/"):
        shown["text"] = file.content.decode("utf-8", "replace")
    return shown


def _newest(site: Site, to: str) -> list[CapturedEmail]:
    query = select(CapturedEmail).order_by(CapturedEmail.sent_at.desc(), CapturedEmail.id.desc())
    if to:
        query = query.where(CapturedEmail.recipient == to.strip().lower())
    with site.house.database.reading() as session:
        return list(session.scalars(query.limit(LISTED)))


def captured_email(site: Site, email_id: EmailId) -> CapturedEmail:
    with site.house.database.reading() as session:
        found = session.get(CapturedEmail, email_id)
    if found is None:
        way_on = ("Open the mailbox", "/dev/mailbox")
        raise Trouble(
            NOT_FOUND, "This email isn’t here", "Perhaps the data was reset since.", way_on
        )
    return found


def _attachments(site: Site, email: CapturedEmail) -> list[CapturedAttachment]:
    return attachments_of(site.house.database, [email.key]).get(email.key, [])


def _answerable(site: Site, email: CapturedEmail) -> bool:
    """Whether an answer would come to us; the owner's own notices are answered elsewhere."""
    name, _, domain = site.house.settings.emails.reply_address.partition("@")
    reply_to = headers_of(email).get("Reply-To", "")
    return reply_to.startswith(f"{name}+") and reply_to.endswith(f"@{domain}")


def _when(site: Site, email: CapturedEmail) -> str:
    local = email.sent_at.astimezone(zones.zone(site.house.settings.owner.timezone))
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"
