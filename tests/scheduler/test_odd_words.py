"""What others say is fit for no database: it is cut and cleaned, and nobody waits behind it."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.bootstrap import House
from course.database import Database
from emails import inbound
from emails.hook_calls import Door, arrival, store
from emails.inbound import ReceivedEmail
from emails.message import Message
from emails.providers.base import Accepted, Outcome, Rejected
from emails.providers.hooks import Event, EventKind, Hook
from emails.providers.memory import MemoryProvider
from scheduler import feedback
from tests.support.houses import (
    TUESDAY,
    counts,
    deliveries,
    enrolment,
    go_to,
    join,
    join_many,
    now,
    tick,
)
from tests.support.providers import to

Houses = Callable[..., House]
MINUTE = timedelta(minutes=1)
ODD = ["550 no such \x00 user", "550 no user \ud83d", "550 " + "x" * 5000]
IDS = ["NUL", "half a letter", "long"]
REPORT = """From: MAILER-DAEMON@mx.example\r
To: {to}\r
Subject: Undelivered\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
Message-ID: <{id}>\r
\r
--b\r
Content-Type: text/plain\r
\r
It couldn't be delivered.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example\r
\r
Final-Recipient: rfc822; ana@example.com\r
Action: failed\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 {words}\r
\r
--b\r
Content-Type: text/rfc822-headers\r
\r
Message-ID: {original}\r
From: letters@practice.example\r
\r
--b--\r
"""


def ring(house: House, key: str, at: datetime) -> None:
    """A call of Postmark's about this email, as it is kept until somebody works it."""
    told = {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "ID": at.second,
        "Email": "x@example.com",
        "BouncedAt": "2026-11-03T07:00:00Z",
        "Metadata": {"key": key},
    }
    hook = Hook({}, json.dumps(told).encode())
    row = arrival(house.vault, "postmark", Door.EVENTS, key, hook, at)
    with house.database.transaction() as session:
        store(session, [row])


@pytest.mark.parametrize("words", ODD, ids=IDS)
def test_an_odd_refusal_is_its_own_message_s_trouble(
    database: Database, houses: Houses, words: str
) -> None:
    verdict = to({"r1@example.com": Rejected(words)}, lambda message: Accepted(message.key))
    house = houses(database, provider=MemoryProvider(verdict=verdict))
    for number in range(5):
        join(house, f"r{number}@example.com")
    tick(house, TUESDAY)
    assert counts(house) == {"accepted": 4, "failed": 1}


def test_an_id_longer_than_any_is_cut(database: Database, houses: Houses) -> None:
    house = houses(database, provider=MemoryProvider(verdict=lambda _: Accepted("x" * 1000)))
    join(house)
    tick(house, TUESDAY)
    assert counts(house) == {"accepted": 1}


@pytest.mark.parametrize("words", ODD, ids=IDS)
def test_an_odd_event_is_heard(database: Database, houses: Houses, words: str) -> None:
    house = houses(database, provider=MemoryProvider())
    reader = join(house)
    tick(house, TUESDAY)
    [letter] = deliveries(house)
    event = Event("1", EventKind.HARD_BOUNCE, words, key=letter.key, reason=words)
    with database.transaction() as session:
        assert feedback.hear(session, house.catalogue, "postmark", event, now(house))
    assert enrolment(house, reader).state == "left"


@pytest.mark.parametrize("key", ["\x00" * 32, "\ud83d", "x" * 5000, "' or 1=1"])
def test_an_odd_key_is_nobody_s(database: Database, houses: Houses, key: str) -> None:
    house = houses(database, provider=MemoryProvider())
    event = Event("1", EventKind.HARD_BOUNCE, "bounce", key=key)
    with database.transaction() as session:
        assert feedback.hear(session, house.catalogue, "postmark", event, now(house))


@pytest.mark.parametrize("words", ["no such \x00 user", "nö \x80", "no such user"])
@pytest.mark.parametrize("name", ["1@x", "1\x00@x", "x" * 2000 + "@x"], ids=["id", "NUL", "long"])
def test_an_odd_report_by_mail_keeps_nobody_waiting(
    database: Database, houses: Houses, words: str, name: str
) -> None:
    provider = MemoryProvider()
    house = houses(database, provider=provider)
    join(house)
    tick(house, TUESDAY)
    original = provider.sent[0].headers["Message-ID"]
    answers_to = provider.sent[0].reply_to
    report = REPORT.format(to=answers_to, words=words, id=name, original=original)
    reply = (
        f"From: ana@example.com\r\nTo: {answers_to}\r\nSubject: Re: \x00\r\n"
        f"Message-ID: <{name}>\r\nReferences: {original}\r\n\r\nSome wo\x00rds.\r\n"
    )
    with database.transaction() as session:
        for raw in (report, reply):
            inbound.store(session, house.vault, raw.encode("latin-1"), now(house))
    tick(house, TUESDAY + MINUTE)
    with database.reading() as session:
        assert set(session.scalars(select(ReceivedEmail.route_due_at))) == {None}


def test_a_call_nobody_foresaw_is_set_aside_and_those_behind_it_are_heard(
    database: Database, houses: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = houses(database, provider=MemoryProvider())
    first, second = join(house, "ana@example.com"), join(house, "bo@example.com")
    tick(house, TUESDAY)
    for reader in (first, second):
        [letter] = [one for one in deliveries(house) if one.enrolment_id == reader]
        ring(house, letter.key, now(house) + timedelta(seconds=reader))
    hear = feedback.hear

    def stumble(*_: object) -> bool:
        monkeypatch.setattr(feedback, "hear", hear)
        raise ZeroDivisionError

    monkeypatch.setattr(feedback, "hear", stumble)
    go_to(house, now(house) + MINUTE)
    house.engine.tick()
    assert [enrolment(house, reader).state for reader in (first, second)] == ["active", "left"]


def test_an_answer_nobody_foresaw_leaves_it_unknown(database: Database, houses: Houses) -> None:
    class Stumbling(MemoryProvider):
        def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
            super().send(batch, key)
            raise ZeroDivisionError

    house = houses(database, provider=Stumbling())
    join(house)
    tick(house, TUESDAY)
    [letter] = deliveries(house)
    assert letter.state == "unknown"
    assert "nobody foresaw happened (ZeroDivisionError, test_odd_words.py" in (letter.reason or "")


def test_nor_does_an_answer_for_fewer_than_were_sent(database: Database, houses: Houses) -> None:
    class Short(MemoryProvider):
        def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
            return super().send(batch, key)[1:]

    house = houses(database, provider=Short())
    join_many(house, 3)
    tick(house, TUESDAY)
    assert counts(house) == {"unknown": 3}
