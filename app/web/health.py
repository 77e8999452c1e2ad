"""For the machine that watches: whether this process is alive, and whether it can work."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from app.bootstrap import House
from app.errors import NotMigrated
from app.schema import is_current
from app.web.pages import OurHouse

NOT_READY = 503

router = APIRouter()


@router.get("/healthz")
def alive() -> JSONResponse:
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
def ready(house: OurHouse) -> JSONResponse:
    reason = _reason_not_ready(house)
    if reason is None:
        return JSONResponse({"status": "ok"})
    return JSONResponse({"status": "not ready", "reason": reason}, NOT_READY)


def _reason_not_ready(house: House) -> str | None:
    try:
        return None if is_current(house.database) else NotMigrated.__doc__
    except (SQLAlchemyError, OSError):
        return "The database can't be read. Is it running, and is database.url right?"
