"""The form on a site of the owner's own: in a frame that sizes itself, or as plain HTML to copy."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.web.pages import Here
from app.web.signup import Fields, answer, course_named, empty_form
from app.web.signup_form import wording

router = APIRouter()


@router.get("/courses/{slug}/frame")
def show(slug: str, site: Here) -> HTMLResponse:
    return empty_form(site, course_named(site, slug), framed=True)


@router.post("/courses/{slug}/frame")
def sign_up(slug: str, site: Here, request: Request, typed: Fields) -> HTMLResponse:
    return answer(site, request, course_named(site, slug), typed, framed=True)


@router.get("/courses/{slug}/embed")
def how_to(slug: str, site: Here) -> HTMLResponse:
    """What to copy into a page; holds nothing that a visitor couldn't see anyway."""
    course = course_named(site, slug)
    return site.pages.show(
        "embed.html",
        course=course,
        base=site.house.settings.web.public_url.rstrip("/"),
        wording=wording(course),
        zone=site.house.settings.owner.timezone,
    )
