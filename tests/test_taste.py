"""Style, types and the direction of the house are checked like everything else."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"], ["lint-imports"]],
    ids=" ".join,
)
def test_the_checker_is_content(command: list[str]) -> None:
    done = subprocess.run(
        [BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_the_clock_and_the_application_read_the_time() -> None:
    reading = re.compile(r"datetime\.now|datetime\.utcnow|time\.time\(|date\.today|monotonic\(")
    offenders = [
        str(file.relative_to(ROOT))
        for package in ("course", "emails", "scheduler")
        for file in (ROOT / package).rglob("*.py")
        if reading.search(file.read_text())
    ]
    assert offenders == ["scheduler/clock.py"]


def test_no_file_has_grown_into_two() -> None:
    long = {
        str(file.relative_to(ROOT)): lines
        for package in ("course", "emails", "scheduler", "app")
        for file in (ROOT / package).rglob("*.py")
        if (lines := file.read_text().count("\n")) > 300 and "migrations" not in file.parts
    }
    assert long == {}
