"""Letters through a real mail server into real mailboxes, and what comes back from there.

Postfix carries the mail and writes the reports; Dovecot keeps the mailboxes and answers for those
who are away. The house knows both by SMTP and IMAP alone.
"""

import re
import smtplib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from app.bootstrap import House
from course import reflections
from course.database import Database
from emails.inbound import ReceivedEmail
from emails.providers.smtp import SmtpOptions, SmtpProvider
from emails.suppression import Reason, Suppression
from scheduler.clock import FixedClock
from scheduler.outbox import Delivery
from scheduler.receipts import Receipt
from tests.support.dovecot import PASSWORD, Dovecot
from tests.support.houses import (
    TUESDAY,
    counts,
    enrolment,
    go_to,
    join,
    make_house,
    shipped_settings,
    tick,
)
from tests.support.letters import PRESSED
from tests.support.pages import pages_of
from tests.support.postfix import Postfix

REPLIES, OWNER = "replies@practice.example", "owner@practice.example"
ANA, BO, DORA, LATE = (f"{name}@reader.example" for name in ("ana", "bo", "dora", "late"))
NOBODY = "cleo@reader.example"
WORDS = "It was the second one.\n\nQuince marmalade, of all things – “again”."
PATIENCE_SECONDS = 20

# Few of these answer a list any more; this one doesn't see that it is one.
AWAY = """
require ["vacation", "editheader"];
deleteheader "List-Id";
deleteheader "List-Unsubscribe";
deleteheader "List-Unsubscribe-Post";
deleteheader "X-Auto-Response-Suppress";
vacation :days 1 :subject "Back on Monday" "I am at the sea until Monday.";
"""


@dataclass(frozen=True)
class Post:
    """The mail servers of this journey, and what lies in their mailboxes."""

    dovecot: Dovecot
    postfix: Postfix

    def mail(self, address: str) -> list[EmailMessage]:
        with self.dovecot.open(address) as client:
            found = client.fetch(client.search(), ["BODY.PEEK[]"])
        raws = [facts[b"BODY[]"] for _, facts in sorted(found.items())]
        mails = [message_from_bytes(raw, policy=policy.default) for raw in raws]
        assert all(isinstance(mail, EmailMessage) for mail in mails)
        return mails

    def await_mail(self, address: str, number: int) -> list[EmailMessage]:
        self.wait_until(lambda: len(self.mail(address)) >= number)
        return self.mail(address)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < deadline, self.postfix.log() + self.dovecot.log()
            time.sleep(0.05)

    def send(self, sender: str, to: str, mail: EmailMessage) -> None:
        with smtplib.SMTP("127.0.0.1", self.postfix.port) as server:
            server.send_message(mail, sender, [to])

    def flags(self, address: str) -> list[str]:
        with self.dovecot.open(address) as client:
            return sorted(map(str, client.get_flags(client.search()).items()))


@pytest.fixture(scope="module")
def post(dovecot: Dovecot, postfix: Postfix) -> Post:
    for address in (ANA, LATE, REPLIES, OWNER):
        dovecot.add(address)
    dovecot.add(BO, sieve=AWAY)
    dovecot.add(DORA, most_bytes=100)
    return Post(dovecot, postfix)


@pytest.fixture
def house(post: Post, sqlite: Database) -> Iterator[House]:
    url = f"smtp://127.0.0.1:{post.postfix.port}"
    options = SmtpOptions(base_url=url, bounce_address=REPLIES)
    imap = {
        "host": "127.0.0.1",
        "port": post.dovecot.ports.imap,
        "security": "none",
        "username": REPLIES,
        "password": PASSWORD,
    }
    emails = shipped_settings().emails.model_dump() | {"provider": "smtp", "imap": imap}
    provider = SmtpProvider(options, FixedClock(TUESDAY).now)
    house = make_house(sqlite, provider=provider, emails=emails)
    yield house
    house.life.end()
    provider.close()


def sign_up(house: House, post: Post) -> None:
    """By the page, and by the link in the email that really came."""
    with pages_of(house) as pages:
        form = {"email": ANA, "name": "Ana", "timezone": "Europe/Berlin", "consent": "yes"}
        pages.post("/courses/six-letters", data=form).raise_for_status()
        tick(house)
        text = text_of(post.await_mail(ANA, 1)[0])
        found = re.search(r"https?://[^/\s]+(/confirm/\S+)", text)
        assert found is not None
        pages.post(found[1], data=PRESSED).raise_for_status()


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def answer(letter: EmailMessage, words: str) -> EmailMessage:
    """As a mail program writes it: to Reply-To, in the thread, above all that was there."""
    mail = EmailMessage()
    mail["From"], mail["To"] = f"Ana <{ANA}>", str(letter["Reply-To"])
    mail["Subject"], mail["Message-ID"] = f"Re: {letter['Subject']}", "<reply-1@reader.example>"
    mail["In-Reply-To"] = mail["References"] = str(letter["Message-ID"])
    quoted = "".join(f"> {line}\n" for line in text_of(letter).splitlines())
    mail.set_content(
        f"{words}\n\nOn Tue, 3 Nov 2026 at 08:00, Your practice wrote:\n{quoted}\n-- \nAna\n"
    )
    return mail


