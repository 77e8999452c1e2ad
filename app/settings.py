"""Every knob there is: one commented TOML file, any value by the environment, all checked."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    create_model,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from app.booking_settings import OWN, Booking
from app.errors import SettingsError
from app.fields import (
    Colour,
    DatabaseUrl,
    Day,
    Email,
    Folder,
    Network,
    Picture,
    PublicAddress,
    Section,
    Text,
    Zone,
)
from app.settings_file import FILE_VARIABLE, SettingsFile, read_toml, settings_file, text_of
from emails.booking_tools.registry import TOOLS
from emails.imap import ImapOptions
from emails.providers.options import Account
from emails.providers.registry import VENDORS

PREFIX = "LETTERCOURSE_"
SECRETS = (
    "security.keys",
    "emails.imap.password",
    "booking.busy.addresses",
    "booking.busy.caldav_password",
    *(
        f"emails.{name}.{each}"
        for name, vendor in VENDORS.items()
        for each in vendor.options.secrets()
    ),
    *(f"booking.{name}.{each}" for name, tool in TOOLS.items() for each in tool.options.secrets()),
)
MAILBOX = "mailbox"
SHIPPED_COURSES = Path(__file__).parent.parent / "course" / "content"


class Web(Section):
    base_url: PublicAddress = ""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    trusted_proxies: tuple[Network, ...] = ("127.0.0.1", "::1")

    @property
    def public_url(self) -> str:
        """Where readers reach us; this machine itself as long as nothing else is said."""
        return self.base_url or f"http://{self.host}:{self.port}"


class DatabaseSection(Section):
    url: DatabaseUrl = "sqlite:///data/lettercourse.sqlite3"


class Security(Section):
    key_store: Path = Path("data/keys")
    keys: SecretStr | None = None


class Content(Section):
    courses: str = ""
    templates: Folder = ""

    @property
    def courses_folder(self) -> Path:
        return Path(self.courses) if self.courses else SHIPPED_COURSES

    @property
    def templates_folder(self) -> Path | None:
        return Path(self.templates) if self.templates else None


class SignUps(Section):
    """How many an hour are let in by themselves."""

    per_hour: Annotated[int, Field(ge=1)] = 240
    per_network: Annotated[int, Field(ge=1)] = 20


class Owner(Section):
    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\r\n]+$")]
    email: Email
    postal_address: Text
    timezone: Zone
    reading_days: Text
    educational_note: Text
    crisis_note: Text
    notes_confirmed: bool = False
    accent: Colour = ""
    logo: Picture = None
    answer_by_mail: bool = True


class EmailsSection(Section):
    """What is said of emails whoever sends them; each vendor has a section of its own below it."""

    provider: str = MAILBOX
    second_provider: str = ""
    from_address: Email
    reply_address: Email
    when_in_doubt: Literal["hold", "resend"] = "hold"
    per_second: Literal["provider"] | Annotated[float, Field(ge=0, le=1000)] = "provider"
    per_day: Annotated[int, Field(ge=0)] = 0
    warm_up_from: Day = None
    imap: ImapOptions = ImapOptions()

    def options(self, vendor: str) -> Account:
        found: Account = getattr(self, vendor)
        return found


def _with_vendors() -> type[EmailsSection]:
    """The section with one below it for each vendor in the registry, under its own name."""
    sections: dict[str, Any] = {n: (v.options, v.options()) for n, v in VENDORS.items()}  # type: ignore[call-arg]
    sections["provider"] = (Literal[(MAILBOX, *VENDORS)], MAILBOX)
    sections["second_provider"] = (Literal[("", *VENDORS)], "")
    return create_model("Emails", __base__=EmailsSection, **sections)


if TYPE_CHECKING:
    Emails = EmailsSection
else:
    Emails = _with_vendors()


class Settings(BaseSettings):
    """All settings of one installation, checked."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    environment: Literal["development", "production"] = "development"
    web: Web = Web()
    database: DatabaseSection = DatabaseSection()
    security: Security = Security()
    content: Content = Content()
    owner: Owner
    emails: Emails
    sign_ups: SignUps = SignUps()
    booking: Booking = Booking()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del env_settings, dotenv_settings, file_secret_settings
        file = SettingsFile(settings_cls, settings_file())
        return init_settings, _Environment(settings_cls), file


