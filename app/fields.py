"""The kinds of values settings have, each with the sentence said of one that can't be used."""

from datetime import date
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from course import zones
from course.errors import SignUpError
from course.hours import Hours, parse_hours
from course.subscribers import clean_email
from emails.providers.options import web_address

# By their ending, as browsers are told.
PICTURES = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}
PICTURE_BYTES = 200_000
UNKNOWN_DATABASE = (
    "names no database that we know; write sqlite:////var/lib/lettercourse.sqlite3 or "
    "postgresql://user@host/lettercourse"
)
UNREADABLE_URL = (
    "isn't an address; its form is postgresql://user:password@host:5432/lettercourse, with %40, "
    "%3A and %2F for an @, : or / within the password"
)
NOT_A_FILE = (
    "isn't the path of a file; SQLite has no host, no password and nothing after a ?, so write "
    "sqlite:///data/lettercourse.sqlite3, or four slashes for a path from the root"
)


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


def _database_url(url: str) -> str:
    """Raises ValueError, with the cure, for what names no database. Nothing of it is quoted."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ValueError(UNREADABLE_URL) from error
    if parsed.get_backend_name() == "postgresql":
        return url
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise ValueError(UNKNOWN_DATABASE)
    if parsed.host or parsed.username or parsed.query:
        raise ValueError(NOT_A_FILE)
    return url


def _folder(path: str) -> str:
    if path and not Path(path).is_dir():
        raise ValueError(f"there is no folder {path}; name one that this process can read")
    return path


def _picture(path: object) -> Path | None:
    """Raises ValueError for what browsers wouldn't show, or only slowly."""
    if not path:
        return None
    if not isinstance(path, str | Path):
        raise ValueError('isn\'t the path of a picture; write one such as "logo.svg"')  # noqa: TRY004  pydantic hears no other
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"there is no file {path}; name one that this process can read")
    if file.suffix.lower() not in PICTURES:
        raise ValueError(f"can't be shown; give it as one of {', '.join(PICTURES)}")
    if file.stat().st_size > PICTURE_BYTES:
        raise ValueError(f"is larger than {PICTURE_BYTES // 1000} KB; readers on phones would wait")
    return file


DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
Folder = Annotated[str, AfterValidator(_folder)]
Picture = Annotated[Path | None, BeforeValidator(_picture)]
Colour = Annotated[str, Field(pattern="^(#[0-9A-Fa-f]{6})?$")]
Network = Annotated[str, AfterValidator(_network)]
Zone = Annotated[str, AfterValidator(_known_zone)]
PublicAddress = Annotated[str, AfterValidator(lambda url: url and web_address(url))]
Email = Annotated[str, AfterValidator(_email)]
Span = Annotated[Hours, BeforeValidator(lambda words: parse_hours(str(words)))]
# Empty stands for none.
Day = Annotated[date | None, BeforeValidator(lambda day: day or None)]
Text = Annotated[str, Field(min_length=1, max_length=1000)]