def verdicts(house: House) -> list[str | None]:
    with house.database.reading() as session:
        return sorted(session.scalars(select(ReceivedEmail.verdict)), key=str)


def suppressed(house: House) -> dict[str, str]:
    with house.database.reading() as session:
        return {row.digest: row.reason for row in session.scalars(select(Suppression))}


def bounced(house: House) -> dict[str, str]:
    """Whose letter was returned, by what is kept of it."""
    query = select(Delivery.enrolment_id, Receipt).join(Receipt, Receipt.delivery_id == Delivery.id)
    with house.database.reading() as session:
        found = session.execute(query).all()
    return {
        enrolment(house, id_ or 0).subscriber.email: "hard" if receipt.hard_bounced_at else "soft"
        for id_, receipt in found
    }


def test_letters_arrive_and_what_comes_back_is_understood(house: House, post: Post) -> None:
    house.engine.fetch()
    sign_up(house, post)
    others = {address: join(house, address) for address in (BO, DORA, LATE, NOBODY)}
    tick(house, TUESDAY)
    assert counts(house) == {"accepted": 6}

    letter = post.await_mail(ANA, 2)[-1]
    assert letter["Return-Path"] == f"<{REPLIES}>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"<http://\S+>, <mailto:replies\+stop\.\S+>", letter["List-Unsubscribe"])
    assert letter["Reply-To"].startswith("replies+")
    assert letter["Date"].datetime == TUESDAY

    post.send(ANA, letter["Reply-To"].addresses[0].addr_spec, answer(letter, WORDS))
    # The delay is told of once it is one.
    post.wait_until(lambda: len(post.mail(REPLIES)) >= 5)
    arrived = post.mail(REPLIES)
    subjects = {str(mail["Subject"]) for mail in arrived}
    assert subjects == {
        f"Re: {letter['Subject']}",
        "Back on Monday",
        "Undelivered Mail Returned to Sender",
        "Delayed Mail (still being retried)",
    }

    before = post.flags(REPLIES)
    assert house.engine.fetch() == len(arrived) == 5
    assert post.flags(REPLIES) == before
    assert "Seen" not in str(before)

    tick(house)
    assert verdicts(house) == ["automatic", "bounce", "bounce", "bounce", "reflection"]
    with house.database.reading() as session:
        (opened,) = reflections.read_all(session, house.vault, 9)
    assert (opened.email, opened.lesson, opened.words) == (ANA, "hard-to-see", WORDS)
    gone = enrolment(house, others[NOBODY]).subscriber.digest
    assert suppressed(house) == {gone: Reason.HARD_BOUNCE}
    assert bounced(house) == {NOBODY: "hard", DORA: "soft"}
    assert {address: enrolment(house, id_).state for address, id_ in others.items()} == {
        BO: "active", DORA: "active", LATE: "active", NOBODY: "left",
    }  # fmt: skip

    thanks = post.await_mail(ANA, 3)[-1]
    assert thanks["In-Reply-To"] == "<reply-1@reader.example>"
    assert thanks["Auto-Submitted"] == "auto-replied"
    assert "marmalade" not in thanks.as_string()
    # Nobody else was thanked: neither a machine nor whoever is away.
    assert [mail["Subject"] for mail in post.mail(BO)] == [letter["Subject"]]
    assert house.engine.fetch() == 0


def test_a_polite_assistant_for_absence_leaves_letters_unanswered(house: House, post: Post) -> None:
    """What a letter says of itself in its headers is heeded by a real one."""
    polite = "polite@reader.example"
    post.dovecot.add(polite, sieve='require "vacation"; vacation "I am away.";')
    number = len(post.mail(REPLIES))
    join(house, polite)
    tick(house, TUESDAY)
    post.await_mail(polite, 1)
    # Its own mail comes after any answer to the letter.
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = polite, REPLIES, "Hello"
    mail.set_content("Hello")
    post.send(polite, REPLIES, mail)
    assert [mail["Subject"] for mail in post.await_mail(REPLIES, number + 1)[number:]] == ["Hello"]


def test_a_reader_s_word_and_one_click_by_mail_reach_us(house: House, post: Post) -> None:
    house.engine.fetch()
    reader = "finn@reader.example"
    post.dovecot.add(reader)
    joined = join(house, reader)
    tick(house, TUESDAY)
    letter = post.await_mail(reader, 1)[0]
    stop = re.search(r"mailto:([^>?]+)", letter["List-Unsubscribe"])
    assert stop is not None
    number = len(post.mail(REPLIES))
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = reader, stop[1], "unsubscribe"
    mail.set_content("")
    post.send(reader, stop[1], mail)
    post.await_mail(REPLIES, number + 1)
    assert house.engine.fetch() == 1
    go_to(house, TUESDAY)
    tick(house)
    assert enrolment(house, joined).state == "left"
    assert verdicts(house) == ["stopped"]