class _Environment(EnvSettingsSource):
    """The environment, where `NAME_FILE` stands for the contents of the file it names."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        variables = dict(super()._load_env_vars())
        for secret in SECRETS:
            name = f"{PREFIX}{secret.replace('.', '__')}".lower()
            path = variables.pop(f"{name}_file", None)
            if path:
                variables[name] = text_of(Path(path)).strip()
        return variables

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """What isn't JSON stays as it is: its own key then says what belongs there."""
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


def load_settings(**given: Any) -> Settings:
    """The settings of this process; `given` wins over environment and file.

    Raises SettingsError with every mistake there is.
    """
    file, mistakes = settings_file(), _unknown_variables()
    try:
        mistakes += _misplaced_secrets(read_toml(file), file)
        settings = Settings(**given)
    except ValidationError as error:
        mistakes += [_sentence(problem) for problem in map(dict, error.errors())]
    except SettingsError as error:
        mistakes += error.mistakes
    except OSError as error:
        why = f"can't be read ({error.strerror}); check the path and its permissions."
        mistakes.append(f"{error.filename}: {why}")
    else:
        mistakes += _missing_of_tool(settings.booking)
    if mistakes:
        raise SettingsError(mistakes)
    return settings


def _missing_of_tool(booking: Booking) -> list[str]:
    if booking.tool == OWN:
        return []
    keys = [f"booking.{booking.tool}.{each}" for each in booking.options(booking.tool).missing()]
    return [
        f"{key}: is missing; "
        + (f"give it as {variable(key)}." if key in SECRETS else "write it in settings.toml.")
        for key in keys
    ]


def _misplaced_secrets(content: Mapping[str, Any], file: Path) -> list[str]:
    return [
        f"{secret}: a secret doesn't belong in {file}; give it as {variable(secret)} or "
        f"{variable(secret)}_FILE."
        for secret in SECRETS
        if _dig(content, secret) is not None
    ]


def _unknown_variables() -> list[str]:
    """A misspelt section in the environment would be passed over in silence."""
    sections = {name.upper() for name in Settings.model_fields}
    return [
        f"{name}: there is no such setting; settings.toml lists them all."
        for name in sorted(os.environ)
        if name.startswith(PREFIX)
        and name != FILE_VARIABLE
        and name.removeprefix(PREFIX).split("__")[0].upper() not in sections
    ]


def _sentence(problem: dict[str, Any]) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    match problem["type"]:
        case "missing":
            return f"{key}: is missing; settings.toml as shipped shows it with a comment."
        case "extra_forbidden":
            return f"{key}: there is no such setting; is it misspelt? Remove or rename it."
        case "value_error":
            return f"{key}: {problem['ctx']['error']}."
        case "tuple_type" | "list_type":
            return _list(key, problem["input"])
        case "dict_type" | "model_type":
            where = f"settings.toml shows what belongs to it; each is {variable(key)}__<KEY>"
            return f"{key}: is a section; {where} by the environment."
        case "literal_error":
            choices = problem["ctx"]["expected"]
            return f"{key}: {problem['input']!r} isn't possible; choose {choices}."
        case "string_pattern_mismatch":
            # Without its value, which may hold a password.
            return f"{key}: can't be used; it has to match {problem['ctx']['pattern']}."
        case _:
            return f"{key}: {problem['msg']}; it is {problem['input']!r} now."


def variable(key: str) -> str:
    return f"{PREFIX}{key.replace('.', '__').upper()}"


def _list(key: str, value: object) -> str:
    example = json.dumps([value if isinstance(value, str) else "one"], ensure_ascii=False)
    return f"{key}: is a list; write {example}, by the environment {variable(key)}='{example}'."


def _dig(content: Mapping[str, Any], key: str) -> object:
    value: object = content
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
