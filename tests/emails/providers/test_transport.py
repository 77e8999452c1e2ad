"""What an answer may do to the call that waits for it: nothing that isn't an outcome."""

import gzip
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from emails.errors import FetchFailed
from emails.message import Message
from emails.providers.base import Accepted, Outcome, TryLater, Unknown
from emails.providers.transport import Transport, download, each_alone, fetched, json_of
from tests.players.played import Vendor
from tests.players.vendor import Call, Journal, Player, Verdict
from tests.support.answers import outcomes_of
from tests.support.messages import messages
from tests.support.vendors import where

PATIENT = httpx.Timeout(5)
DEEP = b"[" * 100_000
NOWHERE = ["http:foo", "https://xn--a/", "https://[::1:x]/"]

over_http = where(lambda vendor: vendor.scheme == "http")


@contextmanager
def player(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Iterator[Player]:
    def judge(_: Call) -> Verdict:
        return Verdict(status, body, headers=headers or {})

    with Player(judge, lambda _: Verdict(500, {}), Journal(None)) as playing:
        yield playing


@over_http
@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (DEEP, {}),
        (b"<html>", {"Content-Type": "text/html; charset=undefined"}),
        (b"<html>", {"Content-Type": "text/html; charset=utf-16"}),
        (b"<html>", {"Content-Type": "text/html; charset=hex"}),
        (b"<html>", {"Content-Encoding": "gzip"}),
        *((b"", {"Location": address}) for address in NOWHERE),
    ],
)
@pytest.mark.parametrize("status", [200, 302, 502])
def test_an_answer_nobody_can_read_is_unknown(
    vendor: Vendor, status: int, body: bytes, headers: dict[str, str]
) -> None:
    if vendor.name == "sendgrid":
        status = max(status, 300)  # There an acceptance is a status alone.
    assert {type(each) for each in outcomes_of(vendor, status, body, headers, size=2)} <= {
        Unknown,
        TryLater,
    }


@over_http
def test_of_words_in_another_alphabet_the_refusal_is_kept(vendor: Vendor) -> None:
    headers = {"Content-Type": "text/html; charset=undefined"}
    [outcome] = outcomes_of(vendor, 413, "Zu groß".encode("latin-1"), headers)
    assert "Zu gro\ufffd" in str(outcome)


@over_http
@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_without_end_is_let_go(vendor: Vendor, packed: bool) -> None:
    body = b" " * 20_000_000
    headers = {"Content-Encoding": "gzip"} if packed else {}
    [outcome] = outcomes_of(vendor, 500, gzip.compress(body) if packed else body, headers)
    assert outcome == Unknown("an answer we can't read (it is larger than 1 MB)")


def test_nothing_is_asked_for_packed_and_what_comes_so_is_read() -> None:
    headers = {"Content-Encoding": "gzip", "X-Number": "é1"}
    with player(200, gzip.compress(b'{"id": 1}'), headers) as playing:
        transport = Transport(playing.url, {}, PATIENT)
        answer = transport.post("/send", {})
        transport.close()
    assert isinstance(answer, httpx.Response)
    assert (answer.status_code, json_of(answer)) == (200, {"id": 1})
    assert answer.headers["x-number"] == "é1"
    [call] = playing.calls
    assert call.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("address", NOWHERE)
def test_what_leads_nowhere_cannot_be_fetched(address: str) -> None:
    with player(302, b"", {"Location": address}) as playing:
        transport = Transport(playing.url, {}, PATIENT)
        with pytest.raises(FetchFailed):
            transport.get("/mail")
        with pytest.raises(FetchFailed):
            download(f"{playing.url}/mail", PATIENT)
        with pytest.raises(FetchFailed):
            download(address, PATIENT)
        transport.close()


def test_what_cannot_be_read_cannot_be_fetched() -> None:
    with pytest.raises(FetchFailed):
        fetched(httpx.Response(200, content=DEEP))


def test_a_proxy_that_lets_nothing_through_has_certainly_taken_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with proxy() as address:
        monkeypatch.setenv("HTTPS_PROXY", address)
        monkeypatch.setenv("NO_PROXY", "")
        transport = Transport("https://vendor.example", {}, PATIENT)
        outcome = transport.post("/send", {})
        transport.close()
    assert outcome == TryLater("couldn't be reached (ProxyError)")


def test_what_nobody_foresaw_concerns_one_message_and_not_its_neighbours() -> None:
    def send_one(n: int, _message: Message) -> Outcome:
        if n == 2:
            raise ZeroDivisionError
        return Accepted(str(n))

    assert each_alone(messages(4), send_one) == [
        Accepted("0"),
        Accepted("1"),
        Unknown("something unforeseen (ZeroDivisionError)"),
        TryLater("its turn didn't come"),
    ]


@contextmanager
def proxy() -> Iterator[str]:
    """One that refuses to open any way."""

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            self.send_error(503)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
