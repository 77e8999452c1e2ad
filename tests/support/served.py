"""The product as its user starts it: `lettercourse serve` in a process of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx

from tests.support import warm

ROOT = Path(__file__).parents[2]
LETTERCOURSE = (sys.executable, "-m", "app.main")
START_SECONDS = 30


class Started(Protocol):
    def poll(self) -> int | None: ...


@dataclass(frozen=True)
class Served:
    base_url: str
    folder: Path
    log: Path
    environment: Mapping[str, str]
    process: warm.Warm

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """One `lettercourse` command beside the running server."""
        return run(self.environment, *words)


def installation(folder: Path, database_url: str, **more: str) -> dict[str, str]:
    """The environment of an installation in `folder`, with the settings as shipped otherwise."""
    ours = "LETTERCOURSE_"
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
        "PYTHONPATH": str(ROOT),
        "LETTERCOURSE_SETTINGS": str(ROOT / "settings.toml"),
        "LETTERCOURSE_DATABASE__URL": database_url,
        "LETTERCOURSE_SECURITY__KEY_STORE": str(folder / "keys"),
        **more,
    }


def run(environment: Mapping[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    return warm.run(words, environment)


@contextmanager
def serving(folder: Path, database_url: str, **more: str) -> Iterator[Served]:
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    environment = installation(
        folder,
        database_url,
        LETTERCOURSE_WEB__PORT=str(port),
        LETTERCOURSE_WEB__BASE_URL=base_url,
        **more,
    )
    log = folder / "serve.log"
    with log.open("wb") as output:
        process = warm.start(["serve", "--migrate"], environment, output, output)
        try:
            await_up(base_url, process, log)
            yield Served(base_url, folder, log, environment, process)
        finally:
            process.terminate()
            process.wait(timeout=20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def await_up(base_url: str, process: Started, log: Path | None = None) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{base_url}/readyz").is_success:
                return
        except httpx.TransportError:
            pass
        assert process.poll() is None, _words(log)
        time.sleep(0.1)
    raise AssertionError(_words(log))


def _words(log: Path | None) -> str:
    return log.read_text() if log else "it didn't start"
