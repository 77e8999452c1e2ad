"""The course page and its form. Known or unknown address, the answer is the same."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.exc import IntegrityError

from app.web import words, zone_list
from app.web.pages import Here, Site
from app.web.signup_form import Errors, SignUp, Typed, check, wording
from app.web.troubles import NOT_FOUND, UNUSABLE, Trouble
from course import consents, enrolments, subscribers
from course.catalogue import Course
from course.consents import Act

MEANS_LENGTH = 60
SEE_OTHER = 303

router = APIRouter()


@router.get("/courses/{slug}")
def show(slug: str, site: Here) -> HTMLResponse:
    return empty_form(site, _course(site, slug))


@router.post("/courses/{slug}")
def sign_up(
    slug: str,
    site: Here,
    email: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    timezone: Annotated[str, Form()] = "",
    consent: Annotated[str, Form()] = "",
) -> Response:
    course = _course(site, slug)
    typed = Typed(email, name, timezone or site.house.settings.owner.timezone, consent)
    wanted = check(typed)
    if not isinstance(wanted, SignUp):
        return _form(site, course, typed, wanted)
    try:
        _keep(site, course, wanted)
    except IntegrityError:
        # The same address at the same moment from a second form; now it is known.
        _keep(site, course, wanted)
    return RedirectResponse(f"/courses/{course.slug}/check-your-inbox", SEE_OTHER)


@router.get("/courses/{slug}/check-your-inbox")
def check_your_inbox(slug: str, site: Here) -> HTMLResponse:
    return site.pages.show(
        "check_your_inbox.html",
        course=_course(site, slug),
        from_address=site.house.settings.emails.from_address,
        mailbox=site.house.settings.emails.provider == "mailbox",
    )


def empty_form(site: Site, course: Course) -> HTMLResponse:
    return _form(site, course, Typed("", "", site.house.settings.owner.timezone, ""), {})


def _form(site: Site, course: Course, typed: Typed, errors: Errors) -> HTMLResponse:
    return site.pages.show(
        "course.html",
        UNUSABLE if errors else 200,
        course=course,
        how_often=words.how_often(course),
        wording=wording(course),
        typed=typed,
        errors=errors,
        zones=zone_list.grouped(typed.timezone),
    )


def _keep(site: Site, course: Course, wanted: SignUp) -> None:
    now = site.now
    with site.house.database.transaction() as session:
        subscriber = subscribers.find_or_add(
            session,
            site.house.keys,
            email=wanted.email,
            name=wanted.name,
            zone=wanted.zone,
            now=now,
        )
        enrolments.sign_up(session, subscriber, course.slug, now)
        consents.record(
            session,
            subscriber.id,
            course.slug,
            Act.ASKED,
            wording=wording(course),
            means=f"form at /courses/{course.slug}"[:MEANS_LENGTH],
            at=now,
        )


def _course(site: Site, slug: str) -> Course:
    course = site.house.catalogue.get(slug)
    if course is None:
        raise Trouble(
            NOT_FOUND,
            "There is no course here",
            "Perhaps it has ended, or the address lost a piece.",
            ("See what there is", "/"),
        )
    return course
