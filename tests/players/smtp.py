"""Plays a submission server, with a login. https://www.rfc-editor.org/rfc/rfc6409

A fault meets the next message: RESET breaks off at its sender, STATUS answers its end with `status`
and `name`, and the others are what they are over HTTP.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Thread
from typing import Any, Self
from uuid import uuid4

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from emails.providers.hooks import Hook
from tests.players import mime
from tests.players.faults import Fault, Kind
from tests.players.played import BAD, Arrived, Vendor
from tests.players.vendor import Call, Item, Journal

USERNAME = "letters@practice.example"
PASSWORD = "submission-test-password"
LARGEST = 1024 * 1024
OK = "250 2.0.0 Ok: queued as"
# What a message has around what we say of it.
FRAME = {
    *("from", "to", "reply-to", "subject", "date", "mime-version", "content-type"),
    "content-transfer-encoding",
}
Misbehaviour = Callable[[SMTP, str], Coroutine[Any, Any, str]]


@dataclass
class Rules:
    """`answers` are what it says to a verb of its own accord."""

    bad: Collection[str] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    login_wanted: bool = True
    patience_seconds: float = 300


class Mailroom:
    """Whom aiosmtpd asks at each verb."""

    def __init__(self, rules: Rules) -> None:
        self.rules, self.journal = rules, Journal(None)
        self.faults: deque[Fault] = deque()
        self.calls: list[Call] = []
        self.logins = 0
        self._faulty: dict[Session, Fault | None] = {}

    def know(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any
    ) -> AuthResult:
        del server, session, envelope, mechanism
        self.logins += 1
        known = login == LoginPassword(USERNAME.encode(), PASSWORD.encode())
        return AuthResult(success=known, handled=False)

    async def handle_MAIL(  # noqa: N802  as aiosmtpd looks for it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self._faulty[session] = fault = self.faults.popleft() if self.faults else None
        if fault and fault.kind == Kind.RESET:
            return await _broken_off(server)
        if self.rules.login_wanted and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options = options
        return self.rules.answers.get("MAIL", "250 2.1.0 Ok")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if address in self.rules.bad:
            return f"550 5.1.1 <{address}>: Invalid recipient"
        envelope.rcpt_tos.append(address)
        return self.rules.answers.get("RCPT", "250 2.1.5 Ok")

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.original_content or b""
        self.calls.append(Call("DATA", {}, content))
        fault, number = self._faulty.pop(session), uuid4().hex[:12]
        if "DATA" in self.rules.answers:
            return self.rules.answers["DATA"]
        if fault and fault.kind == Kind.STATUS:
            return f"{fault.status} {fault.name or 'Something went wrong'}"
        answer = f"{OK} {number}"
        if fault is None or fault.accepts:
            self._take(envelope, answer.partition(" ")[2], content)
        return await _misbehave(server, fault, answer) if fault else answer

    def _take(self, envelope: Envelope, number: str, content: bytes) -> None:
        mail = content.decode("ascii")
        for recipient in envelope.rcpt_tos:
            entry = {"id": number, "to": recipient, "sender": envelope.mail_from, "mail": mail}
            self.journal.append([entry])


class SmtpPlayer:
    def __init__(
        self, rules: Rules, tls: ssl.SSLContext | None = None, *, implicit: bool = False
    ) -> None:
        self._room, self._loop = Mailroom(rules), asyncio.new_event_loop()
        self.faults, self.calls = self._room.faults, self._room.calls
        self.journal = self._room.journal
        self._scheme = "smtps" if implicit else "smtp"
        self._lines: list[SMTP] = []
        starttls, wrapped = (None, tls) if implicit else (tls, None)

        def serve() -> SMTP:
            line = SMTP(
                self._room,
                data_size_limit=LARGEST,
                hostname="mail.practice.example",
                tls_context=starttls,
                auth_require_tls=starttls is not None,
                authenticator=self._room.know,
                timeout=rules.patience_seconds,
                loop=self._loop,
            )
            self._lines.append(line)
            return line

        listening = self._loop.create_server(serve, "127.0.0.1", 0, ssl=wrapped)
        self._server = self._loop.run_until_complete(listening)
        self.port: int = self._server.sockets[0].getsockname()[1]

    @property
    def logins(self) -> int:
        return self._room.logins

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        for line in self._lines:
            if isinstance(line.transport, asyncio.WriteTransport):
                line.transport.abort()
        # What was cut off is closed in the loop's next rounds.
        await asyncio.sleep(0.01)


def make_smtp(rules: Rules | None = None) -> SmtpPlayer:
    return SmtpPlayer(rules or Rules())


async def _misbehave(server: SMTP, fault: Fault, answer: str) -> str:
    match fault.kind:
        case Kind.DROP:
            return await _broken_off(server)
        case Kind.HANG:
            await asyncio.sleep(fault.seconds)
            return await _broken_off(server)
        case Kind.HALF:
            _write(server, "25")
            return await _broken_off(server)
        case Kind.GARBAGE:
            return "<html>Welcome</html>"
        case _:
            for letter in answer[:-1]:
                _write(server, letter)
                await asyncio.sleep(fault.seconds / len(answer))
            return answer[-1]


def _write(server: SMTP, words: str) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.write(words.encode())


async def _broken_off(server: SMTP) -> str:
    """Nothing more is said on this line."""
    if server.transport is not None:
        server.transport.close()
    return str(await asyncio.get_running_loop().create_future())


def sign(body: bytes, at: datetime) -> Hook:
    """No mail server calls a webhook; this is what somebody else would do."""
    del at
    return Hook({}, body)


def _arrived(entry: Item) -> Arrived:
    mail = mime.parse(entry["mail"].encode())
    headers = {n: str(v) for n, v in mail.items() if n.lower() not in FRAME}
    key = headers["Message-ID"].strip("<").partition(".")[0]
    said = mime.read(mail)
    # On its way every line ends, the last one too.
    said["html"] = said["html"].removesuffix("\n")
    return Arrived(to=str(mail["To"]), headers=headers, key=key, **said)


PLAYED = Vendor(
    "smtp",
    lambda: make_smtp(Rules(bad={BAD})),
    {"username": USERNAME, "password": PASSWORD},
    _arrived,
    sign,
    one_call_each=True,
    takes_mime=True,
    faults=frozenset({Kind.DROP, Kind.HANG, Kind.HALF, Kind.GARBAGE, Kind.SLOW}),
    scheme="smtp",
    login="password",
    has_webhooks=False,
)
