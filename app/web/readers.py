"""From a link's token to the reader it belongs to."""

from sqlalchemy.orm import Session

from app.web.pages import Site
from app.web.troubles import NOT_FOUND, Trouble
from course import enrolments
from course.catalogue import Course
from course.enrolments import Enrolment
from course.language import mark
from emails.links import Purpose, lesson_payload


def reader_of(
    session: Session, site: Site, purpose: Purpose, token: str, *, for_update: bool = False
) -> Enrolment:
    """Raises BadToken for what isn't ours, Trouble for a reader we no longer know."""
    code = site.house.tokens.read(purpose, token)
    return known(enrolments.by_code(session, code, for_update=for_update))


def known(enrolment: Enrolment | None) -> Enrolment:
    if enrolment is None:
        raise Trouble(
            NOT_FOUND,
            mark("We no longer know this link"),
            mark("What belonged to it is no longer kept. Nothing will be sent."),
        )
    return enrolment


def course_of(site: Site, enrolment: Enrolment) -> Course:
    """Raises Trouble when the course has been taken down since."""
    course = site.house.catalogue.get(enrolment.course)
    if course is None:
        raise Trouble(
            NOT_FOUND,
            mark("This course has ended"),
            mark("Its letters are no longer sent. There is nothing for you to do."),
            (mark("See what is yours"), link(site, Purpose.YOUR_DATA, enrolment)),
        )
    return course


def link(site: Site, purpose: Purpose, enrolment: Enrolment) -> str:
    """The path of one of this reader's own pages."""
    return f"/{purpose}/{site.house.tokens.sign(purpose, enrolment.code)}"


def reflect_link(site: Site, enrolment: Enrolment, lesson: str | None) -> str:
    """The path of the page for this reader's words on one letter, or on none."""
    payload = lesson_payload(enrolment.code, lesson)
    return f"/{Purpose.REFLECT}/{site.house.tokens.sign(Purpose.REFLECT, payload)}"
