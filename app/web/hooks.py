"""Where vendors call us: verified on the raw bytes, stored, answered; understood later by a job."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from app.web.pages import OurHouse
from emails import hook_calls
from emails.errors import FetchFailed, HookRefused
from emails.hook_calls import Door
from emails.providers.hooks import Hook

UNAUTHORIZED, NOT_FOUND, TRY_AGAIN = 401, 404, 503

router = APIRouter()


async def _hook(request: Request) -> Hook:
    """The body is read here, to its last byte as it came; what follows may wait for the disk."""
    return Hook(dict(request.headers.items()), await request.body())


@router.post("/hooks/{provider}/{door}")
def receive(
    provider: str, door: Door, house: OurHouse, hook: Annotated[Hook, Depends(_hook)]
) -> JSONResponse:
    vendor = house.vendor(provider)
    if vendor is None:
        return JSONResponse({"error": "There is no such provider."}, NOT_FOUND)
    now = house.clock.now()
    try:
        call = vendor.verify(hook, now)
        with house.database.transaction() as session:
            new = hook_calls.store(session, house.vault, provider, door, call, hook, now)
    except HookRefused as refused:
        return JSONResponse({"error": f"This call was refused: {refused}."}, UNAUTHORIZED)
    except FetchFailed as failed:
        # Whether it is theirs can't be told just now; they call again.
        return JSONResponse({"error": f"Please call again: {failed}."}, TRY_AGAIN)
    return JSONResponse({"status": "kept" if new else "known"})
