"""How Calendly is spoken to.

https://developer.calendly.com/api-docs
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
from emails.providers.hooks import (
    Hook,
    check_fresh,
    check_hmac,
    listed,
    mapping,
    moment,
    require_secret,
    text,
)
from emails.providers.options import WebAddress
from emails.providers.transport import Transport, key_trouble

TITLE = "Calendly"
# https://developer.calendly.com/docs/webhooks/overview
EVENTS = {"invitee.created", "invitee.canceled"}
NO_NEWS = {
    *("invitee_no_show.created", "invitee_no_show.deleted", "routing_form_submission.created"),
    *("event_type.created", "event_type.updated", "event_type.deleted"),
}
STATUSES = {"active": Stage.BOOKED, "canceled": Stage.CANCELLED}


class CalendlyOptions(ToolOptions):
    base_url: WebAddress = "https://api.calendly.com"


class Calendly:
    name = "calendly"
    title = TITLE

    def __init__(self, options: CalendlyOptions) -> None:
        self._options = options
        headers = {"Authorization": f"Bearer {options.secret('api_key')}"}
        self._transport = Transport(options.base_url, headers, options.timeout)

    def close(self) -> None:
        self._transport.close()

    def probe(self) -> list[str]:
        answer = self._transport.get("/users/me")
        return key_trouble(answer, self.title, "booking.calendly.api_key")

    def page_for(self, code: str, email: str, name: str | None) -> str:
        """Of what a link may carry, only `utm_...` comes back with the booking unseen."""
        return filled_in(self._options.page, name=name, email=email, utm_content=code)

    def verify(self, hook: Hook, now: datetime) -> str:
        secret = require_secret(self._options.secret("webhook_secret"))
        header = hook.headers.get("calendly-webhook-signature", "")
        parts = dict(part.strip().partition("=")[::2] for part in header.split(","))
        signed_at = parts.get("t", "")
        check_hmac(secret, f"{signed_at}.".encode() + hook.body, parts.get("v1", ""))
        check_fresh(signed_at, now)
        return hook.digest

    def read(self, hook: Hook) -> Told | None:
        body = mapping(hook.json())
        word, invitee = words(body.get("event")), mapping(body.get("payload"))
        if word in NO_NEWS:
            return None
        if word not in EVENTS:
            raise unknown(word)
        return _told(invitee, mapping(invitee.get("scheduled_event")))

    def changes(self, since: datetime) -> list[Told]:
        """They list by when a session is: all from then on are looked through for a change."""
        me = mapping(ask(self._transport, self.title, "/users/me").get("resource"))
        ahead = self._all(
            "/scheduled_events",
            user=text(me.get("uri")) or "",
            min_start_time=written(since),
            sort="start_time:asc",
        )
        changed = [event for event in ahead if _changed(event, since)]
        return [told for event in changed for told in self._invited(event)]

    def _invited(self, event: Mapping[str, Any]) -> list[Told]:
        invitees = self._all(f"/scheduled_events/{_last(event.get('uri'))}/invitees")
        return readable(invitees, lambda invitee: _told(invitee, event))

    def _all(self, path: str, **values: str) -> Iterator[dict[str, Any]]:
        token: str | None = ""
        while token is not None:
            turn = {"page_token": token} if token else {}
            page = ask(self._transport, self.title, path, count=PER_PAGE, **values, **turn)
            yield from (mapping(item) for item in listed(page.get("collection")))
            token = text(mapping(page.get("pagination")).get("next_page_token"))


def _changed(event: Mapping[str, Any], since: datetime) -> bool:
    at = moment(event.get("updated_at"))
    return at is None or at >= since


def _told(invitee: Mapping[str, Any], event: Mapping[str, Any]) -> Told:
    status = words(invitee.get("status"))
    if event.get("status") == "canceled":
        status = "canceled"
    if status not in STATUSES:
        raise HookUnreadable("an invitee has a status we don't know")
    moved_on = status == "canceled" and invitee.get("rescheduled") is True
    old = invitee.get("old_invitee")
    return Told(
        uid=uid_of(_last(invitee.get("uri"))),
        stage=Stage.MOVED if moved_on else STATUSES[status],
        slot=slot_of(event.get("start_time"), event.get("end_time")),
        at=time_of(invitee.get("updated_at")),
        kind=words(event.get("name")),
        zone=words(invitee.get("timezone")),
        moved_from=uid_of(_last(old)) if old else None,
        code=words(mapping(invitee.get("tracking")).get("utm_content")),
        email=words(invitee.get("email")),
        name=words(invitee.get("name")),
    )


def _last(uri: object) -> str:
    """Things are named by their whole address there; its last part is enough."""
    return (text(uri) or "").rstrip("/").rpartition("/")[2]
