"""The trial clock: time can be moved on, so that six weeks take a minute."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Body
from fastapi.responses import JSONResponse, RedirectResponse, Response

from app.errors import CommandError
from app.timemachine import advance_to, skip_to_next
from app.web.pages import Here
from app.web.troubles import UNUSABLE

SEE_OTHER = 303
STEP = re.compile(r"(\d{1,9})([wdhms])")
STEPS = re.compile(r"(?:\d{1,9}[wdhms])+")
UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
FURTHEST = timedelta(days=3660)

HOW = 'Send JSON such as {"advance": "7d"} or {"to": "2026-12-01T08:00:00Z"}.'
HOW_FAR = 'Write "advance" with the units w, d, h, m and s, such as "7d" or "1d12h".'
HOW_INSTANT = 'Write "to" as an instant with its offset, such as "2026-12-01T08:00:00Z".'
FORWARD = "Time only moves forward here; choose a moment that is still to come."
TOO_FAR = "That is more than ten years; choose something nearer."

router = APIRouter()


@router.get("/dev/clock")
def show(site: Here) -> JSONResponse:
    return _now(site.now)


@router.post("/dev/clock")
def move(site: Here, body: Annotated[Any, Body()] = None) -> JSONResponse:
    try:
        advance_to(site.house, _target(body, site.now))
    except (ValueError, CommandError) as error:
        return JSONResponse({"error": str(error)}, UNUSABLE)
    return _now(site.house.clock.now())


@router.post("/dev/mailbox/skip")
def skip(site: Here) -> Response:
    moment = skip_to_next(site.house)
    note = "skipped" if moment else "nothing"
    return RedirectResponse(f"/dev/mailbox?note={note}", SEE_OTHER)


def _now(at: datetime) -> JSONResponse:
    return JSONResponse({"now": at.isoformat().replace("+00:00", "Z")})


def _target(body: object, now: datetime) -> datetime:
    """Raises ValueError with a sentence that says the cure."""
    match _opened(body):
        case {"advance": str(length)}:
            target = now + min(_length(length), FURTHEST * 2)
        case {"to": str(instant)}:
            target = _instant(instant)
        case _:
            raise ValueError(HOW)
    if target < now:
        raise ValueError(FORWARD)
    if target - now > FURTHEST:
        raise ValueError(TOO_FAR)
    return target


def _opened(body: object) -> object:
    """JSON sent under another content type arrives as bytes."""
    try:
        return json.loads(body) if isinstance(body, bytes | str) else body
    except ValueError as error:
        raise ValueError(HOW) from error


def _length(text: str) -> timedelta:
    if not STEPS.fullmatch(text.strip()):
        raise ValueError(HOW_FAR)
    steps = [(UNITS[unit], int(count)) for count, unit in STEP.findall(text)]
    try:
        return sum((timedelta(**{unit: count}) for unit, count in steps), timedelta())
    except OverflowError as error:
        raise ValueError(TOO_FAR) from error


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip())
        return at.astimezone(UTC) if at.tzinfo else _refuse()
    except (ValueError, OverflowError) as error:
        raise ValueError(HOW_INSTANT) from error


def _refuse() -> datetime:
    raise ValueError(HOW_INSTANT)
