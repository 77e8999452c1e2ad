"""What the measurements of the engine are set up with: databases full of readers, and workers."""

import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.bootstrap import House, build
from app.garbage import keep_what_is_loaded
from app.schema import METADATA
from app.settings import load_settings
from course.database import Database
from emails.reader import Reader
from scheduler.clock import FixedClock
from tests.support.houses import COURSE, MONDAY, TUESDAY
from tests.support.postgres import CannotRun, Cluster

API_KEY = "re_bench"


@contextmanager
def databases() -> Iterator[dict[str, Callable[[], str]]]:
    """By name, for each kind that can run here, how to get a fresh one (its URL)."""
    with tempfile.TemporaryDirectory(prefix="lc-bench-") as folder:
        kinds: dict[str, Callable[[], str]] = {"SQLite": _files(Path(folder))}
        try:
            cluster = Cluster(durable=True)
        except CannotRun as reason:
            print(f"PostgreSQL is left out: {reason}")
            yield kinds
            return
        try:
            yield kinds | {"PostgreSQL": cluster.create_database}
        finally:
            cluster.stop()


def empty(url: str) -> None:
    """For a process that makes its tables itself."""
    database = Database(url)
    METADATA.drop_all(database.engine)
    database.engine.dispose()


def _files(folder: Path) -> Callable[[], str]:
    def make() -> str:
        url = f"sqlite:///{folder}/{len(list(folder.iterdir()))}/lettercourse.sqlite3"
        database = Database(url)
        METADATA.create_all(database.engine)
        database.engine.dispose()
        return url

    return make


def open_house(url: str, vendor_url: str) -> House:
    """An installation as the settings ship it, on Tuesday morning; Resend is played."""
    emails = {
        "provider": "resend",
        "per_second": 0,
        "resend": {"base_url": vendor_url, "api_key": API_KEY},
    }
    given: dict[str, Any] = {"database": {"url": url}, "emails": emails}
    return build(load_settings(**given), FixedClock(TUESDAY))


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def peak_mb() -> float:
    """The most memory this process ever had.

    Not by getrusage: what it tells survives exec, so a child would report its parent's peak.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def warm_up(house: House) -> None:
    """What is done once in a process, as `work` does it, and for its first letter."""
    course = house.catalogue[COURSE]
    reader = Reader("a" * 13, "warm@example.com", "Ana", MONDAY.date())
    assert house.composer.lesson("0" * 32, course, course.lessons[0], reader).message
    house.engine.tick(MONDAY)
    keep_what_is_loaded()
