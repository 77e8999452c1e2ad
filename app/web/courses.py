"""The front door: the one course, or a quiet list of several."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.web import words
from app.web.pages import Here
from app.web.signup import empty_form

router = APIRouter()


@router.get("/")
def front_door(site: Here) -> HTMLResponse:
    only = site.house.catalogue.only()
    if only is not None:
        return empty_form(site, only)
    courses = [
        (course, words.how_often(course)) for course in site.house.catalogue.courses.values()
    ]
    return site.pages.show("courses.html", courses=courses)
