"""Telling machines from people, by RFC 3834 and the habits of those that don't follow it."""

from email.message import EmailMessage

MACHINE_SENDERS = ("mailer-daemon", "postmaster", "noreply", "no-reply", "donotreply", "bounce")
BULK = {"bulk", "junk", "list", "auto_reply"}
VACATION_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Vacation")


def is_bounce(mail: EmailMessage) -> bool:
    """A delivery report: multipart/report, or a null return path."""
    return mail.get_content_type() == "multipart/report" or _return_path(mail) == "<>"


def is_automatic(mail: EmailMessage) -> bool:
    """Made by a machine: nothing a person wrote, so neither a reflection nor to be answered."""
    submitted = str(mail.get("Auto-Submitted", "no")).split(";")[0].strip().lower()
    return (
        submitted not in {"", "no"}
        or str(mail.get("Precedence", "")).strip().lower() in BULK
        or any(mail.get(name) is not None for name in VACATION_HEADERS)
        or _sender_name(mail).startswith(MACHINE_SENDERS)
    )


def wants_no_answer(mail: EmailMessage) -> bool:
    """A person may have written it, and still no automatic answer may go out (RFC 3834, 2)."""
    return mail.get("X-Auto-Response-Suppress") is not None or any(
        name.lower().startswith("list-")
        for name in mail.keys()  # noqa: SIM118  a message isn't a dict
    )


def _return_path(mail: EmailMessage) -> str:
    return str(mail.get("Return-Path", "")).strip()


def _sender_name(mail: EmailMessage) -> str:
    addresses = mail["From"].addresses if mail["From"] is not None else ()
    return addresses[0].username.lower() if addresses else ""
