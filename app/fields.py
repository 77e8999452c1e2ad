"""The kinds of values settings have, each with the sentence said of one that can't be used."""

from datetime import date
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from course import zones
from course.errors import SignUpError
from course.hours import Hours, parse_hours
from course.subscribers import clean_email
from emails.providers.options import web_address

# By their ending, as browsers are told.
PICTURES = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}
PICTURE_BYTES = 200_000


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _known_zone(name: str) -> str:
    if not zones.is_zone(name):
        raise ValueError("isn't a time zone; write one such as Europe/Lisbon")
    return name


def _email(address: str) -> str:
    try:
        return clean_email(address)
    except SignUpError as error:
        raise ValueError("isn't an email address; write one such as name@example.com") from error


def _network(words: str) -> str:
    try:
        ip_network(words)
    except ValueError as error:
        raise ValueError("isn't an address or a network; write one such as 10.0.0.0/8") from error
    return words


def _picture(path: str) -> Path | None:
    """Raises ValueError for what browsers wouldn't show, or only slowly."""
    if not path:
        return None
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"there is no file {path}; name one that this process can read")
    if file.suffix.lower() not in PICTURES:
        raise ValueError(f"can't be shown; give it as one of {', '.join(PICTURES)}")
    if file.stat().st_size > PICTURE_BYTES:
        raise ValueError(f"is larger than {PICTURE_BYTES // 1000} KB; readers on phones would wait")
    return file


Picture = Annotated[Path | None, BeforeValidator(_picture)]
Colour = Annotated[str, Field(pattern="^(#[0-9A-Fa-f]{6})?$")]
Network = Annotated[str, AfterValidator(_network)]
Zone = Annotated[str, AfterValidator(_known_zone)]
PublicAddress = Annotated[str, AfterValidator(lambda url: url and web_address(url))]
Email = Annotated[str, AfterValidator(_email)]
Span = Annotated[Hours, BeforeValidator(parse_hours)]
# Empty stands for none.
Day = Annotated[date | None, BeforeValidator(lambda day: day or None)]
Text = Annotated[str, Field(min_length=1, max_length=1000)]
