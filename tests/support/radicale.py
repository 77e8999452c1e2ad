"""A CalDAV server in a process of its own, with one calendar."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.calendar_host import calendar
from tests.support.served import free_port

OWNER, PASSWORD = "owner", "a-password"
START_SECONDS = 20
CONFIG = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {folder}/collections
"""


@dataclass(frozen=True)
class Radicale:
    client: httpx.Client
    url: str

    def put(self, name: str, *events: str) -> None:
        self._send("PUT", f"{self.url}{name}.ics", calendar(*events))

    def delete(self, name: str) -> None:
        self._send("DELETE", f"{self.url}{name}.ics")

    def make_calendar(self) -> None:
        self._send("MKCALENDAR", self.url)

    def _send(self, method: str, url: str, body: bytes = b"") -> None:
        headers = {"Content-Type": "text/calendar"}
        self.client.request(method, url, content=body, headers=headers).raise_for_status()


@contextmanager
def radicale(folder: Path) -> Iterator[Radicale]:
    port = free_port()
    (folder / "users").write_text(f"{OWNER}:{PASSWORD}\n")
    config = folder / "config"
    config.write_text(CONFIG.format(port=port, folder=folder))
    command = [sys.executable, "-m", "radicale", "--config", str(config)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            with httpx.Client(auth=(OWNER, PASSWORD)) as client:
                server = Radicale(client, f"http://127.0.0.1:{port}/{OWNER}/work/")
                _await(client, f"http://127.0.0.1:{port}/")
                server.make_calendar()
                yield server
        finally:
            process.terminate()
            process.wait()


def _await(client: httpx.Client, url: str) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            client.get(url)
        except httpx.ConnectError:
            assert time.monotonic() < until
            time.sleep(0.02)
        else:
            return
