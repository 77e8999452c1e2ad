"""Plays Calendly by its documented rules.

https://developer.calendly.com/docs/webhooks/overview and, for what it lists,
https://developer.calendly.com/api-docs/calendly-api/scheduled-events/list-scheduled-events
"""

import hashlib
import hmac
from datetime import datetime

from emails.providers.hooks import Hook
from tests.players.booked import LENGTH, SECRET, SMALL_PAGE, Shop, Tool, asked, filled, knows, stamp
from tests.players.booked import instant as moment_of
from tests.players.vendor import Call, Item, Verdict

HOST = "https://api.calendly.com"
ME = f"{HOST}/users/AAAAAAAAAAAAAAAA"
ZONE = "America/St_Johns"
TRACKING = ("utm_campaign", "utm_source", "utm_medium", "utm_content", "utm_term")


def judge(shop: Shop, call: Call) -> Verdict:
    if not knows(call):
        said = {"title": "Unauthenticated", "message": "The access token is invalid"}
        return Verdict(401, said)
    path, query = asked(call)
    if path == "/users/me":
        return Verdict(200, {"resource": {"uri": ME, "name": "Your practice"}})
    if path == "/scheduled_events":
        if query.get("user") != ME:
            return Verdict(
                400, {"title": "Invalid Argument", "message": "The supplied parameters…"}
            )
        since = moment_of(query["min_start_time"])
        events = [one["event"] for one in shop.sessions.values()]
        return _page([each for each in events if moment_of(each["start_time"]) >= since], query)
    event = f"{HOST}{path.removesuffix('/invitees')}"
    invitees = [one["invitee"] for one in shop.sessions.values() if one["event"]["uri"] == event]
    return _page(invitees, query) if invitees else Verdict(404, {"title": "Resource Not Found"})


def sign(body: bytes, at: datetime) -> Hook:
    seconds = int(at.timestamp())
    proof = hmac.new(SECRET.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"calendly-webhook-signature": f"t={seconds},v1={proof}"}
    return Hook(headers | {"content-type": "application/json"}, body)


def book(shop: Shop, link: str, at: datetime, *, email: str = "") -> str:
    given = filled(link)
    tracking = {name: given.get(name) for name in TRACKING} | {"salesforce_uuid": None}
    who = {"email": email or given["email"], "name": given.get("name", "Somebody")}
    return _add(shop, at, who | {"tracking": tracking, "old_invitee": None})


def move(shop: Shop, uid: str, at: datetime) -> str:
    """The old one is cancelled and a new one made, and both are told of, in that order."""
    old = shop.sessions[uid]["invitee"]
    old["rescheduled"] = True
    cancel(shop, uid)
    kept = {name: old[name] for name in ("email", "name", "tracking")}
    new = _add(shop, at, kept | {"old_invitee": old["uri"]})
    old["new_invitee"] = shop.sessions[new]["invitee"]["uri"]
    return new


def cancel(shop: Shop, uid: str) -> None:
    one, at = shop.sessions[uid], stamp(shop.tick())
    for half in (one["event"], one["invitee"]):
        half |= {"status": "canceled", "updated_at": at}
    said = {"canceled_by": "Ana", "reason": "", "canceler_type": "invitee", "created_at": at}
    one["invitee"]["cancellation"] = said
    _tell(shop, "invitee.canceled", uid)


def _page(items: list[Item], query: object) -> Verdict:
    assert isinstance(query, dict)
    first = int(query.get("page_token", "token-0").removeprefix("token-"))
    after = first + SMALL_PAGE
    token = f"token-{after}" if after < len(items) else None
    pagination = {"count": len(items[first:after]), "next_page_token": token}
    return Verdict(200, {"collection": items[first:after], "pagination": pagination})


def _add(shop: Shop, at: datetime, who: Item) -> str:
    number = shop.number()
    event_uri, uid = f"{HOST}/scheduled_events/EVENT{number:011}", f"INVITEE{number:09}"
    now = stamp(shop.tick())
    event = {
        "uri": event_uri,
        "name": "Session",
        "status": "active",
        "start_time": stamp(at),
        "end_time": stamp(at + LENGTH),
        "event_type": f"{HOST}/event_types/BBBBBBBBBBBBBBBB",
        "location": {"type": "custom", "location": "By video"},
        "invitees_counter": {"total": 1, "active": 1, "limit": 1},
        "event_memberships": [{"user": ME}],
        "event_guests": [],
        "created_at": now,
        "updated_at": now,
    }
    invitee = {
        "uri": f"{event_uri}/invitees/{uid}",
        "event": event_uri,
        "status": "active",
        "timezone": ZONE,
        "questions_and_answers": [],
        "rescheduled": False,
        "new_invitee": None,
        "created_at": now,
        "updated_at": now,
        **who,
    }
    shop.sessions[uid] = {"event": event, "invitee": invitee}
    _tell(shop, "invitee.created", uid)
    return uid


def _tell(shop: Shop, word: str, uid: str) -> None:
    one = shop.sessions[uid]
    payload = one["invitee"] | {"scheduled_event": one["event"]}
    at = stamp(shop.now)
    shop.tell({"event": word, "created_at": at, "created_by": ME, "payload": payload})


TOOL = Tool(
    name="calendly",
    title="Calendly",
    page="https://calendly.com/practice/session?hide_gdpr_banner=1",
    judge=judge,
    sign=sign,
    book=book,
    move=move,
    cancel=cancel,
    no_news={"event": "routing_form_submission.created", "payload": {}},
    surprise={"event": "invitee.sung", "payload": {}},
    dates_its_calls=True,
)
