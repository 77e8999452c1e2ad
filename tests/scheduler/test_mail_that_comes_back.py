"""What comes back as mail: reports of letters that failed, and words that set a reader's pace."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bootstrap import House
from course.database import Database
from emails import inbound, routing
from emails.inbound import ReceivedEmail
from emails.message import Message
from emails.routing import Router
from emails.suppression import Suppression
from tests.support.houses import TUESDAY, deliveries, enrolment, go_to, join, now, play, tick
from tests.support.providers import Scripted

Houses = Callable[..., House]
ANA = "ana@example.com"
WEEK = timedelta(weeks=1)
DAY = timedelta(days=1)


def letter_of(house: House) -> Message:
    assert isinstance(house.provider, Scripted)
    return house.provider.sent[-1]


def receive(house: House, raw: str) -> str | None:
    with house.database.transaction() as session:
        found = inbound.store(session, house.vault, raw.encode(), now(house))
    tick(house)
    with house.database.reading() as session:
        return session.get_one(ReceivedEmail, found).verdict


def report(message_id: str, failed: str = ANA, status: str = "5.1.1") -> str:
    return (
        "From: MAILER-DAEMON@mx.example\r\nTo: letters@practice.example\r\nSubject: Undelivered\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {failed}\r\nAction: failed\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 550 {status} <{failed}>: user unknown\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n"
        f"To: {ANA}\r\nSubject: The quick\r\n--b--\r\n"
    )


def answer(house: House, words: str, sender: str = ANA) -> str:
    letter = letter_of(house)
    return (
        f"From: {sender}\r\nTo: {letter.reply_to}\r\nSubject: Re: {letter.subject}\r\n"
        f"Message-ID: <{words[:4].strip()}@reader.example>\r\n\r\n{words}\r\n"
    )


def reasons(house: House) -> list[str]:
    with house.database.reading() as session:
        return list(session.scalars(select(Suppression.reason)))


@pytest.fixture
def house(database: Database, houses: Houses) -> House:
    house = houses(database, provider=Scripted())
    join(house, ANA)
    tick(house, TUESDAY)
    return house


def test_a_hard_bounce_of_our_letter_stops_the_letters(house: House) -> None:
    assert receive(house, report(letter_of(house).headers["Message-ID"])) == "bounce"
    assert reasons(house) == ["hard bounce"]
    play(house, TUESDAY + 2 * WEEK)
    assert len(deliveries(house, "lesson")) == 1


def test_what_she_passes_on_may_fail_elsewhere(house: House) -> None:
    raw = report(letter_of(house).headers["Message-ID"], failed="friend@elsewhere.example")
    assert receive(house, raw) == "bounce"
    assert reasons(house) == []


def test_a_temporary_failure_stops_nothing(house: House) -> None:
    raw = report(letter_of(house).headers["Message-ID"], status="4.2.2")
    assert receive(house, raw) == "bounce"
    assert reasons(house) == []


def test_a_report_with_a_made_up_message_id_stops_nothing(house: House) -> None:
    real = letter_of(house).headers["Message-ID"]
    forged = real[:40] + ("a" if real[40] != "a" else "b") + real[41:]
    assert receive(house, report(forged)) == "bounce"
    assert reasons(house) == []


def test_pause_and_resume_alone_on_a_line_set_the_pace(house: House) -> None:
    [reader] = [d.enrolment_id for d in deliveries(house, "lesson")]
    assert reader is not None
    assert receive(house, answer(house, "Pause.")) == "paced"
    assert enrolment(house, reader).state == "paused"
    assert receive(house, answer(house, "RESUME")) == "paced"
    assert enrolment(house, reader).state == "active"
    assert enrolment(house, reader).next_due_at == TUESDAY + WEEK


def test_next_brings_the_letter_as_soon_as_the_gap_allows(house: House) -> None:
    [reader] = [d.enrolment_id for d in deliveries(house, "lesson")]
    assert reader is not None
    assert receive(house, answer(house, "next")) == "paced"
    # The shipped course leaves five days between two letters.
    assert enrolment(house, reader).next_due_at == TUESDAY + 5 * DAY
    go_to(house, TUESDAY + 6 * DAY)
    tick(house)
    assert len(deliveries(house, "lesson")) == 2


def test_a_sentence_with_such_a_word_in_it_is_an_answer(house: House) -> None:
    assert receive(house, answer(house, "I need to pause when he calls.")) == "reflection"


def test_somebody_elses_word_sets_nobodys_pace(house: House) -> None:
    assert receive(house, answer(house, "PAUSE", sender="bo@example.com")) == "unverified"
    assert deliveries(house, "mail-notice")


def test_an_email_nobody_thought_of_is_kept_for_the_owner_and_holds_up_no_other(
    database: Database, houses: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = houses(database, provider=Scripted())
    play(house, TUESDAY)
    act = routing._act  # noqa: SLF001  where anything may happen

    def stumble(session: Session, router: Router, received: ReceivedEmail, *rest: Any) -> Any:
        if b"the strangest" in inbound.open_raw(router.vault, received):
            received.message_id = "half done"
            session.flush()
            raise OverflowError
        return act(session, router, received, *rest)

    monkeypatch.setattr(routing, "_act", stumble)
    with house.database.transaction() as session:
        for words in ("the strangest", "a plain one"):
            raw = f"From: bo@example.com\r\nTo: desk@practice.example\r\n\r\n{words}\r\n"
            inbound.store(session, house.vault, raw.encode(), now(house))
    tick(house)
    with house.database.reading() as session:
        kept = session.execute(select(ReceivedEmail.verdict, ReceivedEmail.message_id))
        assert sorted((str(verdict), name) for verdict, name in kept) == [
            ("unreadable", None),
            ("unsorted", None),
        ]
