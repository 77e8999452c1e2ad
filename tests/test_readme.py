"""Every command the README names does what it says, in an installation of its own."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from tests.support.served import LETTERCOURSE, free_port, installation, run

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND = re.compile(r"(?:`|^ {4}(?:\.venv/bin/)?)lettercourse ([^`\n]+)", re.MULTILINE)
NAMED = sorted({" ".join(words.split()) for words in COMMAND.findall(README)})
LASTING = {"serve --migrate", "work"}


@pytest.fixture
def home(tmp_path: Path) -> Mapping[str, str]:
    (tmp_path / "list.csv").write_text("email,name,timezone\nana@example.com,Ana,Europe/Berlin\n")
    (tmp_path / "FILE.eml").write_bytes(b"From: a@example.com\r\nTo: b@example.com\r\n\r\nHi\r\n")
    database = f"sqlite:///{tmp_path / 'lettercourse.sqlite3'}"
    port = str(free_port())
    environment = installation(tmp_path, database, LETTERCOURSE_WEB__PORT=port)
    assert run(environment, "migrate").returncode == 0
    return environment


def test_the_readme_names_commands() -> None:
    assert len(NAMED) >= 10


@pytest.mark.parametrize("command", [words for words in NAMED if words not in LASTING])
def test_a_command_of_the_readme_works(
    command: str, home: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if command.startswith(("readers show", "readers export")):
        file = str(tmp_path / "list.csv")
        assert run(home, "readers", "import", file, "--course", "six-letters").returncode == 0
    monkeypatch.chdir(tmp_path)
    done = run(home, *command.split())
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", sorted(LASTING))
def test_a_lasting_command_starts_and_ends_in_order(command: str, home: Mapping[str, str]) -> None:
    process = subprocess.Popen(
        [*LETTERCOURSE, *command.split()], env=home, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        first = next(line for line in process.stdout if line.strip())
        assert "Your course" in first or "Working" in first
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        assert process.returncode == 0
    finally:
        process.kill()


def test_the_readme_s_example_letter_is_a_letter(tmp_path: Path) -> None:
    found = re.search(r"^    ---\n.*?(?=^\S)", README, re.MULTILINE | re.DOTALL)
    assert found is not None
    course = tmp_path / "mine"
    shutil.copytree(ROOT / "course" / "content" / "six-letters", course)
    for letter in course.glob("0*.md"):
        letter.unlink()
    text = "".join(line[4:] or "\n" for line in found[0].splitlines(keepends=True))
    (course / "01-example.md").write_text(text, encoding="utf-8")
    environment = installation(tmp_path, "sqlite://", LETTERCOURSE_CONTENT__COURSES=str(tmp_path))
    done = run(environment, "check")
    assert done.returncode == 0, done.stderr + done.stdout


def test_every_file_the_readme_shows_is_there() -> None:
    linked = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert [path for path in linked if not (ROOT / path).exists()] == []


def test_make_run_serves_from_a_fresh_clone(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if "LETTERCOURSE" not in name}
    environment.pop("PYTHONPATH", None)
    environment["LETTERCOURSE_WEB__PORT"] = str(port)
    process = subprocess.Popen(
        ["make", "run", f"PYTHON={sys.base_prefix}/bin/python3"],
        cwd=clone,
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    )
    try:
        assert answers(f"http://127.0.0.1:{port}/healthz")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)
    assert (clone / "data" / "lettercourse.sqlite3").exists()


def answers(url: str) -> bool:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        try:
            return httpx.get(url).is_success
        except httpx.TransportError:
            time.sleep(0.5)
    return False
