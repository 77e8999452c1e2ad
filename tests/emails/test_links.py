"""A link says what one person may do, and can't be forged, widened or read."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.settings import SHIPPED_COURSES
from course.catalogue import load_catalogue
from course.enrolments import CODE_ALPHABET, CODE_LENGTH
from course.keys import new_secret, parse_keys
from emails.errors import BadToken, ExpiredToken
from emails.links import (
    CONFIRMATION_LIFE,
    LESSON_TAG_LENGTH,
    Purpose,
    Tokens,
    lesson_tag,
    read_confirmation,
)
from tests.emails.specimens import BASE_URL, CODE, KEYS, NOW, REPLIES, make_links

steady = settings(derandomize=True, deadline=None, max_examples=200)

TOKENS = Tokens(KEYS)
LINKS = make_links()
purposes = st.sampled_from(list(Purpose))
payloads = st.text(CODE_ALPHABET, min_size=1, max_size=30)


def token_of(link: str) -> str:
    return link.rsplit("/", 1)[-1]


@steady
@given(purposes, payloads)
def test_what_was_signed_is_read_again(purpose: Purpose, payload: str) -> None:
    assert TOKENS.read(purpose, TOKENS.sign(purpose, payload)) == payload


@steady
@given(purposes, purposes, payloads)
def test_a_token_for_one_purpose_is_refused_for_every_other(
    purpose: Purpose, other: Purpose, payload: str
) -> None:
    if purpose != other:
        with pytest.raises(BadToken):
            TOKENS.read(other, TOKENS.sign(purpose, payload))


@pytest.mark.parametrize("purpose", Purpose)
def test_any_changed_character_is_refused(purpose: Purpose) -> None:
    token = TOKENS.sign(purpose, CODE)
    for position, right in enumerate(token):
        for wrong in "abcdefghijklmnopqrstuvwxyz0123456789.-=ä":
            if wrong != right:
                with pytest.raises(BadToken):
                    TOKENS.read(purpose, token[:position] + wrong + token[position + 1 :])


@steady
@given(st.data(), purposes)
def test_anything_cut_or_added_is_refused(data: st.DataObject, purpose: Purpose) -> None:
    token = TOKENS.sign(purpose, CODE)
    cut = data.draw(st.integers(0, len(token) - 1))
    added = data.draw(st.text(min_size=1, max_size=4))
    for changed in (token[:cut], token[cut + 1 :], token + added, added + token, token + "="):
        with pytest.raises(BadToken):
            TOKENS.read(purpose, changed)


@steady
@given(st.text())
def test_whatever_stands_in_a_link_is_refused_with_a_sentence(token: str) -> None:
    with pytest.raises(BadToken, match="copy all of it"):
        TOKENS.read(Purpose.BOOK, token)


@steady
@given(purposes, payloads, st.randoms(use_true_random=False))
def test_letters_may_change_their_case_on_the_way(
    purpose: Purpose, payload: str, random: object
) -> None:
    choose = getattr(random, "choice")  # noqa: B009  hypothesis gives it no public type
    token = "".join(choose((c.upper(), c.lower())) for c in TOKENS.sign(purpose, payload))
    assert TOKENS.read(purpose, token) == payload


def test_a_letter_that_only_lowers_to_ours_is_refused() -> None:
    token = TOKENS.sign(Purpose.BOOK, "k" * CODE_LENGTH)
    with pytest.raises(BadToken):
        TOKENS.read(Purpose.BOOK, token.replace("k", "\N{KELVIN SIGN}", 1))


def test_old_links_work_after_the_key_is_changed_and_new_ones_use_the_new_key() -> None:
    old, new = new_secret(), new_secret()
    before, after = Tokens(parse_keys(old)), Tokens(parse_keys(f"{old}\n{new}"))
    for purpose in Purpose:
        assert after.read(purpose, before.sign(purpose, CODE)) == CODE
        assert Tokens(parse_keys(new)).read(purpose, after.sign(purpose, CODE)) == CODE


def test_another_installations_links_are_refused() -> None:
    theirs = Tokens(parse_keys(new_secret()))
    for purpose in Purpose:
        with pytest.raises(BadToken):
            TOKENS.read(purpose, theirs.sign(purpose, CODE))


@pytest.mark.parametrize(
    "lesson", [None, *(x.slug for x in load_catalogue(SHIPPED_COURSES)["six-letters"].lessons)]
)
def test_reply_addresses_stay_within_the_limits_of_mail(lesson: str | None) -> None:
    for address in (LINKS.reply_address(CODE, lesson), LINKS.unsubscribe_address(CODE)):
        local, _, domain = address.rpartition("@")
        assert len(local) <= 64
        assert domain == REPLIES.rpartition("@")[2]
        assert address == address.lower()


def test_the_unsubscribe_token_is_short_enough_for_a_header() -> None:
    assert len(token_of(LINKS.unsubscribe(CODE))) <= 45


def test_a_reply_address_carries_its_reader_and_its_letter() -> None:
    local = LINKS.reply_address(CODE, "hard-to-see").partition("@")[0]
    payload = TOKENS.read(Purpose.REPLY, local.partition("+")[2])
    assert payload == CODE + lesson_tag("hard-to-see")
    assert len(payload) == CODE_LENGTH + LESSON_TAG_LENGTH


@pytest.mark.parametrize(
    ("after", "good"),
    [
        (timedelta(0), True),
        (CONFIRMATION_LIFE - timedelta(minutes=1), True),
        (CONFIRMATION_LIFE, True),
        (CONFIRMATION_LIFE + timedelta(minutes=1), False),
        (timedelta(days=400), False),
    ],
)
def test_a_confirmation_is_good_for_seven_days(after: timedelta, *, good: bool) -> None:
    assert timedelta(days=7) == CONFIRMATION_LIFE
    token = token_of(LINKS.confirm(CODE, NOW))
    if good:
        assert read_confirmation(TOKENS, token, NOW + after) == CODE
        return
    with pytest.raises(ExpiredToken, match="Ask for a new one") as caught:
        read_confirmation(TOKENS, token, NOW + after)
    assert caught.value.code == CODE


def test_a_changed_confirmation_is_bad_and_not_merely_expired() -> None:
    token = token_of(LINKS.confirm(CODE, NOW))
    with pytest.raises(BadToken):
        read_confirmation(TOKENS, token[:-1] + ("a" if token[-1] != "a" else "b"), NOW)


def test_no_link_tells_who_it_is_for_or_what_the_course_is_about() -> None:
    lesson = "hard-to-see"
    links = [
        LINKS.confirm(CODE, NOW), LINKS.unsubscribe(CODE), LINKS.letters(CODE), LINKS.book(CODE),
        LINKS.reply_address(CODE, lesson), LINKS.unsubscribe_address(CODE),
    ]  # fmt: skip
    for link in links:
        told = link.removeprefix(BASE_URL).removesuffix(f"@{REPLIES.rpartition('@')[2]}")
        for secret in ("ana", "example.com", "@", "%40", "six-letters", lesson, "hard"):
            assert secret not in told


def test_a_base_url_with_a_path_is_kept() -> None:
    links = make_links(f"{BASE_URL}/letters/")
    assert links.page("/x") == f"{BASE_URL}/letters/x"
    assert links.book(CODE).startswith(f"{BASE_URL}/letters/book/{CODE}.")
