"""The kinds of values settings have, each with the sentence said of one that can't be used."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from course import zones
from course.errors import SignUpError
from course.hours import Hours, parse_hours
from course.subscribers import clean_email
from emails.providers.options import web_address


def _known_zone(name: str) -> str:
    if not zones.is_zone(name):
        raise ValueError("isn't a time zone; write one such as Europe/Lisbon")
    return name


def _email(address: str) -> str:
    try:
        return clean_email(address)
    except SignUpError as error:
        raise ValueError("isn't an email address; write one such as name@example.com") from error


Zone = Annotated[str, AfterValidator(_known_zone)]
PublicAddress = Annotated[str, AfterValidator(lambda url: url and web_address(url))]
Email = Annotated[str, AfterValidator(_email)]
Span = Annotated[Hours, BeforeValidator(parse_hours)]
# Empty stands for none.
Day = Annotated[date | None, BeforeValidator(lambda day: day or None)]
Text = Annotated[str, Field(min_length=1, max_length=1000)]
