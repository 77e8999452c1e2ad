"""Signing up by JSON: the same way in, the same limits, the same answer for everybody.

No key is needed, since nobody can do more with it than with the form.
"""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from app import admission
from app.admission import Outcome
from app.web import evidence, openness
from app.web.pages import Here
from app.web.signup_form import SignUp, Typed, check
from app.web.troubles import NOT_FOUND, UNUSABLE
from course.consents import Means

CLOSED = 409
ANSWERS = {
    Outcome.IN: (202, "asked", "An email asks this address to confirm; at most one a day."),
    Outcome.HELD: (202, "held", "More sign up than usual; the owner looks at this one first."),
    Outcome.REFUSED: (429, "refused", "Nothing was kept; too many sign up. Try in an hour."),
}

router = APIRouter(prefix="/api/v1")


class Asked(BaseModel):
    """`consent` says that the person saw the words of the form and agreed."""

    email: str
    name: str = ""
    timezone: str = ""
    consent: bool = False
    altcha: str = ""


@router.get("/challenge")
def challenge(site: Here) -> dict[str, Any]:
    """For ALTCHA's own widgets and libraries; what solves it goes into `altcha`."""
    return evidence.challenge(site)


@router.post("/courses/{slug}/subscribers")
def sign_up(slug: str, site: Here, request: Request, asked: Asked) -> JSONResponse:
    course = site.house.catalogue.get(slug)
    if course is None:
        return _told(NOT_FOUND, "unknown", "There is no such course.")
    if sentence := openness.closed(site, course):
        return _told(CLOSED, "closed", sentence)
    typed = Typed(
        email=asked.email,
        name=asked.name,
        timezone=asked.timezone or site.house.settings.owner.timezone,
        consent="yes" if asked.consent else "",
    )
    wanted = check(typed)
    if not isinstance(wanted, SignUp):
        return JSONResponse({"status": "unusable", "errors": wanted}, UNUSABLE)
    found = evidence.evidence(site, request, proof=asked.altcha)
    wish = wanted.wish(course, Means.API)
    return _told(*ANSWERS[admission.admit(site.house, wish, found, site.now)])


def _told(status: int, word: str, sentence: str) -> JSONResponse:
    return JSONResponse({"status": word, "message": sentence}, status)
