"""A broken letter, lost keys, a mistake in the settings: what goes on all the same, and how."""

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from shutil import copytree

import pytest

from app.settings import SHIPPED_COURSES
from tests.support.served import installation, run

ANA = "ana@example.com"


@pytest.fixture
def home(tmp_path: Path) -> Mapping[str, str]:
    """With one reader, and letters of its own."""
    copytree(SHIPPED_COURSES, tmp_path / "courses")
    environment = installation(
        tmp_path,
        f"sqlite:///{tmp_path / 'lettercourse.sqlite3'}",
        LETTERCOURSE_CONTENT__COURSES=str(tmp_path / "courses"),
    )
    file = tmp_path / "readers.csv"
    file.write_text(f"email,name,timezone\n{ANA},Ana,Europe/Berlin\n")
    run(environment, "migrate")
    words = ("readers", "import", str(file), "--course", "six-letters", "--confirmed")
    assert run(environment, *words).returncode == 0
    return environment


@pytest.fixture
def broken(home: Mapping[str, str], tmp_path: Path) -> Mapping[str, str]:
    (tmp_path / "courses" / "six-letters" / "01-hard-to-see.md").write_text("No facts.")
    return home


def test_the_brake_works_while_a_letter_is_broken(
    broken: Mapping[str, str], tmp_path: Path
) -> None:
    for words in (
        ("hold",),
        ("release", "--yes"),
        ("backup", str(tmp_path / "copy")),
        ("readers", "erase", ANA, "--yes"),
    ):
        done = run(broken, *words)
        assert done.returncode == 0, done.stderr


def test_what_sends_does_not_start_with_a_broken_letter(broken: Mapping[str, str]) -> None:
    for words in (("tick",), ("work",), ("serve", "--port", "0")):
        done = run(broken, *words)
        assert done.returncode == 1
        assert "01-hard-to-see.md:1:" in done.stderr


def test_a_release_says_what_it_could_not_count(broken: Mapping[str, str], tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "lettercourse.sqlite3") as connection:
        connection.execute("UPDATE enrolments SET next_due_at = '2020-01-01 00:00:00.000000'")
    connection.close()
    run(broken, "hold")
    done = run(broken, "release", "--yes")
    assert "Not counted is what fell due since" in done.stdout
    assert "01-hard-to-see.md:1:" in done.stdout
    assert "Released" in done.stdout


def test_lost_keys_are_asked_for_and_never_made_anew(
    home: Mapping[str, str], tmp_path: Path
) -> None:
    keys, saved = tmp_path / "keys", tmp_path / "saved"
    keys.rename(saved)
    for words in (("status",), ("tick",), ("serve", "--migrate", "--port", "0"), ("check",)):
        done = run(home, *words)
        assert words == ("check",) or f"Put your copy of the key file at {keys}" in done.stderr
        assert not keys.exists()
    assert f"Put your copy of the key file at {keys}" in run(home, "doctor").stdout
    saved.rename(keys)
    assert run(home, "status").returncode == 0


def test_keys_stay_wanted_when_only_an_erasure_is_left(
    home: Mapping[str, str], tmp_path: Path
) -> None:
    run(home, "readers", "erase", ANA, "--yes")
    (tmp_path / "keys").unlink()
    assert "Put your copy of the key file" in run(home, "status").stderr


def test_where_nobody_reads_yet_keys_are_made_by_whatever_keeps_something(tmp_path: Path) -> None:
    home = installation(tmp_path, f"sqlite:///{tmp_path / 'lettercourse.sqlite3'}")
    run(home, "check")
    assert not (tmp_path / "keys").exists()
    for words in (("migrate",), ("tick",), ("status",)):
        assert run(home, *words).returncode == 0
    assert (tmp_path / "keys").exists()


def test_a_mistake_in_the_settings_is_json_where_json_is_asked_for(
    home: Mapping[str, str],
) -> None:
    mistaken = {**home, "LETTERCOURSE_WEB__PORT": "many"}
    checked, examined = (run(mistaken, name, "--json") for name in ("check", "doctor"))
    assert (checked.returncode, examined.returncode) == (1, 1)
    [problem] = json.loads(checked.stdout)["problems"]
    assert problem.startswith("web.port:")
    [finding] = json.loads(examined.stdout)["findings"]
    assert finding["says"].startswith("web.port:")
    assert "wrong settings: web.port:" in run(mistaken, "doctor").stdout


def test_a_broken_letter_is_json_too_and_one_finding_among_the_others(
    broken: Mapping[str, str],
) -> None:
    [problem] = json.loads(run(broken, "check", "--json").stdout)["problems"]
    assert "01-hard-to-see.md:1:" in problem
    examined = run(broken, "doctor")
    assert examined.returncode == 1
    assert "wrong settings and lessons:" in examined.stdout
    assert "ok    database: ready" in examined.stdout


def test_a_letter_without_its_number_is_named_by_check_and_stops_nothing(
    home: Mapping[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "courses" / "six-letters"
    (folder / "hello.md").write_text((folder / "01-hard-to-see.md").read_text())
    (folder / "notes.md").write_text("Not a letter, only what I still want to do.")
    done = run(home, "check")
    assert done.returncode == 1
    assert "hello.md:1: Nobody gets this letter" in done.stdout
    assert "notes.md" not in done.stdout
    assert run(home, "tick").returncode == 0


def test_a_second_rehearsal_leaves_nothing_of_the_first_and_all_that_is_not_its_own(
    home: Mapping[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run(home, "rehearse", "six-letters", "--readers", "2", "--out", str(out))
    (out / "emails" / "mine.html").write_text("mine")
    run(home, "rehearse", "six-letters", "--readers", "1", "--out", str(out))
    assert len(list((out / "emails").glob("*.eml"))) == 7
    assert (out / "emails" / "mine.html").exists()
