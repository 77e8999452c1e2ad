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
WORDS = "I went quiet in the car, and noticed only when we were home."


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
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=10) as client:
        started = time.perf_counter() + 0.1
        asked = []
        for number, path in zip(range(rate * SECONDS), itertools.cycle(paths), strict=False):
            due = started + number / rate
            await asyncio.sleep(due - time.perf_counter())
            asked.append(asyncio.create_task(_wait_for(client, path, due)))
        return await asyncio.gather(*asked)


async def _wait_for(client: httpx.AsyncClient, path: str, due: float) -> float | None:
    try:
        answer = await client.get(path)
    except httpx.HTTPError:
        return None
    return time.perf_counter() - due if answer.is_success else None


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
