"""What a vendor's section of the settings may hold."""

from ipaddress import ip_address
from typing import Annotated, ClassVar

import httpx
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl, SecretStr, TypeAdapter

CONNECT_SECONDS = 10.0


def web_address(url: str) -> str:
    """The same without a slash at its end. Raises ValueError when it isn't one."""
    TypeAdapter(HttpUrl).validate_python(url)
    return url.rstrip("/")


def is_this_machine(host: str) -> bool:
    """Nothing but the way to this very machine may go unprotected."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


WebAddress = Annotated[str, AfterValidator(web_address)]


class Account(BaseModel):
    """What everybody's section has, by whatever protocol it is spoken to.

    Secrets are those typed so.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    # Without these nothing can be handed over at all.
    REQUIRED: ClassVar[tuple[str, ...]] = ()

    base_url: str
    timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 30

    def secret(self, name: str) -> str:
        """The secret of that name in plain words; empty where it isn't given."""
        value: SecretStr | None = getattr(self, name)
        return value.get_secret_value() if value else ""

    def missing(self) -> list[str]:
        return [name for name in self.REQUIRED if not getattr(self, name)]

    @classmethod
    def secrets(cls) -> list[str]:
        """The names of those that never stand in a settings file."""
        return [n for n, field in cls.model_fields.items() if field.annotation == SecretStr | None]


class Options(Account):
    """What all vendors have that are spoken to over HTTP; each adds its own."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("api_key",)

    base_url: WebAddress
    api_key: SecretStr | None = None
    # Proves that a call to our webhooks comes from the vendor.
    webhook_secret: SecretStr | None = None

    @property
    def timeout(self) -> httpx.Timeout:
        return httpx.Timeout(
            self.timeout_seconds, connect=min(self.timeout_seconds, CONNECT_SECONDS)
        )
