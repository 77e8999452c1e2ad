"""A mailbox at any mail server, read by IMAP and left as it was found.

https://www.rfc-editor.org/rfc/rfc9051

A folder is opened by EXAMINE and its emails are peeked at: no mark of theirs changes, nothing is
deleted, and whoever else reads there finds as new what was new.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from socket import gaierror
from typing import Annotated, Any, Literal, Self

from imapclient import IMAPClient
from imapclient.exceptions import (
    CapabilityError,
    IMAPClientAbortError,
    IMAPClientError,
    LoginError,
)
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from emails.errors import FetchFailed, MailboxClosed
from emails.providers.options import is_this_machine

PATIENCE_SECONDS = 20.0
# The longest head we look at, and the longest email we keep whole; of a longer one so much.
HEAD_BYTES = 64 * 1024
MOST_BYTES = 25 * 1024 * 1024


def _server(name: str) -> str:
    """Raises ValueError when it isn't one."""
    if any(mark in name for mark in "/@ "):
        raise ValueError("write a name such as imap.example.org; the port has a key of its own")
    name.encode("idna")
    return name


class ImapOptions(BaseModel):
    """Where the mailbox is; without a host there is none."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    host: Annotated[str, AfterValidator(_server)] = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 993
    security: Literal["tls", "starttls", "none"] = "tls"
    username: str = ""
    password: SecretStr | None = None
    folder: Annotated[str, Field(min_length=1, max_length=200)] = "INBOX"

    @field_validator("security")
    @classmethod
    def _protected(cls, security: str, info: ValidationInfo) -> str:
        if security == "none" and not is_this_machine(info.data.get("host") or "localhost"):
            raise ValueError('"none" is for this very machine alone; choose "tls" or "starttls"')
        return security

    @field_validator("username")
    @classmethod
    def _named(cls, username: str, info: ValidationInfo) -> str:
        if info.data.get("host") and not username:
            raise ValueError("is missing; write what you log in with, often the whole address")
        return username

    @field_validator("password")
    @classmethod
    def _given(cls, password: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if info.data.get("host") and not password:
            raise ValueError("is missing; give it as LETTERCOURSE_EMAILS__IMAP__PASSWORD")
        return password

    @property
    def place(self) -> str:
        return f"{self.username}@{self.host}/{self.folder}"


@dataclass(frozen=True)
class Folder:
    """An opened folder. Its emails have numbers that only grow, as long as `validity` stays."""

    client: Any
    place: str
    validity: int
    # The number the next email will get.
    next_number: int

    @classmethod
    def open(cls, client: Any, options: ImapOptions) -> Self:
        found = client.select_folder(options.folder, readonly=True)
        if b"UIDVALIDITY" not in found or b"UIDNEXT" not in found:
            raise MailboxClosed(f"The mail server doesn't number the emails in {options.folder}.")
        return cls(client, options.place, found[b"UIDVALIDITY"], found[b"UIDNEXT"])

    def numbers_from(self, first: int) -> list[int]:
        # A range up to * always holds the last email, whatever its number.
        found = self.client.search(f"UID {first}:*") if first < self.next_number else []
        return sorted(number for number in found if number >= first)

    def numbers_since(self, day: date) -> list[int]:
        """Of all that came on this day, on the server's calendar, or later."""
        return sorted(self.client.search(["SINCE", day]))

    def head(self, number: int) -> bytes | None:
        """The headers, to a reasonable length; nothing when the email is gone."""
        return self._peek(number, f"BODY.PEEK[HEADER]<0.{HEAD_BYTES}>")

    def email(self, number: int) -> bytes | None:
        """The email as it came, to a reasonable length; nothing when it is gone."""
        return self._peek(number, f"BODY.PEEK[]<0.{MOST_BYTES}>")

    def _peek(self, number: int, part: str) -> bytes | None:
        """Raises FetchFailed where the server has it and says no, or breaks off over it."""
        try:
            found = self.client.fetch([number], [part])
        except (IMAPClientError, OSError) as error:
            raise FetchFailed(_words(error)) from error
        values = found.get(number, {}).items()
        return next((text for name, text in values if name.startswith(b"BODY[") and text), None)


@contextmanager
def open_folder(options: ImapOptions, seconds: float = PATIENCE_SECONDS) -> Iterator[Folder]:
    """Raises MailboxClosed, also from within, in words for the owner."""
    try:
        with _connect(options, seconds) as client:
            _log_in(client, options)
            yield _enter(client, options)
    except (IMAPClientError, OSError) as error:
        raise MailboxClosed(_why(error, options, seconds), _words(error)) from error


def _connect(options: ImapOptions, seconds: float) -> Any:
    tls = ssl.create_default_context()
    at_once = options.security == "tls"
    client = IMAPClient(options.host, options.port, ssl=at_once, ssl_context=tls, timeout=seconds)
    if options.security == "starttls":
        try:
            client.starttls(tls)
        except (IMAPClientError, OSError):
            with suppress(OSError):
                client.shutdown()
            raise
    return client


def _log_in(client: Any, options: ImapOptions) -> None:
    secret = options.password.get_secret_value() if options.password else ""
    # The older command knows ASCII alone.
    log_in = client.login if (options.username + secret).isascii() else client.plain_login
    try:
        log_in(options.username, secret)
    except LoginError as error:
        if isinstance(error.__context__, IMAPClientAbortError):
            raise error.__context__ from error
        raise


def _enter(client: Any, options: ImapOptions) -> Folder:
    try:
        return Folder.open(client, options)
    except IMAPClientAbortError:
        raise
    except IMAPClientError as error:
        why = f"There is no folder {options.folder!r} in the mailbox, or it can't be opened."
        raise MailboxClosed(f"{why} Mend emails.imap.folder.", _words(error)) from error


def _why(error: Exception, options: ImapOptions, seconds: float) -> str:
    server = f"The mail server {options.host}:{options.port}"
    match error:
        case LoginError():
            return (
                f"{server} refuses this login. Compare emails.imap.username and "
                "LETTERCOURSE_EMAILS__IMAP__PASSWORD with what its owner says; some want a "
                "password of its own for each program."
            )
        case CapabilityError():
            return f'{server} offers no STARTTLS; try emails.imap.security = "tls".'
        case IMAPClientAbortError():
            return f"{server} hung up."
        case IMAPClientError():
            return f"{server} gave an answer that we can't use."
        case ssl.SSLCertVerificationError():
            return f"{server} can't prove who it is: {error.verify_message}."
        case ssl.SSLError():
            return f"{server} speaks no TLS there; port 993 is for tls, and 143 for starttls."
        case gaierror():
            return f"There is no mail server called {options.host}, as far as can be found out."
        case TimeoutError():
            return f"{server} gave no answer within {seconds:g} seconds."
        case _:
            return f"{server} can't be reached ({type(error).__name__})."


def _words(error: Exception) -> str:
    """The server's own, on one line; the library shows some of them as bytes."""
    said = " ".join(str(error).split())
    return (said or type(error).__name__).removeprefix("b'").removesuffix("'")[:200].rstrip(".")
