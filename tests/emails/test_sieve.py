"""Of a mailbox that may be the owner's own, only what concerns us passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emails.links import Tokens
from emails.sieve import Sieve, Sight
from tests.emails.specimens import CODE, FIRST, KEY, KEYS, REPLIES, make_links

LINKS = make_links()
TAGGED = LINKS.reply_address(CODE, FIRST.slug)
LETTER = f"<{KEY}.{LINKS.reply_token(CODE, FIRST.slug)}@practice.example>"
FORGED = TAGGED.replace(TAGGED[12:20], "a" * 8)


def sieve(*, private: bool) -> Sieve:
    return Sieve(Tokens(KEYS), REPLIES, private)


def head(**headers: str) -> bytes:
    facts = {"From": "Ana <ana@example.com>", "Subject": "Hello"} | headers
    lines = (f"{name.replace('_', '-')}: {value}\r\n" for name, value in facts.items())
    return "".join(lines).encode() + b"\r\n"


def report(letter: str) -> bytes:
    kind = 'multipart/report; report-type=delivery-status; boundary="b"'
    body = (
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        "Final-Recipient: rfc822; ana@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {letter}\r\n--b--\r\n"
    )
    return head(Content_Type=kind) + body.encode()


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize(
    "headers",
    [
        {"To": TAGGED},
        {"To": "x@example.com", "Cc": f"Your practice <{TAGGED.upper()}>"},
        {"To": "letters@practice.example", "Delivered-To": TAGGED},
        {"To": "letters@practice.example", "In-Reply-To": LETTER},
        {"To": LINKS.unsubscribe_address(CODE)},
    ],
)
def test_what_answers_a_letter_is_ours(headers: dict[str, str], private: bool) -> None:
    assert sieve(private=private).look(head(**headers)) is Sight.OURS


@pytest.mark.parametrize("to", [REPLIES, REPLIES.upper(), f"<{REPLIES}>", FORGED])
def test_what_answers_none_is_ours_at_an_address_that_is_for_nothing_else(to: str) -> None:
    assert sieve(private=False).look(head(To=to)) is Sight.OURS
    assert sieve(private=True).look(head(To=to)) is Sight.FOREIGN


@pytest.mark.parametrize(
    "to",
    ["owner@practice.example", f"no-{REPLIES}", f"{REPLIES}.org", "replies@example.com", ""],
)
def test_private_mail_is_not_ours(to: str) -> None:
    assert sieve(private=False).look(head(To=to)) is Sight.FOREIGN


def test_a_letter_of_ours_itself_is_not_ours_to_read() -> None:
    sent = head(To="ana@example.com", Message_ID=LETTER, From="letters@practice.example")
    assert sieve(private=False).look(sent) is Sight.FOREIGN


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "multipart/report; boundary=b"},
        {"Return-Path": "<>"},
        {"From": "MAILER-DAEMON@mx.example"},
        {"Auto-Submitted": "auto-replied"},
    ],
)
def test_a_machine_s_mail_is_looked_into(headers: dict[str, str]) -> None:
    assert sieve(private=True).look(head(To="owner@practice.example", **headers)) is Sight.MACHINE


def test_only_a_report_that_brings_back_a_letter_of_ours_is_about_us() -> None:
    private = sieve(private=True)
    assert private.is_about_us(report(LETTER))
    assert not private.is_about_us(report(LETTER.replace(KEY, "").replace("<.", "<")))
    assert not private.is_about_us(report("<1@example.com>"))
    assert not private.is_about_us(head(Precedence="bulk") + f"See {LETTER}".encode())


def test_what_the_parser_gives_up_on_is_ours_where_it_names_our_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gives_up(_: bytes) -> None:
        raise RecursionError

    monkeypatch.setattr("emails.sieve.parse", gives_up)
    assert sieve(private=False).look(head(To=REPLIES)) is Sight.OURS
    assert sieve(private=True).look(head(To=REPLIES)) is Sight.FOREIGN
    assert sieve(private=False).look(head(To="owner@practice.example")) is Sight.FOREIGN
    assert not sieve(private=False).is_about_us(report(LETTER))


@given(st.binary(max_size=400), st.booleans())
def test_nothing_breaks_it(raw: bytes, private: bool) -> None:
    made = sieve(private=private)
    assert made.look(b"To: " + raw) in Sight
    assert not made.is_about_us(raw)
