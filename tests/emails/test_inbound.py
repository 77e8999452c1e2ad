"""A received email is kept once, sealed, and finds the letter it belongs to."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.schema import METADATA
from course.consents import Consent, Means
from course.database import Database
from course.enrolments import State
from course.keys import new_secret, parse_keys
from emails.inbound import Verdict, for_the_owner, store, waiting
from emails.links import Purpose, Tokens
from emails.routing import route
from tests.emails.conftest import Letterbox, make_letterbox
from tests.emails.postbag import LINKS, WORDS, mail, message_id, reply, reply_to
from tests.emails.specimens import COURSE, FIRST, KEY, NOW, minutes_later

SECOND = COURSE.lessons[1].slug


def test_an_email_is_stored_once_however_often_it_comes(letterbox: Letterbox) -> None:
    assert letterbox.receive(reply(letterbox)) == Verdict.REFLECTION
    assert letterbox.receive(reply(letterbox), minutes=1) is None
    assert len(letterbox.rows()) == len(letterbox.kept()) == 1


def test_an_email_is_stored_on_either_database(database: Database) -> None:
    letterbox = make_letterbox(database)
    assert letterbox.receive(reply(letterbox)) == Verdict.REFLECTION
    assert letterbox.receive(reply(letterbox)) is None
    assert letterbox.words() == [WORDS]


def test_no_word_lies_in_clear_on_the_disk(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/x.sqlite3")
    METADATA.create_all(database.engine)
    letterbox = make_letterbox(database)
    assert letterbox.receive(reply(letterbox)) == Verdict.REFLECTION
    assert letterbox.receive(mail("someone@practice.example", number=2)) == Verdict.UNSORTED
    alive = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    database.engine.dispose()
    closed = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"received_emails" in alive + closed
    for secret in (b"Quince", b"marmalade", b"The quick", reply_to(letterbox).encode()):
        assert secret not in alive
        assert secret not in closed


@pytest.mark.parametrize("name", ["To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To"])
def test_it_finds_its_letter_by_the_reply_address(letterbox: Letterbox, name: str) -> None:
    raw = mail("", headers=((name, f"Your practice <{reply_to(letterbox)}>"),))
    assert letterbox.receive(raw) == Verdict.REFLECTION
    (opened,) = letterbox.opened()
    assert (opened.email, opened.lesson, opened.words) == ("ana@example.com", FIRST.slug, WORDS)


def test_it_finds_its_letter_by_an_address_in_capitals(letterbox: Letterbox) -> None:
    assert letterbox.receive(mail(reply_to(letterbox).upper())) == Verdict.REFLECTION


@pytest.mark.parametrize("name", ["In-Reply-To", "References"])
def test_it_finds_its_letter_by_the_thread_otherwise(letterbox: Letterbox, name: str) -> None:
    thread = f"<other@mail.example> {message_id(letterbox, SECOND)}"
    raw = mail("letters@practice.example", headers=((name, thread),))
    assert letterbox.receive(raw) == Verdict.REFLECTION
    assert letterbox.opened()[0].lesson == SECOND


def test_the_address_speaks_before_the_thread(letterbox: Letterbox) -> None:
    raw = mail(reply_to(letterbox, SECOND), headers=(("In-Reply-To", message_id(letterbox)),))
    assert letterbox.receive(raw) == Verdict.REFLECTION
    assert letterbox.opened()[0].lesson == SECOND


@pytest.mark.parametrize("lesson", [None, "a-letter-that-was-removed"])
def test_a_reply_to_no_letter_of_today_is_kept_without_one(
    letterbox: Letterbox, lesson: str | None
) -> None:
    assert letterbox.receive(mail(reply_to(letterbox, lesson))) == Verdict.REFLECTION
    assert letterbox.opened()[0].lesson is None


@pytest.mark.parametrize(
    "sender",
    [
        "Ana <eve@example.com>",
        "ana@example.com.evil.example",
        '"ana@example.com" <eve@x.example>',
        "ana@example.com, eve@x.example",
        "Undisclosed:;",
        "",
    ],
)
def test_a_forged_sender_is_shown_to_the_owner_and_is_no_reflection(
    letterbox: Letterbox, sender: str
) -> None:
    assert letterbox.receive(reply(letterbox, sender=sender)) == Verdict.UNVERIFIED
    assert letterbox.kept() == []
    assert letterbox.rows()[0].notice_due_at == NOW


def test_two_senders_in_two_headers_are_a_forgery(letterbox: Letterbox) -> None:
    raw = b"From: eve@x.example\r\n" + reply(letterbox)
    assert letterbox.receive(raw) == Verdict.UNVERIFIED


def test_the_senders_address_may_be_in_capitals(letterbox: Letterbox) -> None:
    assert letterbox.receive(reply(letterbox, sender="ANA@Example.COM")) == Verdict.REFLECTION


def test_a_wrong_signature_belongs_to_no_letter(letterbox: Letterbox) -> None:
    theirs = Tokens(parse_keys(new_secret())).sign(Purpose.REPLY, letterbox.code)
    for n, to in enumerate((f"replies+{theirs}@practice.example", "replies@practice.example")):
        assert letterbox.receive(mail(to, number=n)) == Verdict.UNSORTED
    assert letterbox.kept() == []


@pytest.mark.parametrize("purpose", sorted(set(Purpose) - {Purpose.REPLY, Purpose.ANSWER}))
def test_a_token_for_another_purpose_is_no_reply(letterbox: Letterbox, purpose: Purpose) -> None:
    token = letterbox.router.tokens.sign(purpose, letterbox.code)
    assert letterbox.receive(mail(f"replies+{token}@practice.example")) == Verdict.UNSORTED


def test_a_good_token_beside_a_bad_one_is_found(letterbox: Letterbox) -> None:
    to = f"replies+abc.def@practice.example, {reply_to(letterbox)}"
    assert letterbox.receive(mail(to)) == Verdict.REFLECTION


@pytest.mark.parametrize(
    "body", ["STOP", "stop", " Stop. ", "Stop!\r\n\r\n> Dear Ana,", "stop\r\n-- \r\nAna"]
)
def test_the_word_stop_is_a_goodbye(letterbox: Letterbox, body: str) -> None:
    assert letterbox.receive(reply(letterbox, body)) == Verdict.STOPPED
    assert letterbox.reader().state == State.LEFT
    assert letterbox.kept() == []


@pytest.mark.parametrize("body", ["I can't stop thinking of it.", "Stop it, I said.", "Non-stop"])
def test_the_word_stop_within_a_sentence_is_only_a_word(letterbox: Letterbox, body: str) -> None:
    assert letterbox.receive(reply(letterbox, body)) == Verdict.REFLECTION
    assert letterbox.reader().state == State.ACTIVE


def test_a_forged_stop_stops_nobody(letterbox: Letterbox) -> None:
    raw = reply(letterbox, "STOP", sender="eve@x.example")
    assert letterbox.receive(raw) == Verdict.UNVERIFIED
    assert letterbox.reader().state == State.ACTIVE


@pytest.mark.parametrize(
    ("body", "sender", "headers"),
    [
        ("unsubscribe", "Ana <ana@example.com>", ()),
        ("", "ana@example.com", ()),
        ("", "ana.other@mail.example", ()),
        ("", "ana@example.com", (("Auto-Submitted", "auto-generated"),)),
        ("", "ana@example.com", (("Return-Path", "<>"), ("Precedence", "bulk"))),
    ],
)
def test_mail_to_the_unsubscribe_address_is_a_goodbye_whoever_sends_it(
    letterbox: Letterbox, body: str, sender: str, headers: tuple[tuple[str, str], ...]
) -> None:
    to = LINKS.unsubscribe_address(letterbox.code)
    assert letterbox.receive(mail(to, body, sender=sender, headers=headers)) == Verdict.STOPPED
    assert letterbox.reader().state == State.LEFT
    with letterbox.database.reading() as session:
        (consent,) = session.scalars(select(Consent))
    assert consent.means == Means.GOODBYE_MAIL


def test_an_unsubscribe_address_with_a_wrong_signature_stops_nobody(letterbox: Letterbox) -> None:
    token = letterbox.router.tokens.sign(Purpose.REPLY, letterbox.code)
    assert letterbox.receive(mail(f"replies+stop.{token}@practice.example")) == Verdict.UNSORTED
    assert letterbox.reader().state == State.ACTIVE


@pytest.mark.parametrize("body", ["", " \r\n\t", "> Dear Ana,", "-- \r\nAna"])
def test_a_reply_without_words_is_empty_and_troubles_nobody(
    letterbox: Letterbox, body: str
) -> None:
    assert letterbox.receive(reply(letterbox, body)) == Verdict.EMPTY
    (row,) = letterbox.rows()
    assert row.notice_due_at is None
    assert row.route_due_at is None


def test_what_finds_no_letter_is_shown_to_the_owner_newest_first(letterbox: Letterbox) -> None:
    for n in range(3):
        letterbox.receive(mail("replies@practice.example", number=n), minutes=n)
    with letterbox.database.reading() as session:
        shown = for_the_owner(session, 2)
    assert [row.received_at for row in shown] == [minutes_later(2), minutes_later(1)]


def test_an_email_waits_until_a_job_looks_at_it(letterbox: Letterbox) -> None:
    with letterbox.database.transaction() as session:
        stored = store(session, letterbox.router.vault, reply(letterbox), NOW)
    (row,) = letterbox.rows()
    assert (row.id, row.route_due_at, row.verdict) == (stored, NOW, None)
    with letterbox.database.transaction() as session:
        assert waiting(session, NOW - timedelta(seconds=1), 10) == []
        (received,) = waiting(session, NOW, 10)
        assert route(session, letterbox.router, received, NOW) == Verdict.REFLECTION
        assert waiting(session, NOW, 10) == []


def test_no_row_shows_a_word_of_what_it_holds(letterbox: Letterbox) -> None:
    letterbox.receive(reply(letterbox))
    letterbox.receive(mail("x@practice.example", number=2))
    shown = " ".join(f"{row!r} {row}" for row in [*letterbox.rows(), *letterbox.kept()])
    for secret in ("Quince", "ana@", "The quick", KEY):
        assert secret not in shown


def test_the_hour_of_a_reflection_is_when_it_was_understood(letterbox: Letterbox) -> None:
    letterbox.receive(reply(letterbox), minutes=5)
    assert letterbox.kept()[0].received_at == NOW + timedelta(minutes=5)
