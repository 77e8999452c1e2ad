"""How soon pages answer while 200 are asked for each second: `python -m bench.pages`.

Another rate can be named: `python -m bench.pages 100`.

Whoever asks doesn't wait for the answer before: a page is asked for every five milliseconds, and
its wait counts from the moment it should have been asked for. The floor is a bare endpoint with one
page ready in memory. All readers have had a letter and kept some words.
"""

import asyncio
import gc
import itertools
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from app.bootstrap import House
from bench.stage import databases, empty
from course import reflections
from course.database import Database
from course.enrolments import Enrolment
from emails.links import Purpose
from emails.providers.memory import MemoryProvider
from tests.support.houses import SECRET, TUESDAY, enrolment, join_many, make_house, tick
from tests.support.served import await_up, free_port, installation, run, serving

RATE, SECONDS, READERS = 200, 10, 100
WANTED_MS = 50
PATIENCE_SECONDS = 10
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]
WORDS = "I went quiet in the car, and noticed only when we were home."


class Lines:
    """Connections that are kept open, as many as are wanted at once, like a proxy's.

    As little as HTTP needs: a real client takes as long for its part as the server for its own, and
    the two share this machine.
    """

    def __init__(self, address: str) -> None:
        self._host, _, port = address.removeprefix("http://").partition(":")
        self._port = int(port)
        self._resting: list[Line] = []

    async def get(self, path: str) -> int:
        """The answer's status, once its last byte is here."""
        reader, writer = line = self._rested() or await self._open()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        await reader.readexactly(int(head.partition("content-length: ")[2].split()[0]))
        self._resting.append(line)
        return int(head.split()[1])

    def _rested(self) -> Line | None:
        """One that the server hasn't closed meanwhile, for having had nothing to do."""
        while self._resting:
            line = self._resting.pop()
            if not line[0].at_eof():
                return line
            line[1].close()
        return None

    def close(self) -> None:
        for _, writer in self._resting:
            writer.close()

    async def _open(self) -> Line:
        return await asyncio.open_connection(self._host, self._port)


def main(rate: int) -> None:
    print(f"{rate} pages a second for {SECONDS} s, milliseconds until the whole page is there\n")
    print(f"{'':12}{'':16}{'median':>8}{'p99':>8}{'slowest':>9}{'failed':>8}  wanted")
    with _bare() as address:
        _row("", "floor", _ask(address, ["/"], rate))
    with databases() as kinds:
        for name, make_url in kinds.items():
            with _ours(make_url()) as (address, paths):
                _row(name, "readers' pages", _ask(address, paths, rate))


def _row(name: str, measure: str, waits: Sequence[float | None]) -> None:
    answered = sorted(wait * 1000 for wait in waits if wait is not None)
    p99 = answered[int(len(answered) * 0.99) - 1]
    failed = len(waits) - len(answered)
    figures = f"{answered[len(answered) // 2]:8.1f}{p99:8.1f}{answered[-1]:9.1f}{failed:8}"
    print(f"{name:12}{measure:16}{figures}  p99 < {WANTED_MS}", flush=True)


def _ask(address: str, paths: Sequence[str], rate: int) -> list[float | None]:
    """How long each took, in seconds; nothing for one that failed."""
    for path in paths:
        httpx.get(f"{address}{path}").raise_for_status()
    # Whoever asks would stop for a tenth of a second to tidy up, and take that for a slow page.
    gc.collect()
    gc.freeze()
    return asyncio.run(_ask_steadily(address, paths, rate))


async def _ask_steadily(address: str, paths: Sequence[str], rate: int) -> list[float | None]:
    lines = Lines(address)
    started = time.perf_counter() + 0.1
    asked = []
    for number, path in zip(range(rate * SECONDS), itertools.cycle(paths), strict=False):
        due = started + number / rate
        await asyncio.sleep(due - time.perf_counter())
        asked.append(asyncio.create_task(_wait_for(lines, path, due)))
    waits = await asyncio.gather(*asked)
    lines.close()
    return waits


async def _wait_for(lines: Lines, path: str, due: float) -> float | None:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            status = await lines.get(path)
    except (OSError, EOFError, TimeoutError):
        return None
    return time.perf_counter() - due if status == httpx.codes.OK else None


@contextmanager
def _bare() -> Iterator[str]:
    port = free_port()
    with subprocess.Popen([sys.executable, "-m", "bench.bare_page", str(port)]) as process:
        try:
            await_up(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@contextmanager
def _ours(url: str) -> Iterator[tuple[str, list[str]]]:
    """The product as its user starts it, and the pages to ask for."""
    with tempfile.TemporaryDirectory(prefix="lc-bench-") as folder:
        (Path(folder) / "keys").write_text(SECRET)
        empty(url)
        run(installation(Path(folder), url), "migrate")
        paths = _fill(url)
        with serving(Path(folder), url) as served:
            yield served.base_url, paths


def _fill(url: str) -> list[str]:
    database = Database(url)
    house = make_house(database, provider=MemoryProvider())
    readers = join_many(house, READERS)
    tick(house, TUESDAY)
    of_readers = [_pages_of(house, reader) for reader in readers]
    database.engine.dispose()
    return ["/", "/courses/six-letters", *itertools.chain.from_iterable(of_readers)]


def _pages_of(house: House, reader: int) -> list[str]:
    with house.database.transaction() as session:
        reflections.keep(
            session,
            house.vault,
            enrolment=session.get_one(Enrolment, reader),
            lesson="hard-to-see",
            words=WORDS,
            at=TUESDAY,
        )
    code, links = enrolment(house, reader).code, house.links
    own: list[Callable[[str], str]] = [links.letters, links.keepsake, links.book, links.unsubscribe]
    pages = [page(code) for page in own]
    pages += [f"{links.letters(code)}/hard-to-see", links.reflect(code, "hard-to-see")]
    pages.append(links.page(f"your-data/{house.tokens.sign(Purpose.YOUR_DATA, code)}"))
    return [page.removeprefix(house.settings.web.public_url) for page in pages]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RATE)
