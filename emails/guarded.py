"""HTTP to where somebody else's word leads: only to hosts that the whole world can reach as well.

A name, or a redirect, could lead into the network this machine stands in, to a neighbour that
trusts whoever asks from inside. So each address is judged before it is called, and the one that was
judged is called: a name that is looked up twice may have two answers.
"""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx

from emails.errors import CalendarClosed
from emails.providers.options import is_this_machine

# All that is given out of IPv6; and its ways to write an IPv4 address.
GIVEN_OUT = ip_network("2000::/3")
TRANSLATED = ip_network("64:ff9b::/96")
# Clouds tell their machines secrets at these, which look like any other: Azure, and Oracle in the
# network of https://www.rfc-editor.org/rfc/rfc6890, which not every Python calls private.
INSIDE = (ip_network("168.63.129.16/32"), ip_network("192.0.0.0/24"))

Resolve = Callable[[str, int], list[str]]


def resolved(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[4][0]) for place in found))


def is_public(address: str) -> bool:
    """Not private, nor this machine or its network, nor a cloud's own, however it is written."""
    found = ip_address(address)
    if isinstance(found, IPv6Address):
        within = _within(found)
        if within is not None:
            return is_public(str(within))
        return found in GIVEN_OUT and found.is_global
    inside = any(found in network for network in INSIDE)
    return found.is_global and not found.is_multicast and not inside


class PublicOnly(httpx.BaseTransport):
    """Raises CalendarClosed for any other place, and for what isn't encrypted on its way.

    `at_home`: the owner herself has named this very machine, which she may.
    """

    def __init__(
        self, inner: httpx.BaseTransport, *, at_home: bool = False, resolve: Resolve = resolved
    ) -> None:
        self._inner, self._at_home, self._resolve = inner, at_home, resolve

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        *others, last = self._judged(request.url)
        for address in others:
            try:
                return self._inner.handle_request(_sent_to(address, request))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return self._inner.handle_request(_sent_to(last, request))

    def close(self) -> None:
        self._inner.close()

    def _judged(self, url: httpx.URL) -> list[str]:
        at_home = self._at_home and is_this_machine(url.host)
        if url.scheme != "https" and not at_home:
            raise CalendarClosed(f"{url.host} isn't asked: its address has to begin with https.")
        try:
            found = self._resolve(url.host, url.port or 443)
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise CalendarClosed(f"{url.host} can't be found; is its name right?")
        if not all(map(_is_loopback if at_home else is_public, found)):
            raise CalendarClosed(f"{url.host} isn't asked: it leads into a private network.")
        return found


def _is_loopback(address: str) -> bool:
    return ip_address(address).is_loopback


def _within(address: IPv6Address) -> IPv4Address | None:
    if address in TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _sent_to(address: str, request: httpx.Request) -> httpx.Request:
    """The same request to one address; the certificate still has to be that of the name."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )
