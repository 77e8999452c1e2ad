"""The course page and its form. Known or unknown address, the answer is the same."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from app import admission
from app.admission import Outcome
from app.settings import MAILBOX
from app.web import evidence, openness, words, zone_list
from app.web.headers import FRAMED_POLICY
from app.web.pages import Here, Site
from app.web.signup_form import Errors, SignUp, Typed, check, wording
from app.web.troubles import NOT_FOUND, UNUSABLE, Trouble
from course.catalogue import Course
from course.consents import Means
from course.language import language_of, mark

CLOSED = 409
PAGES = {
    Outcome.IN: ("asked.html", 200),
    Outcome.HELD: ("held.html", 202),
    Outcome.REFUSED: ("refused.html", 429),
}

router = APIRouter()
Fields = Annotated[Typed, Form()]


@router.get("/courses/{slug}")
def show(slug: str, site: Here) -> HTMLResponse:
    return empty_form(site, course_named(site, slug))


@router.post("/courses/{slug}")
def sign_up(slug: str, site: Here, request: Request, typed: Fields) -> HTMLResponse:
    return answer(site, request, course_named(site, slug), typed)


@router.get("/courses/{slug}/first-letter")
def first_letter(slug: str, site: Here) -> HTMLResponse:
    """The first letter whole, for whoever wonders what will come."""
    course = course_named(site, slug)
    return site.pages.show("sample.html", course=course, closed=openness.closed(site, course))


def empty_form(site: Site, course: Course, *, framed: bool = False) -> HTMLResponse:
    typed = Typed(timezone=site.house.settings.owner.timezone)
    return _form(site, course, typed, {}, framed=framed)


def answer(
    site: Site, request: Request, course: Course, typed: Typed, *, framed: bool = False
) -> HTMLResponse:
    """The page that follows the form; in a frame, the one that fits into it."""
    if closed := openness.closed(site, course):
        return _page(site, "closed.html", course, CLOSED, framed=framed, closed=closed)
    found = evidence.evidence(site, request, proof=typed.altcha, trap=typed.remark)
    typed = typed.in_zone(site.house.settings.owner.timezone)
    wanted = check(typed)
    if not isinstance(wanted, SignUp):
        return _form(site, course, typed, wanted, framed=framed)
    if sentence := evidence.trouble_with_age(site, typed.opened, found):
        return _form(site, course, typed, {"form": sentence}, framed=framed)
    wish = wanted.wish(course, Means.FORM)
    outcome = admission.admit(site.house, wish, found, site.now)
    template, status = PAGES[outcome]
    return _page(site, template, course, status, framed=framed)


def course_named(site: Site, slug: str) -> Course:
    course = site.house.catalogue.get(slug)
    if course is None:
        raise Trouble(
            NOT_FOUND,
            mark("There is no course here"),
            mark("Perhaps it has ended, or the address lost a piece."),
            (mark("See what there is"), "/"),
        )
    return course


def _form(
    site: Site, course: Course, typed: Typed, errors: Errors, *, framed: bool
) -> HTMLResponse:
    return _page(
        site,
        "frame.html" if framed else "course.html",
        course,
        UNUSABLE if errors else 200,
        framed=framed,
        closed=openness.closed(site, course),
        rhythm=words.rhythm(course),
        wording=wording(course),
        typed=typed,
        errors=errors,
        zones=zone_list.options(typed.timezone, language_of(course.language)),
        opened=evidence.opened(site),
        challenge=evidence.challenge(site),
    )


def _page(
    site: Site, template: str, course: Course, status: int = 200, *, framed: bool, **values: object
) -> HTMLResponse:
    settings = site.house.settings.emails
    return site.pages.show(
        template,
        status,
        policy=FRAMED_POLICY if framed else None,
        layout="frame_layout.html" if framed else "layout.html",
        action=f"/courses/{course.slug}{'/frame' if framed else ''}",
        course=course,
        from_address=settings.from_address,
        mailbox=settings.provider == MAILBOX,
        **values,
    )
