"""Processes side by side on one SQLite file: each letter leaves once, and stopping is prompt."""

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.players import resend
from tests.players.vendor import Player
from tests.support import warm
from tests.support.served import installation, run
from tests.support.warm import Warm

# Three calls to a vendor that takes a hundred at a time.
READERS = 250


@pytest.fixture
def vendor() -> Iterator[Player]:
    with resend.make_resend() as player:
        yield player


def home_of(folder: Path, vendor: Player, per_second: float = 0) -> Mapping[str, str]:
    """An installation with confirmations to send, through a vendor's server."""
    home = installation(
        folder,
        f"sqlite:///{folder / 'one.sqlite3'}",
        LETTERCOURSE_EMAILS__PROVIDER="resend",
        LETTERCOURSE_EMAILS__RESEND__BASE_URL=vendor.url,
        LETTERCOURSE_EMAILS__RESEND__API_KEY=resend.API_KEY,
        LETTERCOURSE_EMAILS__PER_SECOND=str(per_second),
    )
    readers = folder / "readers.csv"
    addresses = (f"reader{n}@example.com,," for n in range(READERS))
    readers.write_text("\n".join(["email,name,timezone", *addresses]))
    for words in (("migrate",), ("readers", "import", str(readers), "--course", "six-letters")):
        done = run(home, *words)
        assert done.returncode == 0, done.stderr
    return home


def started(home: Mapping[str, str], told: Path, *words: str) -> Warm:
    """A process whose words go into the file `told`."""
    with told.open("wb") as out:
        return warm.start(words, home, out, out)


def addresses_of(vendor: Player) -> list[Any]:
    return [entry["message"]["to"][0] for entry in vendor.journal.entries]


def test_two_ticks_at_once_hand_over_each_letter_once(tmp_path: Path, vendor: Player) -> None:
    home = home_of(tmp_path, vendor)
    files = [tmp_path / "first", tmp_path / "second"]
    ticks = [started(home, file, "tick", "--json") for file in files]
    assert [tick.wait(60) for tick in ticks] == [0, 0]
    told = [json.loads(file.read_text()) for file in files]
    assert max(counts["accepted"] for counts in told) == READERS
    assert len(addresses_of(vendor)) == len(set(addresses_of(vendor))) == READERS


def test_two_workers_on_one_file_hand_over_each_letter_once(tmp_path: Path, vendor: Player) -> None:
    home = home_of(tmp_path, vendor)
    workers = [started(home, tmp_path / f"worker-{n}", "work") for n in range(2)]
    await_letters(vendor, READERS)
    for worker in workers:
        worker.terminate()
    assert [worker.wait(20) for worker in workers] == [0, 0]
    assert len(addresses_of(vendor)) == len(set(addresses_of(vendor))) == READERS


def test_a_worker_that_is_told_to_stop_does_not_send_the_rest_first(
    tmp_path: Path, vendor: Player
) -> None:
    """One call in ten seconds: whoever sent the rest first would stay for twenty."""
    home = home_of(tmp_path, vendor, per_second=0.1)
    worker = started(home, tmp_path / "worker", "work")
    await_letters(vendor, 100)
    begun = time.monotonic()
    worker.terminate()
    assert worker.wait(40) == 0
    assert time.monotonic() - begun < 5
    assert len(addresses_of(vendor)) == 100


def await_letters(vendor: Player, number: int) -> None:
    deadline = time.monotonic() + 30
    while len(addresses_of(vendor)) < number and time.monotonic() < deadline:
        time.sleep(0.1)
