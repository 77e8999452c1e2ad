"""Messages as the composer would make them, for tests that need no composer."""

from uuid import uuid4

from emails.message import Address, Attachment, Message

CALENDAR_FILE = Attachment(
    "session.ics",
    "text/calendar; charset=utf-8; method=REQUEST",
    b"BEGIN:VCALENDAR\r\n\xc3\xa4\r\n",
)


def message(to: str = "ana@example.com", *attachments: Attachment) -> Message:
    key = uuid4().hex
    leave = f"https://letters.practice.example/unsubscribe/{'t' * 120}"
    return Message(
        key=key,
        sender=Address("letters@practice.example", "Zoë Müller, Practice"),
        to=to,
        reply_to=f"replies+{key}.signed@practice.example",
        subject="Letter 2: What gives it away — and what doesn’t",
        html="<p>Dear Ana,</p><p>ä ö ü “quoted” &amp; a\u00a0space</p>",
        text="Dear Ana,\n\nä ö ü “quoted” & a\u00a0space\n",
        headers={
            "Message-ID": f"<{key}.token@practice.example>",
            "List-Unsubscribe": f"<{leave}>, <mailto:replies+{key}@practice.example?subject=STOP>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "List-ID": "When closeness feels like too much <six-letters.practice.example>",
        },
        attachments=attachments,
    )


def messages(number: int) -> list[Message]:
    return [message(f"reader{n}@example.com") for n in range(number)]
