"""A host that gives out calendars over real HTTP, and does with it whatever hosts do."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

PATH = "/secret-path/basic.ics"
EMPTY = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Host//EN\r\nEND:VCALENDAR\r\n"


@dataclass
class Answer:
    status: int = 200
    body: bytes = EMPTY
    headers: dict[str, str] = field(default_factory=dict)
    # Seconds before each hundredth of the body.
    slowly: float = 0


@dataclass
class Host:
    port: int
    answers: dict[str, Answer]
    # Each request that came: its method, its path, its headers.
    asked: list[tuple[str, str, dict[str, str]]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"

    def says(self, *events: str) -> None:
        self.answers[PATH] = Answer(body=calendar(*events))


def calendar(*events: str) -> bytes:
    head, end = EMPTY.split(b"END:")
    return head + "".join(events).encode() + b"END:" + end


def event(*lines: str, uid: str = "1@elsewhere.example") -> str:
    """One event of these lines, with a title that must not come further than here."""
    written = ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", "SUMMARY:Dentist", *lines]
    return "".join(f"{line}\r\n" for line in [*written, "END:VEVENT"])


@contextmanager
def calendar_host() -> Iterator[Host]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.asked.append((self.command, self.path, dict(self.headers)))
            answer = host.answers.get(self.path, Answer(404, b""))
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self._give(answer)

        do_REPORT = do_GET  # noqa: N815  the library's own spelling

        def _give(self, answer: Answer) -> None:
            step = len(answer.body) // 100 if answer.slowly else len(answer.body)
            for start in range(0, len(answer.body), max(step, 1)):
                time.sleep(answer.slowly)
                self.wfile.write(answer.body[start : start + step])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    host = Host(server.server_port, {PATH: Answer()}, [])
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
