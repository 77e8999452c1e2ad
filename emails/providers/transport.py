"""One HTTP request to a vendor, with every way it can fail told apart by what it means for us."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import timedelta
from email.utils import parsedate_to_datetime
from threading import Event
from typing import Any

import httpx

from emails.errors import FetchFailed
from emails.message import Message
from emails.providers.base import Accepted, Outcome, Rejected, TryLater, Unknown

# As large as an email gets on its way through the mail of the world.
LARGEST_EMAIL_BYTES = 40 * 1024 * 1024

# What a vendor says to a call for sending is a few words for each message.
LARGEST_VERDICT_BYTES = 1024 * 1024

# How many calls are under way at once, where each message takes one of its own.
FLIGHTS = 8

# These fail before a byte of the request has left: certainly not taken. A proxy refuses to open the
# way before anything has gone through it.
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
# No answer, or one that httpx stumbles over: it looks where a redirect leads, followed or not.
NO_ANSWER = (httpx.HTTPError, httpx.InvalidURL, UnicodeError)

# A file in a form: its field, then its name, its bytes and its type.
Upload = tuple[str, tuple[str, bytes, str]]


class Transport:
    """A kept connection to one vendor's base URL."""

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        timeout: httpx.Timeout,
        auth: httpx.Auth | None = None,
    ) -> None:
        self._client = httpx.Client(
            base_url=base_url,
            headers={
                "User-Agent": "lettercourse",
                "Accept": "application/json",
                # What is small on its way could be without measure once unpacked.
                "Accept-Encoding": "identity",
                **headers,
            },
            timeout=timeout,
            auth=auth,
        )

    def post(
        self, path: str, body: object, headers: Mapping[str, str] | None = None
    ) -> httpx.Response | Outcome:
        """The answer, whatever its status; or an outcome when there is none."""
        return self._call(self._client.build_request("POST", path, json=body, headers=headers))

    def post_form(
        self, path: str, fields: Mapping[str, str], files: Sequence[Upload] = ()
    ) -> httpx.Response | Outcome:
        """The same, with a form as a browser would send it."""
        form = self._client.build_request("POST", path, data=fields, files=files or None)
        return self._call(form)

    def get(self, path: str) -> httpx.Response:
        """Raises FetchFailed when there is no answer."""
        try:
            return self._ask(self._client.build_request("GET", path), LARGEST_EMAIL_BYTES)
        except NO_ANSWER as error:
            raise FetchFailed(f"no answer ({type(error).__name__})") from error

    def close(self) -> None:
        self._client.close()

    def _call(self, request: httpx.Request) -> httpx.Response | Outcome:
        try:
            return self._ask(request, LARGEST_VERDICT_BYTES)
        except NEVER_LEFT as error:
            return TryLater(f"couldn't be reached ({type(error).__name__})")
        except NO_ANSWER as error:
            return Unknown(f"no answer ({type(error).__name__})")
        except FetchFailed as failed:
            return Unknown(f"an answer we can't read ({failed})")

    def _ask(self, request: httpx.Request, most: int) -> httpx.Response:
        with closing(self._client.send(request, stream=True)) as answer:
            body = _within(answer, most)
        answer.headers.pop("content-encoding", None)  # It is unpacked by now.
        return httpx.Response(answer.status_code, headers=answer.headers, content=body)


def download(url: str, timeout: httpx.Timeout) -> bytes:
    """A file whose address is its own secret: asked for without our key. Raises FetchFailed."""
    try:
        with httpx.stream("GET", url, timeout=timeout, follow_redirects=True) as answer:
            answer.raise_for_status()
            return whole(answer)
    except NO_ANSWER as error:
        raise FetchFailed(f"the file can't be had ({type(error).__name__})") from error


def whole(answer: httpx.Response) -> bytes:
    """All of an answer that is still coming, as long as it can be an email. Raises FetchFailed."""
    return _within(answer, LARGEST_EMAIL_BYTES)


def _within(answer: httpx.Response, most: int) -> bytes:
    body = bytearray()
    for part in answer.iter_bytes():
        body += part
        if len(body) > most:
            raise FetchFailed(f"it is larger than {most // 1024**2} MB")
    return bytes(body)


def fetched(answer: httpx.Response) -> Any:
    """The JSON of what was asked for; nothing when it is gone. Raises FetchFailed."""
    if answer.status_code in {404, 410}:
        return None
    body = json_of(answer) if answer.is_success else None
    if not isinstance(body, dict):
        raise FetchFailed(f"HTTP {answer.status_code}")
    return body


def key_trouble(answer: httpx.Response, vendor: str, setting: str) -> list[str]:
    """What a harmless question to the account told us, in a sentence with its cure."""
    if answer.is_success:
        return []
    if answer.status_code in {401, 403}:
        return [f"{vendor} doesn't accept our key; make a new one there and give it as {setting}."]
    return [f"{vendor} answered HTTP {answer.status_code} when asked about our account."]


def each_alone(
    batch: Sequence[Message], send_one: Callable[[int, Message], Outcome], flights: int = 1
) -> list[Outcome]:
    """A call for each, so many at once, until one gets no verdict.

    Those whose turn hadn't come by then certainly haven't left. What nobody foresaw concerns the
    one it befell: what became of its neighbours isn't forgotten.
    """
    stopped = Event()

    def send(n: int, message: Message) -> Outcome:
        if stopped.is_set():
            return TryLater("its turn didn't come")
        try:
            outcome = send_one(n, message)
        except Exception as error:  # noqa: BLE001
            outcome = Unknown(f"something unforeseen ({type(error).__name__})")
        if not isinstance(outcome, Accepted | Rejected):
            stopped.set()
        return outcome

    with ThreadPoolExecutor(flights) as pool:
        return list(pool.map(send, range(len(batch)), batch))


def json_of(response: httpx.Response) -> Any:
    """The body as JSON, or nothing where it isn't JSON."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def text_of(response: httpx.Response) -> str:
    """The body in words, whatever character set it claims to be written in."""
    return response.content.decode("utf-8", "replace")


def retry_after(response: httpx.Response, name: str = "retry-after") -> timedelta | None:
    """RFC 9110 Retry-After in either of its forms; nothing where it is absent or unreadable.

    A date is counted from the date of the answer itself, so that our clocks needn't agree. Some
    vendors have a header of another name that says the same.
    """
    value = response.headers.get(name, "").strip()
    with suppress(OverflowError, TypeError, ValueError):
        if value.isdecimal():
            return timedelta(seconds=int(value))
        answered = parsedate_to_datetime(response.headers.get("date", ""))
        return max(parsedate_to_datetime(value) - answered, timedelta(0))
    return None
