"""What runs until it is told to stop hears that, whatever it is at just then."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.served import free_port, installation, run

PATIENCE_SECONDS = 30
# Tells the command to stop in the middle of what it is at, again and again, once it listens.
PROGRAM = """
import gc, signal, sys, threading
from app.main import cli

def tell():
    if signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        signal.raise_signal(signal.SIGTERM)

{trap}
try:
    cli()
finally:
    gc.callbacks.clear()
    sys.setprofile(None)
"""
TRAPS = {
    # Python drops an exception that is raised in there.
    "garbage": "gc.callbacks.append(lambda *_: tell())",
    # Whoever needs the very lock that is being taken would wait for itself.
    "locks": """
def trap(frame, *_):
    if frame.f_code.co_filename == threading.__file__:
        tell()

sys.setprofile(trap)
""",
}


@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS)
@pytest.mark.parametrize("command", ["serve", "work"])
def test_a_word_to_stop_is_never_lost(tmp_path: Path, command: str, trap: str) -> None:
    home = installation(
        tmp_path,
        f"sqlite:///{tmp_path / 'lettercourse.sqlite3'}",
        LETTERCOURSE_WEB__PORT=str(free_port()),
    )
    assert run(home, "migrate").returncode == 0
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(trap=trap), command],
        env=home,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
