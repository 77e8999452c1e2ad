"""A seed is a whole run: the same steps each time, wherever it is played."""

import subprocess
import sys
from pathlib import Path

from tests.simulation.run import run

ROOT = Path(__file__).parents[2]


def test_a_seed_replays_exactly_in_the_same_process() -> None:
    assert run(7) == run(7)


def test_a_seed_replays_exactly_in_another_process() -> None:
    """Also where Python hashes strings differently, as it does in every process."""
    command = [sys.executable, "-m", "tests.simulation", "--seed", "11"]
    played = [
        subprocess.run(
            command,
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    ]
    assert played[0] == played[1]
    assert len(played[0].splitlines()) > 20
