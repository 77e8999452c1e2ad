"""How a mail server is spoken to, for those who have one: submission, with a login, by SMTP.

https://www.rfc-editor.org/rfc/rfc5321 and https://www.rfc-editor.org/rfc/rfc6409

Nothing is asked twice: whoever drops the line after the letter's last dot, and before the answer to
it, may have taken it. Nobody tells by a webhook what became of a letter; bounces come as mail.
"""

import re
import smtplib
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import Empty, LifoQueue
from typing import Annotated, ClassVar, NoReturn
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from emails.errors import HookRefused, HookUnreadable
from emails.message import Message, to_mime
from emails.providers.base import (
    Accepted,
    AccountPaused,
    Outcome,
    Rejected,
    TryLater,
    Unknown,
)
from emails.providers.hooks import Event, Hook, Received
from emails.providers.options import Account, is_this_machine
from emails.providers.smtp_answers import ACCOUNT_PAUSE, judge, judge_sender, readable
from emails.providers.transport import each_alone

# https://www.rfc-editor.org/rfc/rfc6409#section-3.1 and rfc8314#section-3.3
PORTS = {"smtp": 587, "smtps": 465}
# A worker's own. Servers allow an account ten or so, and a hundred messages on each.
# https://docs.mailtrap.io/email-api-smtp/setup/sending-limits
LINES = 4
MESSAGES_A_LINE = 90

GO_ON = {250, 251, 354}
CURE = (
    "Compare emails.smtp.base_url, LETTERCOURSE_EMAILS__SMTP__USERNAME and ..._PASSWORD with what "
    "the server's owner says."
)


def mail_server(url: str) -> str:
    """The same without a slash at its end; or still none. Raises ValueError when it isn't one."""
    if not url:
        return ""
    parts = urlsplit(url.rstrip("/"))
    if parts.scheme not in PORTS or not parts.hostname or parts.path or parts.port == 0:
        raise ValueError("write it like smtp://mail.example.org:587, or smtps:// for port 465")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a login doesn't belong in the address; give it as username and password")
    parts.hostname.encode("idna")
    return parts.geturl()


class SmtpOptions(Account):
    REQUIRED: ClassVar[tuple[str, ...]] = ("base_url",)

    base_url: Annotated[str, AfterValidator(mail_server)] = ""
    username: SecretStr | None = None
    password: SecretStr | None = None
    # Where bounces come; the sender of the letter where nothing is given.
    bounce_address: Annotated[str, Field(pattern=r"^([^@\s<>]+@[^@\s<>]+)?$")] = ""


@dataclass
class Line:
    """A connection, logged in, and how many messages it has carried."""

    wire: smtplib.SMTP
    carried: int = 0

    def is_ready(self) -> bool:
        """Whether it is still there and will take one more, with nothing left of the last one."""
        try:
            return self.carried < MESSAGES_A_LINE and self.wire.rset()[0] in GO_ON
        except OSError:
            return False

    def hang_up(self) -> None:
        with suppress(OSError):
            self.wire.putcmd("quit")
        self.wire.close()


class SmtpProvider:
    name = "smtp"
    # Each line's share of them has to be carried before a worker counts as lost.
    max_batch = 20
    calls_per_second = 0.0
    dedupe_window = timedelta(0)
    attachments_in_batch = True

    def __init__(self, options: SmtpOptions, now: Callable[[], datetime]) -> None:
        self._options, self._now = options, now
        self._idle: LifoQueue[Line] = LifoQueue()

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        del key  # SMTP knows none.
        return each_alone(batch, lambda _, each: self._send_one(each), LINES)

    def close(self) -> None:
        with suppress(Empty):
            while True:
                self._idle.get_nowait().hang_up()

    def probe(self) -> list[str]:
        try:
            _open(self._options).hang_up()
        except OSError as error:
            trouble = _unopened(error)
            return [f"The mail server can't be used: {trouble.reason}. {CURE}"]
        return []

    def verify(self, hook: Hook, now: datetime) -> NoReturn:
        del hook, now
        raise HookRefused("a mail server calls no webhook, so this is somebody else")

    def read_events(self, hook: Hook) -> list[Event]:
        del hook
        raise HookUnreadable("a mail server calls no webhook; bounces come as mail")

    def read_inbound(self, hook: Hook) -> list[Received]:
        del hook
        raise HookUnreadable("a mail server calls no webhook; replies come as mail")

    def fetch(self, reference: str) -> bytes | None:
        del reference  # Nothing was announced.
        return None

    def _send_one(self, message: Message) -> Outcome:
        try:
            mime = to_mime(message, self._now())
        except ValueError as error:
            return Rejected(f"it can't be written as an email: {error}")
        try:
            line = self._line()
        except OSError as error:
            return _unopened(error)
        outcome = _hand_over(line, self._options.bounce_address, message, mime)
        if isinstance(outcome, Accepted | Rejected):
            line.carried += 1
            self._idle.put(line)
        else:
            line.hang_up()
        return outcome

    def _line(self) -> Line:
        """One that is kept, or a new one. Raises OSError."""
        with suppress(Empty):
            while True:
                line = self._idle.get_nowait()
                if line.is_ready():
                    return line
                line.hang_up()
        return _open(self._options)


