"""`lettercourse` commands in real processes of their own, whose imports are paid for once.

`python -m tests.support.warm SOCKET` waits there for orders: words, environment, folder, and the
three standard streams. Each order is carried out in a fork, and its end is told on the same line.
That commands start from nothing too is shown where the README's own are run.
"""

import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from sqlalchemy import event
from sqlalchemy.pool import Pool

ROOT = Path(__file__).parents[2]
START_SECONDS = 60
ORDER_BYTES = 1 << 20
# What the commands import when they are called for.
MODULES = (
    *("app.bootstrap", "app.checking", "app.doctor", "app.rehearsal", "app.web.application"),
    *("uvicorn.loops.auto", "uvicorn.protocols.http.auto", "uvicorn.lifespan.on", "alembic"),
)


class Warm:
    """One command's process."""

    def __init__(self, line: socket.socket) -> None:
        self._line, self._code = line, -1
        self._answers = line.makefile("r", encoding="utf-8")
        self.pid = int(self._answers.readline())
        self._over = False

    def poll(self) -> int | None:
        if not self._over:
            self._line.setblocking(False)
            try:
                self._line.recv(1, socket.MSG_PEEK)
            except BlockingIOError:
                return None
            finally:
                self._line.setblocking(True)
            return self.wait()
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Raises TimeoutError after so many seconds."""
        if not self._over:
            self._line.settimeout(timeout)
            self._code, self._over = int(self._answers.readline()), True
            self._answers.close()
            self._line.close()
        return self._code

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def start(
    words: Sequence[str], environment: Mapping[str, str], out: BinaryIO, err: BinaryIO
) -> Warm:
    line = socket.socket(socket.AF_UNIX)
    line.connect(_launcher())
    order = {"words": list(words), "environment": dict(environment), "folder": str(Path.cwd())}
    with Path(os.devnull).open("rb") as nothing:
        streams = [nothing.fileno(), out.fileno(), err.fileno()]
        socket.send_fds(line, [json.dumps(order).encode()], streams)
    return Warm(line)


def run(words: Sequence[str], environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        code = start(words, environment, out, err).wait()
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(
            list(words), code, out.read().decode(), err.read().decode()
        )


@cache
def _launcher() -> str:
    """Where the launcher of this test process listens; started when it is first needed."""
    folder = Path(tempfile.mkdtemp(prefix="lc-warm-"))
    address = str(folder / "line")
    process = subprocess.Popen([sys.executable, "-m", "tests.support.warm", address], cwd=ROOT)
    atexit.register(process.kill)
    deadline = time.monotonic() + START_SECONDS
    while not Path(address).exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return address


def _serve(address: str) -> NoReturn:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{address}.soon")
    listener.listen()
    Path(f"{address}.soon").rename(address)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        line, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _attend(line)
        line.close()


def _attend(line: socket.socket) -> NoReturn:
    """In a process beside the command's own: start it, wait, tell its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    order, streams, _, _ = socket.recv_fds(line, ORDER_BYTES, 3)
    child = os.fork()
    if child == 0:
        line.close()
        _become(json.loads(order), streams)
    for stream in streams:
        os.close(stream)
    line.sendall(f"{child}\n".encode())
    _, status = os.waitpid(child, 0)
    line.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _become(order: dict[str, object], streams: list[int]) -> NoReturn:
    """Be the command, as if started by a shell."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    words, environment = order["words"], order["environment"]
    assert isinstance(words, list)
    assert isinstance(environment, dict)
    os.chdir(str(order["folder"]))
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = ["lettercourse", *words]
    # By which click would name the program.
    vars(sys.modules["__main__"])["__package__"] = None
    opened: list[Any] = []
    event.listen(Pool, "connect", lambda connection, _: opened.append(connection))
    code = 0
    try:
        vars(import_module("app.main"))["cli"]()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        # An end like any other (SQLite would leave its log behind), but for the interpreter,
        # which would take down every module it never needed.
        for connection in opened:
            connection.close()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    for module in MODULES:
        import_module(module)
    for name in vars(import_module("app.main"))["COMMANDS"]:
        import_module(f"app.cli.{name.replace('-', '_')}")
    gc.freeze()
    _serve(sys.argv[1])
