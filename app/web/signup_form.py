"""What a visitor typed, and whether it can be used."""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from app.admission import Wish
from app.web import words
from course import spoken
from course.catalogue import Course
from course.consents import Means
from course.errors import SignUpError
from course.language import language_of, mark
from course.subscribers import clean_email, clean_name, clean_zone

# Field to marked sentence, in the order of the form.
Errors = dict[str, str]

NOT_TICKED = {"", "no", "false", "off", "0"}
TICK = mark("Tick the box, so that we know the letters are welcome.")
MISSING_EMAIL = mark("Write the email address the letters should go to.")
LONG_EMAIL = mark("This address is too long; please use a shorter one.")
ADDRESS_LENGTH = 254


class Typed(BaseModel):
    """The fields as they came. Has no repr, so that an address can't slip into a log."""

    model_config = ConfigDict(frozen=True)

    email: str = ""
    name: str = ""
    timezone: str = ""
    consent: str = ""
    # What no person types: when the form was handed out, a proof of work, and a trap.
    opened: str = ""
    altcha: str = ""
    remark: str = ""

    def __repr__(self) -> str:
        return "Typed()"

    @property
    def ticked(self) -> bool:
        return self.consent.strip().lower() not in NOT_TICKED

    def in_zone(self, zone: str) -> "Typed":
        """With this zone where none was chosen."""
        return self if self.timezone else self.model_copy(update={"timezone": zone})


@dataclass(frozen=True, repr=False)
class SignUp:
    """The fields as they can be kept."""

    email: str
    name: str | None
    zone: str

    def wish(self, course: Course, means: Means) -> Wish:
        return Wish(self.email, self.name, self.zone, course.slug, wording(course), means)


def check(typed: Typed) -> SignUp | Errors:
    errors: Errors = {}
    email = _cleaned(errors, _address, typed.email)
    name = _cleaned(errors, clean_name, typed.name)
    zone = _cleaned(errors, clean_zone, typed.timezone)
    if not typed.ticked:
        errors["consent"] = TICK
    if errors or email is None or zone is None:
        return errors
    return SignUp(email, name, zone)


def wording(course: Course) -> str:
    """The words of the tick box; kept with the consent exactly as shown."""
    language, count = language_of(course.language), len(course.lessons)
    return language.plural(
        "Yes, please send me “%(title)s”: one email, %(how_often)s, my time. One click in any of "
        "them ends it. My address is used for this course and nothing else.",
        "Yes, please send me “%(title)s”: %(number)s emails, %(how_often)s, my time. One click in "
        "any of them ends it. My address is used for this course and nothing else.",
        count,
        title=course.title,
        number=spoken.number(count, language),
        how_often=words.how_often(course),
    )


def _address(email: str) -> str:
    if not email.strip():
        raise SignUpError("email", MISSING_EMAIL)
    cleaned = clean_email(email)
    if len(cleaned) > ADDRESS_LENGTH:
        raise SignUpError("email", LONG_EMAIL)
    return cleaned


def _cleaned(errors: Errors, clean: Callable[[str], str | None], value: str) -> str | None:
    try:
        return clean(value)
    except SignUpError as error:
        errors[error.field] = str(error)
        return None
