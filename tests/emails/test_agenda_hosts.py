"""A calendar read from its host over real HTTP, and every way in which that can fail."""

import itertools
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from course.slots import Slot
from emails import agenda_hosts
from emails.agenda_hosts import AgendaFile, CalDav
from emails.errors import CalendarClosed
from tests.support.calendar_host import EMPTY, PATH, Answer, Host, calendar_host

WINDOW = Slot(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))


@pytest.fixture
def host() -> Iterator[Host]:
    with calendar_host() as host:
        yield host


def read(host: Host, seconds: float = 5, steady: Callable[[], float] = time.monotonic) -> bytes:
    (text,) = AgendaFile(host.url).read(WINDOW, steady, seconds)
    return text


def refusal(host: Host, seconds: float = 5) -> str:
    with pytest.raises(CalendarClosed) as caught:
        read(host, seconds)
    assert "secret" not in str(caught.value)
    return str(caught.value)


def dav(host: Host) -> CalDav:
    return CalDav(host.url, "owner", "pass-word")


def test_the_file_comes_as_it_is(host: Host) -> None:
    assert read(host) == EMPTY
    ((method, path, headers),) = host.asked
    assert (method, path, headers["Accept-Encoding"]) == ("GET", PATH, "identity")
    assert headers["Host"] == f"127.0.0.1:{host.port}"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(401), "refuses us; look whether the address"),
        (Answer(403), "refuses us"),
        (Answer(404), "knows no calendar at this address"),
        (Answer(410), "knows no calendar at this address"),
        (Answer(500), "answers with HTTP 500"),
        (Answer(headers={"Content-Encoding": "gzip"}), "in a form that wasn't asked for"),
        (Answer(headers={"Content-Length": "9999"}), "can't be reached (RemoteProtocolError)"),
        (Answer(301, headers={"Location": PATH}), "from one address to the next"),
        (Answer(302, headers={"Location": "https://10.0.0.1/"}), "leads into a private network"),
        (Answer(302, headers={"Location": "http://example.org/"}), "has to begin with https"),
        (Answer(302, headers={"Location": "ftp://127.0.0.1/"}), "UnsupportedProtocol"),
        (Answer(302, headers={"Location": "https://[::1:x]/"}), "(RemoteProtocolError)"),
        (Answer(302, headers={"Location": "http:foo"}), "sends us on to what is no address"),
        (Answer(302, headers={"Location": "https://xn--a/"}), "sends us on to what is no address"),
    ],
    ids=str,
)
def test_each_failure_has_its_sentence_without_the_address(
    host: Host, answer: Answer, says: str
) -> None:
    host.answers[PATH] = answer
    assert says in refusal(host)
    assert len(host.asked) <= agenda_hosts.MOST_REDIRECTS + 1


def test_a_calendar_that_has_moved_is_followed(host: Host) -> None:
    host.answers |= {PATH: Answer(301, headers={"Location": "/new"}), "/new": Answer()}
    assert read(host) == EMPTY


def test_too_much_is_given_up_before_it_is_all_here(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agenda_hosts, "MOST_BYTES", 100_000)
    host.answers[PATH] = Answer(body=b"x" * 10_000_000, slowly=0.005)
    assert "too large" in refusal(host)


def test_a_host_that_says_nothing_or_hardly_anything_is_let_go(host: Host) -> None:
    host.answers[PATH] = Answer(body=EMPTY * 100, slowly=0.2)
    assert "gave no answer within 0.05 seconds" in refusal(host, 0.05)
    minutes = itertools.count(step=60)
    with pytest.raises(CalendarClosed, match="too slowly"):
        read(host, steady=lambda: float(next(minutes)))


def test_a_host_that_is_gone_is_said_to_be() -> None:
    with calendar_host() as host:
        pass
    assert "127.0.0.1 can't be reached (ConnectError)" in refusal(host)


def test_the_password_goes_to_its_own_host_alone(host: Host) -> None:
    host.answers |= {PATH: Answer(301, headers={"Location": "/new"}), "/new": Answer(207)}
    with pytest.raises(CalendarClosed, match="isn't CalDAV"):
        dav(host).read(WINDOW, time.monotonic)
    assert all("Authorization" in headers for _, _, headers in host.asked)
    host.answers[PATH] = Answer(301, headers={"Location": f"http://localhost:{host.port}/new"})
    before = len(host.asked)
    with pytest.raises(CalendarClosed, match="sends us on to localhost, which doesn't get"):
        dav(host).read(WINDOW, time.monotonic)
    assert len(host.asked) == before + 1


@pytest.mark.parametrize(
    "body",
    [
        b"<html><p>Log in</p></html>",
        b"<html><p>Log in",
        b'<?xml version="1.0" encoding="undefined"?><p>Log in</p>',
        b'<?xml version="1.0" encoding="hex"?><p>Log in</p>',
        EMPTY,
        b"",
    ],
)
def test_a_page_to_log_in_never_passes_for_an_empty_calendar(host: Host, body: bytes) -> None:
    host.answers[PATH] = Answer(body=body)
    with pytest.raises(CalendarClosed, match="isn't CalDAV"):
        dav(host).read(WINDOW, time.monotonic)


def test_a_calendar_with_nothing_in_the_window_is_empty(host: Host) -> None:
    host.answers[PATH] = Answer(207, b'<multistatus xmlns="DAV:"/>')
    assert dav(host).read(WINDOW, time.monotonic) == []


def test_neither_password_nor_secret_address_is_shown(host: Host) -> None:
    assert "pass-word" not in repr(dav(host))
    assert "secret" not in repr(AgendaFile(host.url))
