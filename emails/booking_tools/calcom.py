"""How Cal.com is spoken to, theirs or one of your own.

https://cal.com/docs/api-reference/v2/bookings/get-all-bookings
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from course.elsewhere import Stage, Told
from emails.booking_tools.base import (
    PER_PAGE,
    ToolOptions,
    ask,
    filled_in,
    readable,
    slot_of,
    time_of,
    uid_of,
    unknown,
    words,
    written,
)
from emails.errors import HookUnreadable
from emails.providers.hooks import Hook, check_hmac, listed, mapping
from emails.providers.options import WebAddress
from emails.providers.transport import Transport, key_trouble

TITLE = "Cal.com"
# Without it the endpoint isn't there at all.
API_VERSION = "2024-08-13"
# The name under which our link's code comes back; see `page_for`.
MARK = "lettercourse"

# https://cal.com/docs/developing/guides/automation/webhooks
EVENTS = {
    "BOOKING_CREATED": Stage.BOOKED,
    "BOOKING_RESCHEDULED": Stage.BOOKED,
    "BOOKING_REQUESTED": Stage.ASKED,
    "BOOKING_CANCELLED": Stage.CANCELLED,
    "BOOKING_REJECTED": Stage.CANCELLED,
}
NO_NEWS = {
    *("PING", "MEETING_STARTED", "MEETING_ENDED", "RECORDING_READY", "INSTANT_MEETING_CREATED"),
    *("BOOKING_PAYMENT_INITIATED", "BOOKING_PAID", "BOOKING_NO_SHOW_UPDATED", "FORM_SUBMITTED"),
}
# What can be asked for by when it happened, and what sorts it so.
NEWS = (("afterCreatedAt", "sortCreated"), ("afterUpdatedAt", "sortUpdatedAt"))
STATUSES = {
    "accepted": Stage.BOOKED,
    "pending": Stage.ASKED,
    "cancelled": Stage.CANCELLED,
    "rejected": Stage.CANCELLED,
}


class CalComOptions(ToolOptions):
    base_url: WebAddress = "https://api.cal.com"


class CalCom:
    name = "calcom"
    title = TITLE

    def __init__(self, options: CalComOptions) -> None:
        self._options = options
        headers = {
            "Authorization": f"Bearer {options.secret('api_key')}",
            "cal-api-version": API_VERSION,
        }
        self._transport = Transport(options.base_url, headers, options.timeout)

    def close(self) -> None:
        self._transport.close()

    def probe(self) -> list[str]:
        answer = self._transport.get("/v2/bookings?take=1")
        return key_trouble(answer, self.title, "booking.calcom.api_key")

    def page_for(self, code: str, email: str, name: str | None) -> str:
        """`metadata[...]` comes back with the booking, in webhooks and in the API."""
        return filled_in(
            self._options.page, **{"name": name, "email": email, f"metadata[{MARK}]": code}
        )

    def verify(self, hook: Hook, now: datetime) -> str:
        """Their signature holds no time: an old call again is the same call, and known as such."""
        del now
        given = hook.headers.get("x-cal-signature-256", "")
        check_hmac(self._options.secret("webhook_secret"), hook.body, given)
        return hook.digest

    def read(self, hook: Hook) -> Told | None:
        body = mapping(hook.json())
        word, payload = words(body.get("triggerEvent")), mapping(body.get("payload"))
        if word in NO_NEWS:
            return None
        if word not in EVENTS:
            raise unknown(word)
        return Told(
            uid=uid_of(payload.get("uid")),
            stage=EVENTS[word],
            slot=slot_of(payload.get("startTime"), payload.get("endTime")),
            at=time_of(body.get("createdAt")),
            kind=words(payload.get("type")),
            moved_from=_earlier(payload.get("rescheduleUid")),
            **_booker(payload),
        )

    def changes(self, since: datetime) -> list[Told]:
        """Asked in two ways, for a booking nobody has touched since may have no time of change."""
        found: dict[str, dict[str, Any]] = {}
        for which, order in NEWS:
            # The newest first: what changes meanwhile is then told twice and never passed over.
            asked = self._all({which: written(since), order: "desc"})
            found |= {str(item.get("uid")): item for item in asked}
        return readable(found.values(), _told)

    def _all(self, which: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        skip, more = 0, True
        while more:
            page = ask(
                self._transport, self.title, "/v2/bookings", take=PER_PAGE, skip=skip, **which
            )
            items = [mapping(item) for item in listed(page.get("data"))]
            yield from items
            skip += len(items)
            more = bool(items) and mapping(page.get("pagination")).get("hasNextPage") is True


def _told(item: Mapping[str, Any]) -> Told:
    status = words(item.get("status"))
    if status not in STATUSES:
        raise HookUnreadable("a booking has a status we don't know")
    moved_on = item.get("rescheduledToUid")
    return Told(
        uid=uid_of(item.get("uid")),
        stage=Stage.MOVED if moved_on else STATUSES[status],
        slot=slot_of(item.get("start"), item.get("end")),
        at=time_of(item.get("updatedAt") or item.get("createdAt")),
        kind=words(mapping(item.get("eventType")).get("slug")),
        moved_from=_earlier(item.get("rescheduledFromUid")),
        **_booker(item),
    )


def _booker(item: Mapping[str, Any]) -> dict[str, Any]:
    """The first of those who come is who booked."""
    attendees = listed(item.get("attendees"))
    booker = mapping(attendees[0] if attendees else None)
    return {
        "code": words(mapping(item.get("metadata")).get(MARK)),
        "email": words(booker.get("email")),
        "name": words(booker.get("name")),
        "zone": words(booker.get("timeZone")),
    }


def _earlier(uid: object) -> str | None:
    return uid_of(uid) if uid else None
