"""One way to show a page: a template and its values, in the same frame for all."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from app.bootstrap import House
from app.web import static
from course import spoken
from course.catalogue import Course
from course.language import ENGLISH, Language, language_of
from emails import markdown, speaking

TEMPLATES = Path(__file__).parent / "templates"


class Pages:
    """The templates, compiled once, knowing whose house this is."""

    def __init__(self, house: House) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        owner = house.settings.owner
        self._templates.globals.update(
            static=static.address,
            owner=owner,
            accent=static.accent(owner),
            logo=static.logo(owner),
        )
        self._templates.filters.update(
            markdown=markdown.to_html,
            number=_number,
            sender=lambda course: sender_of(house, course),
        )
        speaking.teach(self._templates)
        self._house = house

    def show(
        self, template: str, status: int = 200, *, policy: str | None = None, **values: object
    ) -> HTMLResponse:
        """In the language of its `course`, or the one given as `language`.

        `policy` stands in for the common Content-Security-Policy.
        """
        language = self._language(values.get("course"))
        html = self._templates.get_template(template).render({"language": language, **values})
        return HTMLResponse(html, status, {"Content-Security-Policy": policy} if policy else None)

    def _language(self, course: object) -> Language:
        """A page that belongs to no course speaks as the first one does."""
        first = next(iter(self._house.catalogue.courses.values()), None)
        known = course if isinstance(course, Course) else first
        return language_of(known.language) if known else ENGLISH


@dataclass(frozen=True)
class Site:
    """What an endpoint works with.

    `now` is read once, before any transaction: a trial clock asks the database itself.
    """

    house: House
    pages: Pages
    now: datetime


def sender_of(house: House, course: Course) -> str:
    """The name a reader of this course knows us by."""
    return course.sender or house.settings.owner.name


@pass_context
def _number(context: Context, count: int) -> str:
    return spoken.number(count, speaking.language_in(context))


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


def _site(request: Request) -> Site:
    house = _house(request)
    return Site(house, request.app.state.pages, house.clock.now())


OurHouse = Annotated[House, Depends(_house)]
Here = Annotated[Site, Depends(_site)]