def _open(options: SmtpOptions) -> Line:
    """A new line, protected unless it leads to this very machine. Raises OSError."""
    server = urlsplit(options.base_url)
    host, port = server.hostname or "", server.port or PORTS[server.scheme]
    tls, seconds = ssl.create_default_context(), options.timeout_seconds
    wire = (
        smtplib.SMTP_SSL(host, port, timeout=seconds, context=tls)
        if server.scheme == "smtps"
        else smtplib.SMTP(host, port, timeout=seconds)
    )
    try:
        wire.ehlo_or_helo_if_needed()
        if server.scheme == "smtp" and not is_this_machine(host):
            wire.starttls(context=tls)
            wire.ehlo_or_helo_if_needed()
        if options.username is not None:
            wire.login(options.secret("username"), options.secret("password"))
    except OSError:
        wire.close()
        raise
    except ValueError as error:
        wire.close()
        raise smtplib.SMTPException("a login can hold ASCII characters only") from error
    return Line(wire)


def _unopened(error: OSError) -> TryLater | AccountPaused | Rejected:
    """Why there is no line, on which nothing was said yet of any message."""
    match error:
        case smtplib.SMTPResponseException():
            trouble = judge(error.smtp_code, error.smtp_error)
            # Whatever is refused here is refused to us.
            return (
                AccountPaused(trouble.reason, ACCOUNT_PAUSE)
                if isinstance(trouble, Rejected)
                else trouble
            )
        case smtplib.SMTPServerDisconnected():
            return TryLater("the line broke before anything was said of a letter")
        case smtplib.SMTPException() | ssl.SSLCertVerificationError():
            # It offers no protection or no login that we know, or it is somebody else.
            return AccountPaused(str(error), ACCOUNT_PAUSE)
        case _:
            return TryLater(f"couldn't be reached ({type(error).__name__})")


def _hand_over(line: Line, bounce_address: str, message: Message, mime: bytes) -> Outcome:
    wire, sender = line.wire, bounce_address or message.sender.email
    size = [f"size={len(mime)}"] if wire.has_extn("size") else []
    try:
        code, words = wire.mail(sender, size)
        if code not in GO_ON:
            return judge_sender(code, words)
        code, words = wire.rcpt(message.to)
        if code in GO_ON:
            code, words = wire.docmd("data")
        if code not in GO_ON:
            return judge(code, words)
        wire.send(_escaped(mime))
    except ValueError as error:
        return Rejected(f"its address can't be written to a mail server: {error}")
    except OSError as error:
        return TryLater(f"the line broke before the letter's end ({type(error).__name__})")
    return _end(wire)


def _escaped(mime: bytes) -> bytes:
    """A dot alone ends it. https://www.rfc-editor.org/rfc/rfc5321#section-4.5.2 ."""
    whole = mime if mime.endswith(b"\r\n") else mime + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", whole)


def _end(wire: smtplib.SMTP) -> Outcome:
    try:
        wire.send(b".\r\n")
        code, words = wire.getreply()
    except OSError as error:
        return Unknown(f"no answer ({type(error).__name__})")
    match code // 100:
        case 2:
            return Accepted(readable(words))
        case 4 | 5:
            return judge(code, words)
        case _:
            return Unknown("an answer we can't read")
