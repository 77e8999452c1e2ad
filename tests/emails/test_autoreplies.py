"""Machines are told from people, and answered by nobody (RFC 3834)."""

import pytest

from emails.inbound import Verdict
from tests.emails.conftest import Letterbox
from tests.emails.postbag import WORDS, mail, message_id, reply, reply_to

DAY = 24 * 60
REPORT = 'multipart/report; report-type=delivery-status; boundary="b"'


@pytest.mark.parametrize(
    ("verdict", "headers"),
    [
        (Verdict.BOUNCE, (("Return-Path", "<>"),)),
        (Verdict.BOUNCE, (("Content-Type", REPORT),)),
        (Verdict.AUTOMATIC, (("Auto-Submitted", "auto-replied"),)),
        (Verdict.AUTOMATIC, (("Auto-Submitted", "auto-generated; owner=x"),)),
        (Verdict.AUTOMATIC, (("Precedence", "bulk"),)),
        (Verdict.AUTOMATIC, (("Precedence", "Junk"),)),
        (Verdict.AUTOMATIC, (("Precedence", "auto_reply"),)),
        (Verdict.AUTOMATIC, (("X-Autoreply", "yes"),)),
        (Verdict.AUTOMATIC, (("X-Autoresponder", "x"),)),
        (Verdict.AUTOMATIC, (("From", "MAILER-DAEMON@example.com"),)),
        (Verdict.AUTOMATIC, (("From", "no-reply@example.com"),)),
    ],
)
def test_a_machines_mail_is_no_reflection_and_gets_no_answer(
    letterbox: Letterbox, verdict: Verdict, headers: tuple[tuple[str, str], ...]
) -> None:
    assert letterbox.receive(reply(letterbox, headers=headers)) == verdict
    assert letterbox.kept() == []
    assert letterbox.rows()[0].notice_due_at is None


@pytest.mark.parametrize(
    "header",
    [
        ("Auto-Submitted", "no"),
        ("Auto-Submitted", "No; x=y"),
        ("Precedence", "first-class"),
        ("Return-Path", "<ana@example.com>"),
        ("X-Mailer", "Vacation planner"),
    ],
)
def test_a_persons_mail_is_answered(letterbox: Letterbox, header: tuple[str, str]) -> None:
    assert letterbox.receive(reply(letterbox, headers=(header,))) == Verdict.REFLECTION
    assert letterbox.kept()[0].acknowledgement_due_at is not None


@pytest.mark.parametrize(
    "header",
    [
        ("X-Auto-Response-Suppress", "All"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        ("List-Id", "<x.example>"),
        ("List-Unsubscribe", "<mailto:x@x.example>"),
        ("LIST-POST", "NO"),
    ],
)
def test_mail_that_wants_no_answer_is_kept_and_gets_none(
    letterbox: Letterbox, header: tuple[str, str]
) -> None:
    assert letterbox.receive(reply(letterbox, headers=(header,))) == Verdict.REFLECTION
    (kept,) = letterbox.kept()
    assert kept.acknowledgement_due_at is None
    assert kept.notice_due_at is not None
    assert letterbox.words() == [WORDS]


def test_a_reader_is_answered_once_in_seven_days_at_most(letterbox: Letterbox) -> None:
    answered = []
    for n, minutes in enumerate((0, 1, 3 * DAY, 7 * DAY - 1, 7 * DAY, 8 * DAY)):
        raw = reply(letterbox, f"words {n}", number=n)
        assert letterbox.receive(raw, minutes) == Verdict.REFLECTION
        answered.append(letterbox.kept()[-1].acknowledgement_due_at is not None)
    assert answered == [True, False, False, False, True, False]


def test_a_mail_that_wants_no_answer_uses_none_up(letterbox: Letterbox) -> None:
    quiet = reply(letterbox, headers=(("X-Auto-Response-Suppress", "All"),))
    letterbox.receive(quiet)
    letterbox.receive(reply(letterbox, number=2), minutes=1)
    assert letterbox.kept()[-1].acknowledgement_due_at is not None


def test_our_own_acknowledgement_coming_back_starts_no_loop(letterbox: Letterbox) -> None:
    headers = (
        ("Auto-Submitted", "auto-replied"),
        ("X-Auto-Response-Suppress", "All"),
        ("In-Reply-To", message_id(letterbox)),
    )
    assert letterbox.receive(mail(reply_to(letterbox), headers=headers)) == Verdict.AUTOMATIC


def test_a_bounce_is_one_even_when_it_names_no_letter(letterbox: Letterbox) -> None:
    raw = mail("letters@practice.example", headers=(("Content-Type", REPORT),))
    assert letterbox.receive(raw) == Verdict.BOUNCE
