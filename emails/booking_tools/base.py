"""What every booking tool can do, and what reading its answers has in common."""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Protocol
from urllib.parse import urlencode

import httpx
from pydantic import AfterValidator

from course.bookings import TOOL_UID_LENGTH
from course.elsewhere import Told
from course.slots import Slot
from emails.errors import FetchFailed, HookUnreadable
from emails.providers.hooks import Hook, mapping, moment, text
from emails.providers.options import Options, web_address
from emails.providers.transport import Transport, fetched

PER_PAGE = 100
WORD_LENGTH = 60

log = logging.getLogger(__name__)


class ToolOptions(Options):
    """What each tool's section holds; `page` is where sessions are booked."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("page", "api_key")

    page: Annotated[str, AfterValidator(lambda url: url and web_address(url))] = ""


class BookingTool(Protocol):
    """A tool elsewhere. Its file is all that knows its words; `title` is what people call it."""

    name: str
    title: str

    def close(self) -> None: ...

    def probe(self) -> list[str]:
        """What is wrong with our account there, in sentences with their cure."""
        ...

    def page_for(self, code: str, email: str, name: str | None) -> str:
        """Its booking page, filled in for this reader; `code` is all it learns of the letters."""
        ...

    def verify(self, hook: Hook, now: datetime) -> str:
        """The id under which this very call would be repeated. Raises HookRefused."""
        ...

    def read(self, hook: Hook) -> Told | None:
        """What a verified call tells; nothing when it is no news to us. Raises HookUnreadable."""
        ...

    def changes(self, since: datetime) -> list[Told]:
        """How each session stands that was booked or changed since. Raises FetchFailed."""
        ...


def filled_in(page: str, **values: str | None) -> str:
    given = {name: value for name, value in values.items() if value}
    return str(httpx.URL(page).copy_merge_params(given))


def ask(transport: Transport, title: str, path: str, **values: str | int) -> dict[str, Any]:
    """The JSON object at this path. Raises FetchFailed in a sentence."""
    try:
        body = fetched(transport.get(f"{path}?{urlencode(values)}" if values else path))
    except FetchFailed as failed:
        raise FetchFailed(f"{title}: {failed}.") from failed
    if body is None:
        raise FetchFailed(f"{title}: HTTP 404.")
    return mapping(body)


def written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def readable(
    items: Iterable[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], Told]
) -> list[Told]:
    """What can be understood of a list; one that can't doesn't hide its neighbours."""
    found = []
    for item in items:
        try:
            found.append(read(item))
        except HookUnreadable as unreadable:
            log.warning("A session in the booking tool can't be read: %s.", unreadable)
    return found


def unknown(word: str) -> HookUnreadable:
    return HookUnreadable(f"{word[:WORD_LENGTH]!r} is no event we know")


def words(value: object) -> str:
    """As it can be kept: what can't be printed no database takes."""
    return "".join(c for c in text(value) or "" if c.isprintable())


def uid_of(value: object) -> str:
    found = words(value)
    if not found or len(found) > TOOL_UID_LENGTH:
        raise HookUnreadable("a session has no id that can be kept")
    return found


def slot_of(starts_at: object, ends_at: object) -> Slot:
    first, last = moment(starts_at), moment(ends_at)
    if first is None or last is None:
        raise HookUnreadable("a session has no time")
    return Slot(first, last)


def time_of(value: object) -> datetime:
    found = moment(value)
    if found is None:
        raise HookUnreadable("it doesn't say when that was so")
    return found
