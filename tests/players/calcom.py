"""Plays Cal.com by its documented rules.

https://cal.com/docs/developing/guides/automation/webhooks and, for the list of bookings,
https://cal.com/docs/api-reference/v2/bookings/get-all-bookings
"""

import hashlib
import hmac
from datetime import datetime

from emails.providers.hooks import Hook
from tests.players.booked import LENGTH, SECRET, SMALL_PAGE, Shop, Tool, asked, filled, knows, stamp
from tests.players.booked import instant as moment_of
from tests.players.vendor import Call, Item, Verdict

ZONE = "America/St_Johns"
LANGUAGE = {"locale": "en"}


def judge(shop: Shop, call: Call) -> Verdict:
    if not knows(call):
        error = {"code": "UnauthorizedException", "message": "Invalid API Key"}
        return Verdict(401, {"status": "error", "error": error})
    path, query = asked(call)
    # The header chooses among versions of an endpoint, and without it this one isn't there.
    if path != "/v2/bookings" or call.headers.get("cal-api-version") != "2024-08-13":
        return Verdict(404, {"status": "error", "error": {"code": "NotFoundException"}})
    found = [one for one in shop.sessions.values() if _is_asked_for(one, query)]
    for asked_for, key in (("sortCreated", "createdAt"), ("sortUpdatedAt", "updatedAt")):
        if asked_for in query:
            newest_first = query[asked_for] == "desc"
            found.sort(key=lambda one, key=key: one[key] or "", reverse=newest_first)  # type: ignore[misc]
    skip, take = int(query.get("skip", 0)), min(int(query.get("take", 100)), SMALL_PAGE)
    page = found[skip : skip + take]
    pagination = {
        "totalItems": len(found),
        "remainingItems": max(0, len(found) - skip - take),
        "returnedItems": len(page),
        "itemsPerPage": take,
        "currentPage": skip // take + 1,
        "totalPages": -(-len(found) // take),
        "hasNextPage": skip + take < len(found),
        "hasPreviousPage": skip > 0,
    }
    return Verdict(
        200, {"status": "success", "data": page, "pagination": pagination, "error": None}
    )


def sign(body: bytes, at: datetime) -> Hook:
    del at
    proof = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return Hook({"x-cal-signature-256": proof, "content-type": "application/json"}, body)


def book(shop: Shop, link: str, at: datetime, *, email: str = "", waits: bool = False) -> str:
    given = filled(link)
    marks = {k[9:-1]: v for k, v in given.items() if k.startswith("metadata[")}
    attendee = {
        "name": given.get("name", "Somebody"),
        "email": email or given["email"],
        "displayEmail": email or given["email"],
        "timeZone": ZONE,
        "language": "en",
        "absent": False,
    }
    status = "pending" if waits else "accepted"
    uid = _add(shop, at, attendee, {"status": status, "metadata": marks})
    _tell(shop, "BOOKING_REQUESTED" if waits else "BOOKING_CREATED", uid)
    return uid


def move(shop: Shop, uid: str, at: datetime) -> str:
    """A new booking with a new id, which takes nothing over that the old one's link had brought."""
    old = shop.sessions[uid]
    new = _add(shop, at, old["attendees"][0], {"status": "accepted", "rescheduledFromUid": uid})
    old |= {"status": "cancelled", "rescheduledToUid": new, "updatedAt": stamp(shop.now)}
    _tell(shop, "BOOKING_RESCHEDULED", new, rescheduleUid=uid)
    return new


def cancel(shop: Shop, uid: str) -> None:
    shop.sessions[uid] |= {"status": "cancelled", "updatedAt": stamp(shop.tick())}
    _tell(shop, "BOOKING_CANCELLED", uid, cancellationReason="")


def _is_asked_for(one: Item, query: object) -> bool:
    assert isinstance(query, dict)
    created, updated = query.get("afterCreatedAt"), query.get("afterUpdatedAt")
    if created and moment_of(one["createdAt"]) < moment_of(created):
        return False
    # A column that is empty is after nothing.
    return not updated or bool(
        one["updatedAt"] and moment_of(one["updatedAt"]) >= moment_of(updated)
    )


def _add(shop: Shop, at: datetime, attendee: Item, more: Item) -> str:
    number = shop.number()
    uid = f"bFJeNb2uX8ANpT3JL5Ef{number:02}"
    shop.sessions[uid] = {
        "id": number,
        "uid": uid,
        "title": "Session between Your practice and Ana",
        "description": "",
        "hosts": [{"id": 5, "name": "Your practice", "email": "owner@practice.example"}],
        "start": stamp(at),
        "end": stamp(at + LENGTH),
        "duration": 50,
        "eventTypeId": 7,
        "eventType": {"id": 7, "slug": "session"},
        "location": "integrations:daily",
        "absentHost": False,
        "createdAt": stamp(shop.tick()),
        "updatedAt": None,
        "attendees": [attendee],
        "guests": [],
        "bookingFieldsResponses": {"name": attendee["name"], "email": attendee["email"]},
        **more,
    }
    return uid


def _tell(shop: Shop, word: str, uid: str, **more: object) -> None:
    one = shop.sessions[uid]
    attendee = {k: one["attendees"][0][k] for k in ("email", "name", "timeZone")}
    payload = {
        "type": "session",
        "title": one["title"],
        "description": "",
        "additionalNotes": "",
        "customInputs": {},
        "startTime": one["start"],
        "endTime": one["end"],
        "organizer": {"id": 5, "name": "Your practice", "timeZone": "Europe/Berlin"},
        "responses": {
            "name": {"label": "your_name", "value": attendee["name"]},
            "email": {"label": "email_address", "value": attendee["email"]},
        },
        "userFieldsResponses": {},
        "attendees": [attendee | {"language": LANGUAGE}],
        "location": one["location"],
        "eventTypeId": 7,
        "uid": uid,
        "eventTitle": "session",
        "length": 50,
        "bookingId": one["id"],
        "status": one["status"].upper(),
        **more,
    }
    # Cancellations come without what the link had brought.
    if word != "BOOKING_CANCELLED":
        payload["metadata"] = one.get("metadata", {})
    shop.tell({"triggerEvent": word, "createdAt": stamp(shop.now), "payload": payload})


TOOL = Tool(
    name="calcom",
    title="Cal.com",
    page="https://cal.com/practice/session?theme=light",
    judge=judge,
    sign=sign,
    book=book,
    move=move,
    cancel=cancel,
    no_news={
        "triggerEvent": "MEETING_ENDED",
        "createdAt": "2026-11-02T12:00:00.000Z",
        "payload": {},
    },
    surprise={"triggerEvent": "BOOKING_SUNG", "createdAt": "2026-11-02T12:00:00.000Z"},
)
