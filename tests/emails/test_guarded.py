"""Nobody's word leads us into the network we stand in."""

import socket
import ssl
from pathlib import Path

import httpx
import pytest

from emails import guarded
from emails.errors import CalendarClosed
from emails.guarded import PublicOnly, is_public
from tests.support.outside import make_certificate, web_server

OUTSIDE = ("93.184.215.14", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")
INSIDE = (
    # This machine, its network, and what is like it.
    *("127.0.0.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1"),
    *("::1", "::", "fe80::1", "fd00::1", "fec0::1", "224.0.0.1", "ff02::1", "255.255.255.255"),
    # Where clouds keep the secrets of a machine.
    *("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
    # The same, written otherwise.
    *("::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::1", "2001:0:a00:1::"),
)


class Recorder(httpx.BaseTransport):
    """Says yes to all, and remembers whom it was asked to call; some can't be reached."""

    def __init__(self, *unreachable: str) -> None:
        self.called: list[httpx.Request] = []
        self._unreachable = unreachable

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.called.append(request)
        if request.url.host in self._unreachable:
            raise httpx.ConnectError("refused")
        return httpx.Response(200)


def ask(url: str, recorder: Recorder, *answers: list[str], at_home: bool = False) -> httpx.Response:
    """`answers` are what a look-up of the name says, one time after the other."""
    said = iter(answers)
    transport = PublicOnly(recorder, at_home=at_home, resolve=lambda _host, _port: next(said))
    with httpx.Client(transport=transport) as client:
        return client.get(url)


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_all_the_world_can_reach_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", INSIDE)
def test_what_only_we_can_reach_is_not(address: str) -> None:
    assert not is_public(address)
    for answer in ([address], [OUTSIDE[0], address]):
        recorder = Recorder()
        with pytest.raises(CalendarClosed, match="private network"):
            ask("https://calendar.example/x", recorder, answer)
        assert recorder.called == []


def test_the_address_that_was_judged_is_called_in_the_hosts_own_name() -> None:
    recorder = Recorder()
    ask("https://calendar.example/x", recorder, [OUTSIDE[0]], ["127.0.0.1"])
    (called,) = recorder.called
    assert called.url.host == OUTSIDE[0]
    assert called.headers["host"] == "calendar.example"
    assert called.extensions["sni_hostname"] == "calendar.example"


def test_where_one_address_is_not_reached_the_next_is_called() -> None:
    recorder = Recorder(OUTSIDE[1])
    assert ask("https://calendar.example/x", recorder, [OUTSIDE[1], OUTSIDE[0]]).is_success
    assert len(recorder.called) == 2
    with pytest.raises(httpx.ConnectError):
        ask("https://calendar.example/x", Recorder(OUTSIDE[1]), [OUTSIDE[1]])


def test_the_certificate_has_to_be_that_of_the_name(tmp_path: Path) -> None:
    own = make_certificate(tmp_path / "of-127.0.0.1")
    trust = ssl.create_default_context(cafile=own)
    with web_server(certificate=own) as url:
        inner = httpx.HTTPTransport(verify=trust)
        transport = PublicOnly(inner, at_home=True, resolve=lambda _host, _port: ["127.0.0.1"])
        with httpx.Client(transport=transport) as client:
            assert client.get(url).is_success
            with pytest.raises(httpx.ConnectError, match="Hostname mismatch"):
                client.get(url.replace("127.0.0.1", "localhost"))


@pytest.mark.parametrize("at_home", [True, False])
def test_nothing_goes_unencrypted_over_the_network(at_home: bool) -> None:
    with pytest.raises(CalendarClosed, match="https"):
        ask("http://calendar.example/x", Recorder(), [OUTSIDE[0]], at_home=at_home)


def test_this_machine_is_called_only_where_its_owner_has_named_it() -> None:
    for url in ("http://127.0.0.1/x", "http://localhost/x", "http://[::1]/x"):
        assert ask(url, Recorder(), ["127.0.0.1"], at_home=True).is_success
        with pytest.raises(CalendarClosed):
            ask(url, Recorder(), ["127.0.0.1"])
    with pytest.raises(CalendarClosed):
        ask("https://localhost/x", Recorder(), ["10.0.0.1"], at_home=True)
    with pytest.raises(CalendarClosed):
        ask("https://home.example/x", Recorder(), ["127.0.0.1"], at_home=True)


@pytest.mark.parametrize("error", [socket.gaierror(), UnicodeError()])
def test_a_name_that_leads_nowhere_is_said_to(error: Exception) -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        raise error

    client = httpx.Client(transport=PublicOnly(Recorder(), resolve=resolve))
    with client, pytest.raises(CalendarClosed, match="can't be found"):
        client.get("https://calendar.example/x")


def test_numbers_are_looked_up_like_names() -> None:
    assert guarded.resolved("127.0.0.1", 443) == ["127.0.0.1"]
    with pytest.raises(CalendarClosed), httpx.Client(transport=PublicOnly(Recorder())) as client:
        client.get("https://2130706433/x")
