"""Files that can't be read or written, or are there already: a sentence, and nothing is lost."""

import errno
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy.exc import OperationalError

from app.bootstrap import House
from app.cli import reflections_answer
from app.cli.handing_out import plain, write_private
from app.cli.support import tell
from app.errors import CommandError
from course import enrolments, reflections
from tests.support.houses import join, now
from tests.support.served import installation, run

ANA = "ana@example.com"
STRANGER = b"From: x@example.com\r\nTo: replies@practice.example\r\n\r\n"


@pytest.fixture
def home(tmp_path: Path) -> Mapping[str, str]:
    environment = installation(tmp_path, f"sqlite:///{tmp_path / 'lettercourse.sqlite3'}")
    assert run(environment, "migrate").returncode == 0
    return environment


def refused(home: Mapping[str, str], *words: str) -> str:
    done = run(home, *words)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "should not have" not in done.stderr
    return done.stderr


def bring_in_ana(home: Mapping[str, str], folder: Path) -> None:
    file = folder / "readers.csv"
    file.write_text(f"email,name,timezone\n{ANA},Ana,Europe/Berlin\n")
    words = ("readers", "import", str(file), "--course", "six-letters", "--confirmed")
    assert run(home, *words).returncode == 0


def test_a_trace_that_cannot_be_written_leaves_the_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").write_text("A file, where a folder belongs.")
    said = tell(RuntimeError("unexpected"))
    assert said.startswith("Something happened that should not have (RuntimeError).")
    assert "couldn't be written" in said


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (errno.EACCES, "Let the user who runs lettercourse read and write it"),
        (errno.EROFS, "Let the user who runs lettercourse read and write it"),
        (errno.EISDIR, "move the folder away"),
        (errno.ENOENT, "slip of the pen"),
        (errno.ENAMETOOLONG, "shorter name"),
        (errno.EIO, "Look at it there"),
    ],
)
def test_a_file_in_trouble_is_named_with_reason_and_cure(number: int, cure: str) -> None:
    said = tell(OSError(number, os.strerror(number), "some/file"))
    assert said.startswith(f"some/file can't be used: {os.strerror(number)}.")
    assert cure in said


@pytest.mark.parametrize(
    ("trouble", "cure"),
    [
        ("database is locked", "Another program keeps it"),
        ("attempt to write a readonly database", "Let the user who runs lettercourse write"),
        ("unable to open database file", "Let the user who runs lettercourse write"),
        ("no such host", "Check database.url"),
    ],
)
def test_a_database_in_trouble_gets_the_cure_of_that_trouble(trouble: str, cure: str) -> None:
    assert cure in tell(OperationalError("SELECT 1", {}, Exception(trouble)))


def test_a_full_disk_promises_nothing_that_a_single_command_does_not_keep() -> None:
    assert "any other command is to be given again" in tell(OSError(errno.ENOSPC, "full"))


def test_what_cannot_be_opened_is_named(home: Mapping[str, str], tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    where = {**home, "LETTERCOURSE_SECURITY__KEY_STORE": str(tmp_path / "folder")}
    assert "folder can't be used" in refused(where, "status")
    assert "can't be used" in refused(home, "rehearse", "six-letters", "--out", "x" * 300)


def test_an_email_is_handed_out_to_a_new_file_for_its_owner_alone(
    home: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / "mail.eml").write_bytes(STRANGER)
    run(home, "receive", str(tmp_path / "mail.eml"))
    [number] = [one["number"] for one in json.loads(run(home, "received", "--json").stdout)]
    kept, new = tmp_path / "kept.eml", tmp_path / "new.eml"
    kept.write_text("mine")
    assert "was received" in refused(home, "received", "WRONG", "--raw", str(kept))
    assert "is there already" in refused(home, "received", number, "--raw", str(kept))
    assert kept.read_text() == "mine"
    assert run(home, "received", number, "--raw", str(new)).returncode == 0
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    assert new.read_bytes() == STRANGER
    assert run(home, "received", number, "--raw", "-").stdout.encode() == STRANGER


def test_an_export_takes_no_place_that_is_taken_or_not_there(
    home: Mapping[str, str], tmp_path: Path
) -> None:
    bring_in_ana(home, tmp_path)
    file, mode = tmp_path / "ana.json", Path.cwd().stat().st_mode
    file.write_text("mine")
    export = ("readers", "export", ANA, "--to")
    assert "is there already" in refused(home, *export, str(file))
    assert "make the folder first" in refused(home, *export, str(tmp_path / "none" / "ana.json"))
    assert "is there already" in refused(home, *export, "")
    assert (file.read_text(), Path.cwd().stat().st_mode) == ("mine", mode)


def test_a_file_that_could_not_be_written_whole_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(OSError, match="full"):
        write_private(tmp_path / "new", b"words")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("mine")
    with pytest.raises(CommandError, match="is there already"):
        write_private(tmp_path / "there", b"words")
    assert (tmp_path / "there").read_text() == "mine"


def test_a_terminal_shows_what_strangers_write_and_does_nothing_of_it(
    home: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / "mail.eml").write_bytes(STRANGER + b"\x1b]0;X\x07\x1b[2JHello\tyou\r\n")
    run(home, "receive", str(tmp_path / "mail.eml"))
    shown = run(home, "reflections", "--unsorted").stdout
    assert "]0;X[2JHello you\n" in shown
    assert plain(shown) == shown
    assert plain("a\x9b2Jb\r\nc\x7f") == "a2Jb\nc"


def test_an_answer_in_another_encoding_is_refused(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, reader_id = tmp_path / "latin1.txt", join(house)
    file.write_bytes("Schöne Grüße".encode("latin-1"))
    with house.database.transaction() as session:
        reader = enrolments.by_id(session, reader_id)
        assert reader is not None
        hers = reflections.keep(
            session, house.vault, enrolment=reader, lesson=None, words="Hello", at=now(house)
        )
        number = hers.id
    monkeypatch.setattr(reflections_answer, "open_house", lambda: house)
    given = [number, "--text-file", str(file), "--yes"]
    with pytest.raises(CommandError, match=r"Nothing was sent. .*latin1.txt isn't saved as UTF-8"):
        CliRunner().invoke(reflections_answer.command, given, catch_exceptions=False)
