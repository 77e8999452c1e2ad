"""Mail that isn't mail ends with a verdict, and puts nothing into what we send."""

from email import message_from_bytes, policy
from time import process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emails.inbound import Verdict
from emails.message import to_mime
from tests.emails.conftest import Letterbox
from tests.emails.postbag import WORDS, mail, reply, reply_to
from tests.emails.specimens import NOW, message

# The letterbox is shared by the examples of one test: each is one more mail.
steady = settings(
    derandomize=True,
    deadline=None,
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

HTML = "<p>Words</p><blockquote>quoted</blockquote>"
MULTIPART = (
    'Content-Type: multipart/alternative; boundary="b"\r\n\r\n--b\r\n'
    "Content-Type: text/plain\r\n\r\nWords\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n"
    f"Content-Transfer-Encoding: quoted-printable\r\n\r\n{HTML}\r\n--b--\r\n"
)

# Header values that the standard library, or we, might trip over.
ODD = [
    "",
    " ",
    "<",
    ">",
    "<>",
    "@",
    "<@>",
    "a@b@c",
    '"',
    "=?utf-8?q?=E9?=",
    "=?utf-8?b?!!!?=",
    "=?x?q?a?=",
    "(",
    "((((",
    "a" * 5000,
    "<" * 500,
    "\x00",
    "\x7f",
    "é",
    "\\",
    ",,,",
    "a: b;",
    ":;",
    "[1.2.3.4]",
    "<a@[>",
    "x@[x",
    "=?utf-8?q?=0D=0ABcc:_eve@x.example?=",
    "text",
    "text/",
    "/",
    ";;;",
    "multipart/x",
    "multipart/mixed",
    "multipart/mixed; boundary",
    'text/plain; charset="',
    "text/plain; charset*=x",
    "message/rfc822",
    "text/html; charset=utf-16",
    "text/plain; name*0*=a; name*1=b",
]
NAMES = [
    "From",
    "To",
    "Cc",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Content-Type",
    "Return-Path",
    "Auto-Submitted",
    "Precedence",
    "List-Id",
    "Content-Transfer-Encoding",
    "Date",
    "Subject",
    "Content-Disposition",
    "MIME-Version",
    "X-Auto-Response-Suppress",
    "Delivered-To",
]


@steady
@given(st.binary(max_size=2000))
def test_any_bytes_end_with_a_verdict(letterbox: Letterbox, raw: bytes) -> None:
    assert letterbox.receive(raw) in {*Verdict, None}


@steady
@given(st.data())
def test_a_changed_mail_ends_with_a_verdict(letterbox: Letterbox, data: st.DataObject) -> None:
    real = data.draw(
        st.sampled_from([reply(letterbox), reply(letterbox, HTML), _multipart(letterbox)])
    )
    raw = bytearray(real)
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(raw)))
        cut = data.draw(st.integers(0, 4))
        raw[at : at + cut] = data.draw(
            st.binary(max_size=6) | st.sampled_from([b"\r\n", b'"', b"<", b"=?"])
        )
    assert letterbox.receive(bytes(raw)) in {*Verdict, None}


@pytest.mark.parametrize("name", NAMES)
def test_an_odd_header_ends_with_a_verdict(letterbox: Letterbox, name: str) -> None:
    for n, value in enumerate(ODD):
        raw = mail(reply_to(letterbox), number=n, headers=(("X-Number", str(n)), (name, value)))
        assert letterbox.receive(raw) in {*Verdict, None}, value
    assert all(row.verdict and row.route_due_at is None for row in letterbox.rows())


@steady
@given(st.sampled_from(NAMES), st.text(st.characters(exclude_characters="\r\n")))
def test_any_header_at_all_ends_with_a_verdict(letterbox: Letterbox, name: str, value: str) -> None:
    raw = mail(reply_to(letterbox)).replace(
        b"\r\n\r\n", f"\r\n{name}: {value}\r\n\r\n".encode("utf-8", "surrogatepass"), 1
    )
    assert letterbox.receive(raw) in {*Verdict, None}


@pytest.mark.parametrize(
    "body",
    [
        "<![",
        "<!",
        "<![foo",
        "<" * 5000,
        "<div>" * 3000,
        "&#xD800;",
        "&#0;",
        "<!DOCTYPE [",
        "\x00<p>x",
    ],
)
def test_odd_html_ends_with_a_verdict(letterbox: Letterbox, body: str) -> None:
    raw = reply(letterbox, body, headers=(("Content-Type", "text/html; charset=utf-8"),))
    assert letterbox.receive(raw) in {*Verdict}


@pytest.mark.parametrize("depth", [50, 2000])
def test_parts_within_parts_end_with_a_verdict(letterbox: Letterbox, depth: int) -> None:
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(depth)
    )
    raw = reply(letterbox).partition(b"Content-Type")[0] + nested
    assert letterbox.receive(raw) in {*Verdict}


def test_a_thread_of_a_hundred_thousand_answers_is_read_in_good_time(letterbox: Letterbox) -> None:
    thread = "<" + "0" * 32 + ".abc.def@x"
    raw = mail("x@practice.example", headers=(("References", thread * 20_000),))
    started = process_time()
    assert letterbox.receive(raw) == Verdict.UNSORTED
    assert process_time() - started < 2


@pytest.mark.parametrize(
    "ill", ["\x00", "é", "\u2028", "\x0b", "\x85", "\x1c", " ", "<", "\x7f", "=?x?q?a?="]
)
def test_a_message_id_that_could_be_more_than_one_is_not_answered_by_name(
    letterbox: Letterbox, ill: str
) -> None:
    raw = reply(letterbox, headers=(("Message-ID", f"<a{ill}b@mail.example>"),))
    letterbox.receive(raw)
    (row,) = letterbox.rows()
    assert row.message_id is None


def test_an_acknowledgements_thread_cannot_open_another_header(letterbox: Letterbox) -> None:
    for n, value in enumerate(ODD):
        ill = f"<{value}@x.example>" if n % 2 else value
        letterbox.receive(
            reply(letterbox, number=n, headers=(("X-N", str(n)), ("Message-ID", ill)))
        )
    for row in letterbox.rows():
        sent = message("acknowledgement", answers=row.message_id)
        mime = message_from_bytes(to_mime(sent, NOW), policy=policy.default)
        assert mime["Bcc"] is None
        assert mime.get_all("In-Reply-To", []) in ([], [row.message_id])
        assert [a.addr_spec for a in mime["To"].addresses] == ["ana@example.com"]


def test_a_good_reply_after_a_thousand_bad_ones_is_still_understood(letterbox: Letterbox) -> None:
    for n in range(50):
        letterbox.receive(b"From: <\r\nTo: %d\r\n\r\n" % n)
    assert letterbox.receive(reply(letterbox)) == Verdict.REFLECTION
    assert letterbox.words() == [WORDS]


def _multipart(letterbox: Letterbox) -> bytes:
    head = reply(letterbox).partition(b"Content-Type")[0]
    return head + MULTIPART.encode()
