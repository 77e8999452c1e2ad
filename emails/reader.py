"""The person an email goes to, and what its frame says to her."""

from dataclasses import dataclass
from datetime import date

from course import spoken
from course.catalogue import CallToAction, Course
from course.language import Language, language_of
from emails import appointments
from emails.appointments import Appointment


@dataclass(frozen=True)
class Reader:
    """What an email needs to know of the person it goes to."""

    code: str
    email: str
    name: str | None
    signed_up_on: date
    has_booked: bool = False
    # The one ahead of her.
    session: Appointment | None = None


def greeting(reader: Reader, language: Language) -> str:
    if reader.name:
        return language.say("Dear %(name)s,", name=reader.name)
    return language.say("Hello,")


def why(course: Course, reader: Reader) -> str:
    """Why she gets it."""
    language = language_of(course.language)
    return language.say(
        "You get this because you asked for the letters “%(title)s” on %(day)s.",
        title=course.title,
        day=spoken.day(reader.signed_up_on, language, spoken.PLAIN_DAY),
    )


def invites_to(course: Course, reader: Reader) -> CallToAction | None:
    """What the frame invites her to: whoever has booked needn't be asked to book."""
    if reader.has_booked and course.after_booking == "no-pitch":
        return None
    if reader.session:
        return appointments.see_you_call(language_of(course.language))
    return course.call_to_action
