"""Hardships lived through by real processes. The long runs: `python -m tests.chaos --help`."""

import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.cli.support import tell
from course.database import Database
from emails.providers.memory import MemoryProvider
from tests.players import resend
from tests.support.driver import Order
from tests.support.houses import SECRET, TUESDAY, counts, join_many, make_house
from tests.support.processes import ROOT, Driver

READERS = 60
MAX_BATCH = 20
# So many pages at least are needed for all that is written on the way.
LEAST_PAGES = 4


def live_through(hardship: str, vendor: str, database: str, **more: int) -> None:
    """Whoever runs it judges by the vendor's journal; a broken truth is an exit code."""
    words = [hardship, "--vendor", vendor, "--database", database]
    words += [word for name, value in more.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "tests.chaos", "--hardship", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.usefixtures("cluster")
def test_workers_outlive_a_restart_a_crash_and_an_absence_of_postgresql() -> None:
    live_through("restarts", "resend", "postgresql", workers=2, readers=150, batch=5, times=3)


def test_a_worker_frozen_past_its_lease_records_nothing() -> None:
    live_through("frozen", "resend", "sqlite", workers=1, readers=30, batch=10, times=2)


def test_a_full_disk_loses_and_doubles_nothing(sqlite: Database, tmp_path: Path) -> None:
    """It fills one page further each time, until there was room for everything."""
    join_many(make_house(sqlite, provider=MemoryProvider()), READERS)
    sqlite.engine.dispose()
    (tmp_path / "keys").write_text(SECRET)
    ends: list[int] = []
    with resend.make_resend() as player, Driver() as driver:
        account = ("resend", player.url, resend.API_KEY, str(tmp_path / "keys"))
        while not ends or ends[-1] != 0:
            copy = tmp_path / f"{len(ends)}.sqlite3"
            shutil.copy(sqlite.file or "", copy)
            player.journal.entries.clear()
            order = Order(f"sqlite:///{copy}", *account, TUESDAY.isoformat(), MAX_BATCH)
            ends.append(driver.run(replace(order, room=len(ends))).code)
            assert driver.run(order).code == 0
            taken = Counter(entry["to"] for entry in player.journal.entries)
            assert (len(taken), set(taken.values())) == (READERS, {1}), f"room for {len(ends)}"
            assert states(copy) == {"accepted": READERS}
    assert len(ends) > LEAST_PAGES


def states(file: Path) -> dict[str, int]:
    database = Database(f"sqlite:///{file}")
    found = counts(make_house(database, provider=MemoryProvider()))
    database.engine.dispose()
    return found


def test_a_full_disk_is_told_in_a_sentence(sqlite: Database) -> None:
    with sqlite.transaction() as session:
        session.execute(text("PRAGMA max_page_count = 1"))
        with pytest.raises(OperationalError) as caught:
            session.execute(text("CREATE TABLE more AS SELECT zeroblob(100000)"))
    assert tell(caught.value).startswith("The disk is full. Make room on it")


@pytest.mark.parametrize("vendor", ["resend", "postmark"])
def test_whatever_a_vendor_does_nothing_is_lost_or_doubled(vendor: str) -> None:
    live_through("faults", vendor, "sqlite", workers=1, readers=80, batch=5, times=1, seed=1)
