"""Whether a course takes anybody new, and what is said where it doesn't."""

from app.web.pages import Site
from course import joining
from course.catalogue import Course
from course.language import language_of, mark

FULL = mark("All places are taken just now. You are welcome to look in again in a while.")


def closed(site: Site, course: Course) -> str:
    """The sentence that stands in place of the form; empty where there is a form."""
    if course.closed:
        return course.closed
    with site.house.database.reading() as session:
        full = joining.is_full(session, course)
    return language_of(course.language).say(FULL) if full else ""
