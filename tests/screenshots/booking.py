"""The booking pages, hers and the owner's."""

import re
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from course.bookings import Booking
from tests.screenshots.stage import Sight, Stage, stage
from tests.support.houses import SHIPPED_SETTINGS, go_to, join, now

NOTE = "Ring twice, please."


def sights(folder: Path) -> Iterator[Sight]:
    with stage(folder) as one:
        yield from _choosing(one)
        yield from _changing(one)
    with stage(folder, booking=_settings(confirm="owner")) as one:
        yield from _asking(one)
    with stage(folder, booking=_settings(days_off=["2026-11-01 to 2026-12-24"])) as one:
        yield one.get("book-no-free-time", one.own("book", join(one.house)))


def _settings(**changes: object) -> dict[str, Any]:
    shipped = tomllib.loads(SHIPPED_SETTINGS.read_text(encoding="utf-8"))
    return {**shipped["booking"], **changes}


def _choosing(one: Stage) -> Iterator[Sight]:
    own = one.own("book", join(one.house, "bo@example.com"))
    yield one.get("book-month", own)
    yield one.get("book-elsewhere", f"{own}?zone=Asia/Tokyo")
    yield one.get("book-list", f"{own}?list=1")
    yield one.get("book-twelve-hours", f"{own}?clock=12&kind=phone")
    yield one.post("book-errors", own, note="Please " * 150)


def _changing(one: Stage) -> Iterator[Sight]:
    own, other = (
        one.own("book", join(one.house)),
        one.own("book", join(one.house, "eve@example.com")),
    )
    yield one.get("book-no-session", f"{own}/move")
    first = _times(one.pages.get(own).text)[0]
    yield one.post("booked", own, **_form(one, own), name="Ana", note=NOTE)
    lost = _form(one, other) | {"starts_at": first}
    yield one.post("book-slot-lost", other, **lost, name="Eve", note=NOTE)
    yield one.get("move", f"{own}/move")
    yield one.post("move-errors", f"{own}/move", **_form(one, f"{own}/move") | {"starts_at": ""})
    form = _form(one, f"{own}/move")
    one.pages.post(other, data=_form(one, other) | {"name": "Eve", "starts_at": form["starts_at"]})
    yield one.post("move-slot-lost", f"{own}/move", **form)
    yield one.post("moved", f"{own}/move", **_form(one, f"{own}/move"))
    yield one.get("session-booked", _owners(one))
    yield one.get("cancel", f"{own}/cancel")
    yield one.post("cancelled", f"{own}/cancel", **_hidden(one.pages.get(f"{own}/cancel").text))
    yield one.get("session-cancelled", _owners(one))


def _asking(one: Stage) -> Iterator[Sight]:
    own = one.own("book", join(one.house))
    yield one.get("book-on-request", own)
    yield one.post("book-asked", own, **_form(one, own), name="Ana")
    yield one.get("session-asked", _owners(one))
    yield one.post("session-confirmed", _owners(one), answer="yes")
    go_to(one.house, now(one.house) + timedelta(weeks=8))
    yield one.get("session-over", _owners(one))


def _owners(one: Stage) -> str:
    with one.house.database.reading() as session:
        booking = session.scalars(select(Booking).order_by(Booking.id)).first()
    assert booking is not None
    return one.path(one.house.links.session(booking.uid))


def _form(one: Stage, path: str) -> dict[str, str]:
    """The form there as a browser would send it, with the first time chosen."""
    page = one.pages.get(path).text
    return _hidden(page) | {"starts_at": _times(page)[0]}


def _times(page: str) -> list[str]:
    return re.findall(r'name="starts_at"[^>]*value="([^"]+)"', page)


def _hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
