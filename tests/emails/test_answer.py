"""The owner's answer as the letter that brings it."""

import pytest

from course.answers import ANSWER_LENGTH
from course.enrolments import CODE_LENGTH
from emails.links import Purpose, Tokens
from tests.emails.specimens import CODE, FIRST, KEYS, WORDS, compose, message


@pytest.mark.parametrize("sign", ["x", "&", "é", "🌿", "近", "a\n\n", "a\n"])
def test_the_longest_answer_fits_into_one_email(sign: str) -> None:
    words = (sign * ANSWER_LENGTH)[:ANSWER_LENGTH].strip()
    composed = compose("answer", words=words)
    assert composed.problems == ()
    assert composed.message is not None
    assert words in composed.message.text


def test_it_belongs_to_the_thread_of_what_it_answers() -> None:
    sent = message("answer", answers="<hers@mail.example>")
    assert sent.headers["In-Reply-To"] == sent.headers["References"] == "<hers@mail.example>"
    assert sent.subject == f"Re: {FIRST.subject}"
    assert sent.reply_to == message("lesson").reply_to
    assert "Auto-Submitted" not in sent.headers


def test_what_was_kept_on_a_page_has_no_thread_in_a_mail_program() -> None:
    assert "In-Reply-To" not in message("answer", answers=None).headers


def test_signs_in_her_words_are_only_words() -> None:
    sent = message("answer", words="a <b>c</b> & {{ d }} slotstartwhyslotend")
    assert "a &lt;b&gt;c&lt;/b&gt; &amp; {{ d }} slotstartwhyslotend" in sent.html
    assert "a <b>c</b> & {{ d }} slotstartwhyslotend" in sent.text
    assert WORDS not in sent.text


def test_the_owners_address_for_answers_is_signed_for_nothing_else() -> None:
    sent = message("reflection-notice")
    token = sent.reply_to.partition("+")[2].partition("@")[0]
    assert Tokens(KEYS).read(Purpose.ANSWER, token)[:CODE_LENGTH] == CODE
    assert len(sent.reply_to.partition("@")[0]) <= 64
