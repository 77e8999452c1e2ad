"""SQLite on a disk that fills up, again and again: once there is room, all goes on."""

import random
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from tests.chaos.scene import DATABASE, Plan, Scene, set_up
from tests.chaos.truths import Count, count

SIZE = "64m"
BLOCK = 4096
# A living worker whose outcome found no room holds its batch until then.
LEASE_SECONDS = 2.0
# Longer than it takes to try again.
STUCK_SECONDS = 1.5
SENTENCE = "The disk is full. Make room on it"


def run(plan: Plan) -> tuple[Count, str]:
    """Every other time the worker is told to stop while the disk is full, and started after."""
    assert plan.database == "sqlite", "PostgreSQL's disk is PostgreSQL's"
    with _small_disk() as disk, set_up(plan, disk=disk) as scene:
        scene.add_readers(0, plan.readers)
        shift = replace(scene.shift, lease_seconds=LEASE_SECONDS)
        worker = scene.crew.hire(shift)
        for number in range(plan.times):
            scene.wait_until_taken((number + 0.5) / (plan.times + 1))
            with _filled(disk):
                _wait_until_stuck(scene)
                if number % 2:
                    scene.crew.dismiss(worker)
            if number % 2:
                worker = scene.crew.hire(shift)
        scene.crew.wait_until(scene.is_done)
        scene.crew.dismiss_all()
        assert SENTENCE in scene.crew.log()
        return count(scene), f"{plan.times} times full"


def _wait_until_stuck(scene: Scene) -> None:
    """Nothing more can be written down, so nothing more is sent."""
    before = -1
    while (sent := scene.sent()) > before:
        before = sent
        time.sleep(STUCK_SECONDS)
    assert sent < scene.plan.readers, "the disk was never full"


@contextmanager
def _small_disk() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        try:
            mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", name]
            subprocess.run(mount, check=True)
            yield Path(name)
        finally:
            subprocess.run(["umount", name], check=False)


@contextmanager
def _filled(disk: Path) -> Iterator[None]:
    """Not a block is free, but for a few by chance, so that it fills at one step or another."""
    _give_back_log(disk / DATABASE)
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(BLOCK))
        except OSError:
            file.truncate(max(file.tell() - random.randrange(60) * BLOCK, 0))
    yield
    ballast.unlink()


def _give_back_log(file: Path) -> None:
    """SQLite writes over its own log where it can, and needs no block for a while."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
