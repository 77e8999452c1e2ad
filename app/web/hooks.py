"""Where vendors call us: verified on the raw bytes, stored, answered; understood later by a job."""

from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from app.bootstrap import House
from app.web.pages import OurHouse
from emails import hook_calls
from emails.errors import FetchFailed, HookRefused, HookTried
from emails.hook_calls import Door, Kept
from emails.providers.hooks import Hook

UNAUTHORIZED, NOT_FOUND, TRY_AGAIN = 401, 404, 503

router = APIRouter()


async def _hook(request: Request) -> Hook:
    """The body is read here, to its last byte as it came; what follows may wait for the disk."""
    return Hook(dict(request.headers.items()), await request.body())


@router.post("/hooks/{provider}/{door}")
async def receive(
    provider: str,
    door: Door,
    house: OurHouse,
    hook: Annotated[Hook, Depends(_hook)],
    request: Request,
) -> JSONResponse:
    callers: CapacityLimiter = request.app.state.callers
    return await to_thread.run_sync(_receive, provider, door, house, hook, limiter=callers)


def _receive(provider: str, door: Door, house: House, hook: Hook) -> JSONResponse:
    vendor = house.vendor(provider) or (
        house.booking_tool(provider) if door == Door.EVENTS else None
    )
    if vendor is None:
        return JSONResponse({"error": "There is no such provider."}, NOT_FOUND)
    now = house.clock.now()
    try:
        call = vendor.verify(hook, now)
    except HookRefused as refused:
        return _refusal(str(refused))
    except HookTried:
        return JSONResponse({"status": "heard"})
    except FetchFailed as failed:
        # Whether it is theirs can't be told just now; they call again.
        return JSONResponse({"error": f"Please call again: {failed}."}, TRY_AGAIN)
    row = hook_calls.arrival(house.vault, provider, door, call, hook, now)
    kept = house.keep_call(row)
    if kept == Kept.FORGED:
        return _refusal("its proof was used before, for something else")
    return JSONResponse({"status": "kept" if kept == Kept.NEW else "known"})


def _refusal(why: str) -> JSONResponse:
    return JSONResponse({"error": f"This call was refused: {why}."}, UNAUTHORIZED)
