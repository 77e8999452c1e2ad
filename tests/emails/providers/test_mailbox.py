"""The two providers without a vendor: one keeps mail in the database, one in memory."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from course.database import Database
from emails.message import Message
from emails.providers.base import Accepted, Outcome, Provider, Rejected
from emails.providers.mailbox import MailboxProvider, attachments_of, captured
from emails.providers.memory import MemoryProvider
from tests.support.messages import CALENDAR_FILE, message, messages

AT = datetime(2026, 11, 3, 7, tzinfo=UTC)


def mailbox(database: Database) -> MailboxProvider:
    return MailboxProvider(database, lambda: AT)


@pytest.mark.parametrize("make", [mailbox, lambda _: MemoryProvider()], ids=["mailbox", "memory"])
def test_every_message_has_an_outcome_in_order(
    make: Callable[[Database], Provider], database: Database
) -> None:
    batch = messages(3)
    outcomes = make(database).send(batch, "key")
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert [sent.key in str(o) for sent, o in zip(batch, outcomes, strict=True)] == [True] * 3


def test_the_mailbox_keeps_each_email_as_it_was(database: Database) -> None:
    sent = message("ana@example.com", CALENDAR_FILE)
    mailbox(database).send([sent], "key")
    [kept] = captured(database)
    assert (kept.recipient, kept.sender, kept.subject) == (sent.to, str(sent.sender), sent.subject)
    assert (kept.html, kept.text, kept.sent_at) == (sent.html, sent.text, AT)
    assert json.loads(kept.headers) == {"Reply-To": sent.reply_to, **sent.headers}
    [file] = attachments_of(database, [sent.key])[sent.key]
    assert (file.filename, file.content) == (CALENDAR_FILE.filename, CALENDAR_FILE.content)


def test_the_mailbox_recognises_a_repeat_whatever_its_batch(database: Database) -> None:
    batch = [message(f"reader{n}@example.com", CALENDAR_FILE) for n in range(3)]
    mailbox(database).send(batch, "key")
    mailbox(database).send(batch[1:], "another key")
    assert len(captured(database)) == 3
    assert [len(files) for files in attachments_of(database, [m.key for m in batch]).values()] == [
        1,
        1,
        1,
    ]


def test_the_mailbox_shows_one_readers_mail_alone(database: Database) -> None:
    mailbox(database).send(messages(3), "key")
    assert [kept.recipient for kept in captured(database, "reader1@example.com")] == [
        "reader1@example.com"
    ]


def test_the_memory_judges_message_by_message_and_keeps_what_it_took() -> None:
    def verdict(each: Message) -> Outcome:
        return Rejected("no") if each.to == "reader1@example.com" else Accepted(each.key)

    provider, batch = MemoryProvider(verdict=verdict), messages(3)
    outcomes = provider.send(batch, "key")
    assert [type(outcome) for outcome in outcomes] == [Accepted, Rejected, Accepted]
    assert provider.sent == [batch[0], batch[2]]
    assert provider.calls == [("key", batch)]
