"""The bytes on the wire: headers whole and on one line, words intact."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emails.message import Address, Attachment, Message, to_mime
from tests.emails.specimens import NOW, message

steady = settings(derandomize=True, deadline=None, max_examples=100)
LONG_URL = "https://letters.practice.example/" + "a" * (
    300 - len("https://letters.practice.example/")
)


def raw_headers(sent: Message) -> list[bytes]:
    return to_mime(sent, NOW).partition(b"\r\n\r\n")[0].split(b"\r\n")


def parsed(sent: Message) -> EmailMessage:
    mail = message_from_bytes(to_mime(sent, NOW), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


@pytest.mark.parametrize("base_url", ["https://x.example", LONG_URL], ids=["short", "long"])
@pytest.mark.parametrize(
    "name",
    [
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "Message-ID",
        "List-Id",
        "Reply-To",
        "From",
        "To",
    ],
)
def test_a_machines_header_is_one_line_and_never_encoded(base_url: str, name: str) -> None:
    sent = message(base_url=base_url)
    lines = raw_headers(sent)
    (line,) = (line for line in lines if line.lower().startswith(f"{name}:".lower().encode()))
    assert b"=?" not in line
    following = lines[lines.index(line) + 1]
    assert not following.startswith((b" ", b"\t"))
    if name in sent.headers:
        assert line.decode() == f"{name}: {sent.headers[name]}"


def test_the_long_unsubscribe_link_is_whole() -> None:
    sent = message(base_url=LONG_URL)
    (line,) = (line for line in raw_headers(sent) if line.startswith(b"List-Unsubscribe:"))
    assert line.startswith(f"List-Unsubscribe: <{LONG_URL}/unsubscribe/".encode())
    assert line.endswith(b"@practice.example>")


def test_no_header_stands_twice() -> None:
    names = [line.partition(b":")[0].lower() for line in raw_headers(message()) if line[:1].strip()]
    assert len(names) == len(set(names))


def test_the_text_comes_before_the_html() -> None:
    mail = parsed(message())
    assert mail.get_content_type() == "multipart/alternative"
    parts = [part.get_content_type() for part in mail.iter_parts()]
    assert parts == ["text/plain", "text/html"]


def test_both_parts_arrive_word_for_word() -> None:
    sent = message()
    mail = parsed(sent)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().splitlines() == sent.text.splitlines()
    assert html.get_content().splitlines() == sent.html.splitlines()


@pytest.mark.parametrize(
    ("kind", "method"),
    [("invitation", "REQUEST"), ("cancellation", "CANCEL"), ("booking-notice", "PUBLISH")],
)
def test_an_invitation_is_a_form_of_the_letter_and_a_file_beside_it(kind: str, method: str) -> None:
    sent = message(kind)
    letter, attached = parsed(sent).iter_parts()
    assert letter.get_content_type() == "multipart/alternative"
    *_, asking = letter.iter_parts()
    assert asking.get_content_type() == "text/calendar"
    assert asking.get_param("method") == method
    assert asking.get_filename() is None
    assert (attached.get_content_type(), attached.get_filename()) == (
        "application/ics",
        "session.ics",
    )
    assert asking.get_payload(decode=True) == sent.attachments[0].content
    assert attached.get_payload(decode=True) == sent.attachments[0].content


def test_a_file_that_asks_for_nothing_is_only_attached() -> None:
    plain = Attachment("a.ics", "text/calendar", b"BEGIN:VCALENDAR\r\n")
    letter, attached = parsed(replace(message(), attachments=(plain,))).iter_parts()
    assert [part.get_content_subtype() for part in letter.iter_parts()] == ["plain", "html"]
    assert attached.get_content_type() == "text/calendar"


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x0b", "\x85"])
@pytest.mark.parametrize("field", ["subject", "to", "reply_to"])
def test_a_line_break_in_a_header_is_refused(field: str, end: str) -> None:
    sent = replace(message(), **{field: f"x{end}Bcc: eve@x.example"})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"line|header|CR|address|parameter|invalid"):
        to_mime(sent, NOW)


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_line_break_in_a_header_of_our_own_is_refused(end: str) -> None:
    sent = replace(message(), headers={"In-Reply-To": f"<x>{end}Bcc: eve@x.example"})
    with pytest.raises(ValueError, match="linefeed"):
        to_mime(sent, NOW)


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_line_break_in_a_senders_name_is_refused(end: str) -> None:
    sent = replace(message(), sender=Address("a@x.example", f"Ana{end}Bcc: eve@x.example"))
    with pytest.raises(ValueError, match=r"line|header|CR|address|parameter|invalid"):
        to_mime(sent, NOW)


@pytest.mark.parametrize("subject", ["Nähe — “fine”", "近さについて", "🌿 " * 40, "x" * 150])
def test_a_subject_in_any_script_arrives(subject: str) -> None:
    sent = replace(message(), subject=subject.strip())
    assert parsed(sent)["Subject"] == subject.strip()
    assert all(len(line) <= 998 for line in raw_headers(sent))


@pytest.mark.parametrize(
    "name", ["Praxis Zoë Groß", "心の手紙", 'Ana "An" Lima', "Lima, Ana", "a@b", ""]
)
def test_a_senders_name_in_any_script_arrives(name: str) -> None:
    mail = parsed(replace(message(), sender=Address("letters@practice.example", name)))
    (sender,) = mail["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, "letters@practice.example")


@steady
@given(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=80))
def test_any_printable_name_arrives_whole(name: str) -> None:
    mail = parsed(replace(message(), sender=Address("letters@practice.example", name)))
    (sender,) = mail["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, "letters@practice.example")


def test_the_date_is_the_one_given() -> None:
    at = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    mail = message_from_bytes(to_mime(message(), at), policy=policy.default)
    assert mail["Date"].datetime == at


def test_neither_words_nor_headers_show_in_a_messages_repr() -> None:
    sent = message()
    assert "Dear Ana" not in repr(sent)
    assert "unsubscribe" not in repr(sent)
