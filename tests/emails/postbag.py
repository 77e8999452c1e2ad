"""Emails as they arrive, for a reader's reply address."""

from tests.emails.conftest import Letterbox
from tests.emails.specimens import FIRST, KEY, make_links

WORDS = "It began in the chest. Quince marmalade."
LINKS = make_links()


def reply_to(letterbox: Letterbox, lesson: str | None = FIRST.slug) -> str:
    return LINKS.reply_address(letterbox.code, lesson)


def message_id(letterbox: Letterbox, lesson: str | None = FIRST.slug) -> str:
    return f"<{KEY}.{LINKS.reply_token(letterbox.code, lesson)}@practice.example>"


def mail(
    to: str,
    body: str = WORDS,
    *,
    sender: str = "Ana <ana@example.com>",
    number: int = 1,
    headers: tuple[tuple[str, str], ...] = (),
) -> bytes:
    """One email; `headers` are added, or stand in the place of one of the same name."""
    facts = {
        "From": sender, "To": to, "Subject": "Re: The quick",
        "Message-ID": f"<question-{number}@mail.example>", "Date": "Tue, 3 Nov 2026 09:00:00 +0000",
        "Content-Type": "text/plain; charset=utf-8",
    }  # fmt: skip
    facts |= dict(headers)
    head = "".join(f"{name}: {value}\r\n" for name, value in facts.items() if value)
    return f"{head}\r\n{body}\r\n".encode()


def reply(letterbox: Letterbox, body: str = WORDS, **changes: object) -> bytes:
    return mail(reply_to(letterbox), body, **changes)  # type: ignore[arg-type]
