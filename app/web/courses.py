"""The front door: the one course, or a quiet list of several."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.web import openness, words
from app.web.pages import Here
from app.web.signup import empty_form
from course.language import language_of

router = APIRouter()


@router.get("/")
def front_door(site: Here) -> HTMLResponse:
    only = site.house.catalogue.only()
    if only is not None:
        return empty_form(site, only)
    courses = [
        (course, words.rhythm(course), language_of(course.language), openness.closed(site, course))
        for course in site.house.catalogue.courses.values()
    ]
    return site.pages.show("courses.html", courses=courses)
