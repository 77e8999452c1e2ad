"""A real HTTP server that plays a vendor: what all of them have in common.

In a test it runs in a thread and is told what to do by `player.faults`; as a process of its own it
is told by `POST /_faults` with a JSON list of faults.
"""

import argparse
import contextlib
import json
import os
import socket
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, Self

from tests.players.faults import Answer, Fault, Kind, break_off, write, write_slowly

Item = dict[str, Any]


class Journal:
    """Every acceptance, in order; on disk too where it has a file, so that no crash hides one."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self.entries: list[Item] = []

    def append(self, entries: Sequence[Item]) -> None:
        self.entries += entries
        if self._file is None:
            return
        with self._file.open("a") as file:
            file.writelines(f"{json.dumps(entry)}\n" for entry in entries)
            file.flush()
            os.fsync(file.fileno())


@dataclass(frozen=True)
class Call:
    """One request as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Verdict:
    """What the vendor says to a call, and what it has taken because of it."""

    status: int
    body: Any
    taken: Sequence[Item] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Player:
    """One vendor's rules are its `judge`; how its troubles look is its `trouble`."""

    judge: Callable[[Call], Verdict]
    trouble: Callable[[Fault], Verdict]
    journal: Journal
    port: int = 0
    faults: deque[Fault] = field(default_factory=deque)
    calls: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stopping, self._lock = Event(), Lock()
        self._open: set[socket.socket] = set()
        self._server = _Server(("127.0.0.1", self.port), _Handler)
        self._server.player = self
        self.port = self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._server.serve_forever, args=[0.02], daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()

    def serve(self) -> None:
        self._server.serve_forever()

    def next_fault(self) -> Fault | None:
        with self._lock:
            return self.faults.popleft() if self.faults else None

    def take(self, call: Call) -> Verdict:
        """One call at a time is judged, and what it brought is in the journal before the answer."""
        with self._lock:
            self.calls.append(call)
            verdict = self.judge(call)
            self.journal.append(verdict.taken)
            return verdict

    def opened(self, connection: socket.socket) -> None:
        self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        self._open.discard(connection)


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    # A client comes with eight connections at once. Who finds the usual five seats taken is not
    # turned away, but left to try again after a second.
    request_queue_size = 128
    player: Player

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is what we are here for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    @property
    def player(self) -> Player:
        return self.server.player

    def setup(self) -> None:
        super().setup()
        self.player.opened(self.connection)

    def finish(self) -> None:
        self.player.closed(self.connection)
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def log_message(self, *_: Any) -> None:
        """Nothing to say."""

    def do_GET(self) -> None:
        call = Call(f"GET {self.path}", dict(self.headers.items()), b"")
        write(self, _answer(self.player.judge(call)))

    def do_POST(self) -> None:
        if self.path == "/_faults":
            self.player.faults.extend(map(Fault.from_json, json.loads(self._body())))
            write(self, Answer(204, b"", {}))
            return
        fault = self.player.next_fault()
        if fault is None or fault.kind is Kind.NONE:
            write(self, self._taken())
        else:
            self._misbehave(fault)

    def _misbehave(self, fault: Fault) -> None:
        match fault.kind:
            case Kind.STATUS:
                self._body()
                write(self, _answer(self.player.trouble(fault)))
            case Kind.GATEWAY:
                self._body()
                page = b"<html><h1>Bad gateway</h1></html>"
                write(self, Answer(fault.status, page, {"Content-Type": "text/html"}))
            case Kind.RESET:
                self._break_off()
            case Kind.DROP:
                self._taken()
                self._break_off()
            case Kind.HANG:
                self._hang(fault)
            case Kind.HALF:
                answer = self._taken()
                write(self, Answer(200, answer.body[: len(answer.body) // 2], answer.headers))
            case Kind.GARBAGE:
                self._taken()
                write(self, Answer(200, b"<html>Welcome</html>", {}))
            case Kind.SLOW:
                write_slowly(self, self._taken(), fault.seconds, self.player.stopping)

    def _hang(self, fault: Fault) -> None:
        call = self._call()
        if fault.accepts:
            self.player.take(call)
        self.player.stopping.wait(fault.seconds)
        self._break_off()

    def _taken(self) -> Answer:
        return _answer(self.player.take(self._call()))

    def _call(self) -> Call:
        return Call(self.path, dict(self.headers.items()), self._body())

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _break_off(self) -> None:
        self.close_connection = True
        break_off(self.connection)


def _answer(verdict: Verdict) -> Answer:
    headers = {"Content-Type": "application/json", **verdict.headers}
    return Answer(verdict.status, _written(verdict.body), headers)


def _written(body: Any) -> bytes:
    """JSON, unless it is a file."""
    if isinstance(body, bytes):
        return body
    return b"" if body is None else json.dumps(body).encode()


def main(
    make: Callable[..., Player], rules: Callable[[Collection[str]], object] | None = None
) -> None:
    """Run one player as a process until it is told to stop; `rules` of the addresses to refuse."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--journal", type=Path)
    parser.add_argument("--bad", type=Path, help="a file of addresses to refuse, one a line")
    chosen = parser.parse_args()
    bad = chosen.bad.read_text().split() if chosen.bad else []
    player = make(chosen.port, chosen.journal, rules(bad) if rules else None)
    print(player.url, flush=True)  # noqa: T201  whoever started us wants to know
    player.serve()
