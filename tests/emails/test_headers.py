"""What mail programs read: how to leave, who made it, and what it answers."""

from email import message_from_bytes, policy

import pytest

from course.enrolments import CODE_LENGTH
from emails.links import Purpose, Tokens
from emails.message import to_mime
from tests.emails.specimens import (
    BASE_URL,
    CODE,
    KEY,
    KEYS,
    KINDS,
    NOW,
    OWNER_KINDS,
    message,
    named,
)

TOKENS = Tokens(KEYS)
CONVERSATION = (
    "confirmation",
    "welcome-back",
    "acknowledgement",
    "pace",
    "invitation",
    *OWNER_KINDS,
)


def test_a_lesson_can_be_left_with_one_click_or_one_mail() -> None:
    headers = message().headers
    web, mail = headers["List-Unsubscribe"].split(", ")
    assert web.startswith(f"<{BASE_URL}/unsubscribe/")
    assert mail.startswith("<mailto:replies+stop.")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_both_ways_to_leave_name_the_reader_and_nothing_else() -> None:
    web, mail = message().headers["List-Unsubscribe"].strip("<>").split(">, <")
    for token in (web.rpartition("/")[2], mail.partition("+stop.")[2].partition("@")[0]):
        assert TOKENS.read(Purpose.UNSUBSCRIBE, token) == CODE
    assert "?" not in web


def test_the_lists_name_is_in_our_domain_and_short() -> None:
    name = message().headers["List-Id"]
    assert name == "<six-letters.practice.example>"


def test_a_lesson_asks_for_no_out_of_office_note_and_still_for_bounces() -> None:
    assert message().headers["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert "Precedence" not in message().headers


@pytest.mark.parametrize("kind", CONVERSATION)
def test_only_lessons_are_mail_of_a_list(kind: str) -> None:
    assert not [name for name in message(kind).headers if name.startswith("List-")]


def test_an_acknowledgement_says_that_it_is_automatic_and_what_it_answers() -> None:
    headers = message("acknowledgement", answers="<q@mail.example>").headers
    assert headers["Auto-Submitted"] == "auto-replied"
    assert headers["X-Auto-Response-Suppress"] == "All"
    assert headers["In-Reply-To"] == headers["References"] == "<q@mail.example>"


def test_an_acknowledgement_without_a_message_id_to_answer_threads_with_nothing() -> None:
    headers = message("acknowledgement", answers=None).headers
    assert "In-Reply-To" not in headers
    assert "References" not in headers


@pytest.mark.parametrize("kind", ["welcome-back", *OWNER_KINDS])
def test_a_machines_other_notes_say_so(kind: str) -> None:
    assert message(kind).headers["Auto-Submitted"] == "auto-generated"


def test_a_confirmation_carries_nothing_that_the_forms_user_chose() -> None:
    plain = message("confirmation", reader=named(None))
    chosen = message("confirmation", reader=named("Buy now at evil dot example"))
    assert (chosen.subject, chosen.html, chosen.text) == (plain.subject, plain.html, plain.text)
    assert b"evil" not in to_mime(chosen, NOW)


@pytest.mark.parametrize("kind", KINDS)
def test_every_message_has_our_own_id_and_one_sender(kind: str) -> None:
    mail = message_from_bytes(to_mime(message(kind), NOW), policy=policy.default)
    assert mail["Message-ID"].startswith(f"<{KEY}.")
    assert mail["Message-ID"].endswith("@practice.example>")
    assert [a.addr_spec for a in mail["From"].addresses] == ["letters@practice.example"]
    assert mail["Subject"].startswith("Re: ") == (kind == "answer")


def test_a_reply_finds_its_letter_by_address_and_by_message_id() -> None:
    sent = message()
    by_address = sent.reply_to.partition("+")[2].partition("@")[0]
    by_id = sent.headers["Message-ID"].partition(".")[2].partition("@")[0]
    assert by_address == by_id
    assert TOKENS.read(Purpose.REPLY, by_address)[:CODE_LENGTH] == CODE


def test_the_owner_answers_a_booking_straight_to_the_reader() -> None:
    assert message("booking-notice").reply_to == "ana@example.com"
    assert message("booking-notice").to == "owner@practice.example"


@pytest.mark.parametrize("kind", ["reflection-notice", "mail-notice", "answer-notice"])
def test_a_notice_to_the_owner_holds_no_address_of_the_reader(kind: str) -> None:
    assert b"ana@example.com" not in to_mime(message(kind), NOW)
