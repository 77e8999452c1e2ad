"""Where the owner's calendars are read: an address that gives one as a file, or a CalDAV server.

https://www.rfc-editor.org/rfc/rfc4791#section-7.8

Addresses of such files are secrets, so that no error names more of one than its host.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Protocol
from xml.etree import ElementTree as ET

import httpx

from course.slots import Slot
from emails.errors import CalendarClosed
from emails.guarded import PublicOnly
from emails.providers.options import is_this_machine

PATIENCE_SECONDS = 10.0
# A host that gives one byte now and then is let go all the same.
WHOLE_SECONDS = 30.0
MOST_BYTES = 20 * 1024 * 1024
MOST_REDIRECTS = 3
MULTI_STATUS = 207
REFUSALS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
DATA = "{urn:ietf:params:xml:ns:caldav}calendar-data"
QUERY = """<?xml version="1.0" encoding="utf-8"?>
<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
  <D:prop><C:calendar-data/></D:prop>
  <C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">
    <C:time-range start="{start:%Y%m%dT%H%M%SZ}" end="{end:%Y%m%dT%H%M%SZ}"/>
  </C:comp-filter></C:comp-filter></C:filter>
</C:calendar-query>
"""

# A number of seconds that only grows, from wherever.
Steady = Callable[[], float]


class AgendaHost(Protocol):
    @property
    def address(self) -> str: ...

    def read(self, window: Slot, steady: Steady, seconds: float = PATIENCE_SECONDS) -> list[bytes]:
        """Calendar files that hold what lies within the window. Raises CalendarClosed."""
        ...


@dataclass(frozen=True, repr=False)
class AgendaFile:
    """A secret address of the kind that calendars hand out for other programs."""

    address: str

    def read(self, window: Slot, steady: Steady, seconds: float = PATIENCE_SECONDS) -> list[bytes]:
        del window
        request = httpx.Request("GET", self.address, headers={"Accept": "text/calendar"})
        return [_ask(request, None, steady, seconds)]


@dataclass(frozen=True)
class CalDav:
    """One calendar at a CalDAV server, with a login of its owner's."""

    address: str
    username: str
    password: str = field(repr=False)

    def read(self, window: Slot, steady: Steady, seconds: float = PATIENCE_SECONDS) -> list[bytes]:
        query = QUERY.format(start=window.starts_at, end=window.ends_at)
        headers = {"Depth": "1", "Content-Type": "application/xml; charset=utf-8"}
        request = httpx.Request("REPORT", self.address, headers=headers, content=query.encode())
        login = httpx.BasicAuth(self.username, self.password)
        found = _multistatus(_ask(request, login, steady, seconds))
        if found is None:
            raise CalendarClosed(
                f"What {request.url.host} says isn't CalDAV; look for the calendar's own address."
            )
        return [data.text.encode() for data in found.iter(DATA) if data.text]


def _multistatus(answer: bytes) -> ET.Element | None:
    """None for what is something else, such as a page to log in: it mustn't pass for empty."""
    try:
        # Bounded in size, and its parser bounds what entities may grow to.
        found = ET.fromstring(answer)  # noqa: S314
    except (ET.ParseError, LookupError, ValueError):  # The latter two of an encoding it claims.
        return None
    return found if found.tag == "{DAV:}multistatus" else None


def _ask(request: httpx.Request, login: httpx.Auth | None, steady: Steady, seconds: float) -> bytes:
    host, until = request.url.host, steady() + WHOLE_SECONDS
    inner = httpx.HTTPTransport(verify=_trust(), trust_env=False)
    transport = PublicOnly(inner, at_home=is_this_machine(host))
    try:
        with httpx.Client(transport=transport, timeout=seconds, auth=login) as client:
            for _ in range(MOST_REDIRECTS + 1):
                answer = client.send(_plain(request), stream=True)
                try:
                    if not answer.has_redirect_location:
                        return _body(answer, lambda: steady() > until)
                    request = _redirected(request, answer, login)
                finally:
                    answer.close()
    except httpx.TimeoutException as error:
        raise CalendarClosed(f"{host} gave no answer within {seconds:g} seconds.") from error
    except httpx.HTTPError as error:
        raise CalendarClosed(f"{host} can't be reached ({type(error).__name__}).") from error
    except (httpx.InvalidURL, UnicodeError) as error:
        raise CalendarClosed(f"{host} sends us on to what is no address.") from error
    raise CalendarClosed(f"{host} sends us from one address to the next.")


@cache
def _trust() -> ssl.SSLContext:
    """Whose certificates count; reading them takes longer than many a calendar."""
    return httpx.create_ssl_context(trust_env=False)


def _plain(request: httpx.Request) -> httpx.Request:
    """Asked for uncompressed: what is small on its way could be without measure once unpacked."""
    request.headers["Accept-Encoding"] = "identity"
    request.headers["User-Agent"] = "lettercourse"
    return request


def _redirected(
    request: httpx.Request, answer: httpx.Response, login: httpx.Auth | None
) -> httpx.Request:
    url = request.url.join(answer.headers["location"])
    if login and url.host != request.url.host:
        raise CalendarClosed(
            f"{request.url.host} sends us on to {url.host}, which doesn't get the password. If it "
            "is right, write that address in settings.toml."
        )
    kept = {k: v for k, v in request.headers.items() if k not in {"host", "authorization"}}
    return httpx.Request(request.method, url, headers=kept, content=request.content)


def _body(answer: httpx.Response, is_late: Callable[[], bool]) -> bytes:
    host = answer.request.url.host
    if answer.status_code in REFUSALS:
        raise CalendarClosed(
            f"{host} refuses us; look whether the address and the password are still right."
        )
    if answer.status_code in GONE:
        raise CalendarClosed(f"{host} knows no calendar at this address; look for its new one.")
    if answer.status_code not in {HTTPStatus.OK, MULTI_STATUS}:
        raise CalendarClosed(f"{host} answers with HTTP {answer.status_code}.")
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise CalendarClosed(f"{host} answers in a form that wasn't asked for.")
    body = bytearray()
    for chunk in answer.iter_raw():
        body += chunk
        if len(body) > MOST_BYTES:
            raise CalendarClosed(f"The calendar at {host} is too large: more than 20 MB.")
        if is_late():
            raise CalendarClosed(f"{host} gives its calendar too slowly.")
    return bytes(body)
