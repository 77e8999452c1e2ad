"""A received email that a vendor took apart is put together again, whatever it was told."""

from email import message_from_bytes
from email.policy import default

import pytest

from emails.providers.rebuilt import File, rebuild

HEADERS = [("From", "Ana <ana@example.com>"), ("Subject", "Re: Letter 1")]


@pytest.mark.parametrize(
    "told",
    [
        *("image/p\x0bng", "image/p\x0cng", "image/p\x1cng", "image/p\nng", "image/(x", "image/"),
        *("multipart/mixed", "message/rfc822", "x", ""),
    ],
)
def test_a_file_of_no_type_there_is_comes_as_bytes(told: str) -> None:
    raw = rebuild(HEADERS, "Words.", None, [File("a.png", told, b"\x89PNG")])
    [file] = message_from_bytes(raw, policy=default).iter_attachments()
    assert (file.get_content_type(), file.get_content()) == (
        "application/octet-stream",
        b"\x89PNG",
    )


def test_a_file_keeps_the_type_it_has() -> None:
    raw = rebuild(HEADERS, "Words.", None, [File("a", "image/svg+xml; charset=utf-8", b"<svg/>")])
    [file] = message_from_bytes(raw, policy=default).iter_attachments()
    assert file.get_content_type() == "image/svg+xml"


def test_told_again_it_is_the_same_to_the_byte() -> None:
    files = [File("a.png", "image/png", b"\x89PNG")]
    first, again = (rebuild(HEADERS, "Words.", "<p>Words.</p>", files) for _ in range(2))
    assert first == again


def test_nothing_in_it_passes_for_the_end_of_a_part() -> None:
    words = "--=_mixed--\n--=_alternative--\n--=_mixed\nWords."
    files = [File("--=_mixed--", "text/plain", words.encode())]
    mail = message_from_bytes(rebuild(HEADERS, words, words, files), policy=default)
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        assert body.get_content().split() == words.split()
    [file] = mail.iter_attachments()
    assert file.get_content() == words
