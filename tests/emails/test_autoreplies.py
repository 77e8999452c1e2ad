"""Machines are told from people, and answered by nobody (RFC 3834)."""

import dataclasses
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from bench import reports as bench
from emails.autoreplies import is_automatic
from emails.inbound import Verdict
from tests.emails.conftest import Letterbox
from tests.emails.postbag import WORDS, mail, message_id, reply, reply_to

DAY = 24 * 60
REPORT = 'multipart/report; report-type=delivery-status; boundary="b"'
FAILURE = (
    "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
    "Final-Recipient: rfc822; ana@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n--b--\r\n"
)


@pytest.mark.parametrize(
    ("verdict", "headers"),
    [
        (Verdict.AUTOMATIC, (("Return-Path", "<>"),)),
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


OURS = "letters@practice.example"


@pytest.mark.parametrize(
    ("sender", "verdict"),
    [
        (f"Your practice <{OURS}>", Verdict.AUTOMATIC),
        (OURS.title(), Verdict.AUTOMATIC),
        (f"{OURS}, bo@example.com", Verdict.UNSORTED),
        ("bo@example.com", Verdict.UNSORTED),
        ("", Verdict.UNSORTED),
    ],
)
def test_a_notice_of_our_own_that_comes_back_begets_no_other(
    letterbox: Letterbox, sender: str, verdict: Verdict
) -> None:
    ours = dataclasses.replace(letterbox.router, sender=OURS)
    house = dataclasses.replace(letterbox, router=ours)
    assert house.receive(mail("replies@practice.example", sender=sender)) == verdict


def test_whose_own_address_our_letters_come_from_can_still_answer_them(
    letterbox: Letterbox,
) -> None:
    ours = dataclasses.replace(letterbox.router, sender="ana@example.com")
    house = dataclasses.replace(letterbox, router=ours)
    assert house.receive(reply(house)) == Verdict.REFLECTION


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
    raw = mail("letters@practice.example", FAILURE, headers=(("Content-Type", REPORT),))
    assert letterbox.receive(raw) == Verdict.BOUNCE


def written(*headers: tuple[str, str]) -> EmailMessage:
    raw = mail("letters@practice.example", headers=headers)
    parsed = message_from_bytes(raw, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


@pytest.mark.parametrize(
    "header",
    [
        ("X-Auto-Reply", "yes"),
        ("X-MS-Exchange-Inbox-Rules-Loop", "ana@example.com"),
        ("X-Apple-Action", "VACATION"),
        ("X-Mailer", "vacation 1.2"),
        ("Return-Path", "<>"),
        ("Delivered-To", "autoresponder"),
        ("Subject", "Automatic reply: The quick"),
        ("Subject", "Auto: The quick"),
        ("Subject", "Out of Office: The quick"),
        ("Subject", "Automatische Antwort: The quick"),
        ("Subject", "Abwesenheitsnotiz"),
        ("Subject", "Réponse automatique : The quick"),
        ("Subject", "Respuesta automática: The quick"),
        ("Subject", "Risposta automatica: The quick"),
        ("Subject", "Automatisch antwoord: The quick"),
        ("Subject", "Autosvar: The quick"),
        ("Subject", "Автоматический ответ: The quick"),
        ("Subject", "Odpowiedź automatyczna: The quick"),
        ("Subject", "自動返信: The quick"),
        ("Subject", "【自動応答】The quick"),
    ],
)
def test_a_machine_is_known_by_one_header(header: tuple[str, str]) -> None:
    assert is_automatic(written(header))


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Automatic reply: The quick",
        "Re: Out of office",
        "AW: Abwesenheit",
        "Autobiography, a beginning",
        "Automatically angry",
        "I am on holiday and wrote this",
        "Away from it all",
        "Autumn",
    ],
)
def test_a_person_may_write_of_absence(subject: str) -> None:
    assert not is_automatic(written(("Subject", subject)))


def test_words_of_absence_count_where_a_header_hints_at_a_machine() -> None:
    quiet = ("X-Auto-Response-Suppress", "All")
    assert is_automatic(written(quiet, ("Subject", "On vacation until May")))
    assert not is_automatic(written(quiet, ("Subject", "Re: Absence")))
    assert not is_automatic(written(quiet, ("Subject", "My week")))


def test_all_auto_replies_of_the_corpus_are_found() -> None:
    cases = bench.read_cases(bench.CORPORA / "autoreplies.jsonl")
    for score in bench.score_autoreplies(cases, bench.Watch()):
        assert score.wrong == []


def test_no_persons_reply_of_the_corpus_is_taken_for_a_machines() -> None:
    cases = bench.read_cases(bench.CORPORA / "replies" / "open.jsonl")
    for score in bench.score_people(cases, bench.Watch()):
        assert score.wrong == []
