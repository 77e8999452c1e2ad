"""What a visitor typed, and whether it can be used."""

from collections.abc import Callable
from dataclasses import dataclass

from app.web import words
from course.catalogue import Course
from course.errors import SignUpError
from course.subscribers import clean_email, clean_name, clean_zone

# Field to sentence, in the order of the form.
Errors = dict[str, str]

NOT_TICKED = {"", "no", "false", "off", "0"}
TICK = "Tick the box, so that we know the letters are welcome."
MISSING_EMAIL = "Write the email address the letters should go to."
ADDRESS_LENGTH = 254


@dataclass(frozen=True, repr=False)
class Typed:
    """The fields as they came. Has no repr, so that an address can't slip into a log."""

    email: str
    name: str
    timezone: str
    consent: str

    @property
    def ticked(self) -> bool:
        return self.consent.strip().lower() not in NOT_TICKED


@dataclass(frozen=True, repr=False)
class SignUp:
    """The fields as they can be kept."""

    email: str
    name: str | None
    zone: str


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
    count = len(course.lessons)
    letters = "one email" if count == 1 else f"{words.number(count)} emails"
    return (
        f"Yes, please send me “{course.title}”: {letters}, {words.how_often(course)}, my time. "
        "One click in any of them ends it. My address is used for this course and nothing else."
    )


def _address(email: str) -> str:
    if not email.strip():
        raise SignUpError("email", MISSING_EMAIL)
    cleaned = clean_email(email)
    if len(cleaned) > ADDRESS_LENGTH:
        raise SignUpError("email", "This address is too long; please use a shorter one.")
    return cleaned


def _cleaned(errors: Errors, clean: Callable[[str], str | None], value: str) -> str | None:
    try:
        return clean(value)
    except SignUpError as error:
        errors[error.field] = str(error)
        return None
