"""One HTTP request to a vendor, with every way it can fail told apart by what it means for us."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from emails.message import Message
from emails.providers.base import Accepted, Outcome, Rejected, TryLater, Unknown

TIMEOUT = httpx.Timeout(30.0, connect=10.0)

# These fail before a byte of the request has left: certainly not taken.
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Transport:
    """A kept connection to one vendor's base URL."""

    def __init__(self, base_url: str, headers: Mapping[str, str], timeout: httpx.Timeout) -> None:
        self._client = httpx.Client(
            base_url=base_url,
            headers={"User-Agent": "lettercourse", "Accept": "application/json", **headers},
            timeout=timeout,
        )

    def post(
        self, path: str, body: object, headers: Mapping[str, str] | None = None
    ) -> httpx.Response | Outcome:
        """The answer, whatever its status; or an outcome when there is none."""
        try:
            return self._client.post(path, json=body, headers=headers)
        except NEVER_LEFT as error:
            return TryLater(f"couldn't be reached ({type(error).__name__})")
        except httpx.HTTPError as error:
            return Unknown(f"no answer ({type(error).__name__})")

    def close(self) -> None:
        self._client.close()


def one_by_one(
    batch: Sequence[Message], send_one: Callable[[int, Message], Outcome]
) -> Iterator[Outcome]:
    """A call for each, until one gets no verdict: the rest then certainly haven't left."""
    stopped = False
    for n, message in enumerate(batch):
        outcome = TryLater("its turn didn't come") if stopped else send_one(n, message)
        stopped = stopped or not isinstance(outcome, Accepted | Rejected)
        yield outcome


def json_of(response: httpx.Response) -> Any:
    """The body as JSON, or nothing where it isn't JSON."""
    try:
        return response.json()
    except ValueError:
        return None


def retry_after(response: httpx.Response) -> timedelta | None:
    """RFC 9110 Retry-After in either of its forms; nothing where it is absent or unreadable.

    A date is counted from the date of the answer itself, so that our clocks needn't agree.
    """
    value = response.headers.get("retry-after", "").strip()
    with suppress(OverflowError, TypeError, ValueError):
        if value.isdecimal():
            return timedelta(seconds=int(value))
        answered = parsedate_to_datetime(response.headers.get("date", ""))
        return max(parsedate_to_datetime(value) - answered, timedelta(0))
    return None
