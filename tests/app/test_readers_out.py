"""`readers export` and `readers erase` as their user types them."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.bootstrap import House
from app.cli import handing_out, readers_erase, readers_export
from app.errors import CommandError
from app.main import commands
from course.database import Database
from emails.providers.mailbox import MailboxProvider
from scheduler.clock import FixedClock
from tests.support.houses import MONDAY
from tests.support.lives import WORDS, known, live

ANA = "ana@example.com"


@pytest.fixture
def house(sqlite: Database, houses: Callable[..., House], monkeypatch: pytest.MonkeyPatch) -> House:
    """A reader's house, which is the one that the commands open."""
    house = houses(sqlite, provider=MailboxProvider(sqlite, FixedClock(MONDAY).now))
    live(house, ANA)
    for command in (readers_erase, readers_export):
        monkeypatch.setattr(command, "open_house", lambda: house)
    return house


def typed(*words: str) -> Result:
    return CliRunner().invoke(commands, ["readers", *words])


def test_export_prints_one_object(house: House) -> None:
    assert known(house, ANA)
    printed = json.loads(typed("export", "Ana@Example.com").stdout)
    assert printed["email"] == ANA
    assert WORDS in {one["words"] for one in printed["reflections"]}


@pytest.mark.usefixtures("house")
def test_export_to_a_file_that_only_its_owner_can_read(tmp_path: Path) -> None:
    file = tmp_path / "ana.json"
    assert WORDS not in typed("export", ANA, "--to", str(file)).stdout
    kept = json.loads(file.read_text())["reflections"]
    assert WORDS in {one["words"] for one in kept}
    assert stat.S_IMODE(file.stat().st_mode) == handing_out.FOR_ITS_OWNER


def test_erase_says_what_was_done_and_which_session_is_left_in_the_owner_s_calendar(
    house: House,
) -> None:
    said = typed("erase", ANA, "--yes").stdout
    assert not known(house, ANA)
    assert "1 course" in said
    assert "3 answers" in said
    assert "She had booked a session on Wednesday 04 November 2026 at" in said
    assert "own calendar" in said


def test_without_a_terminal_and_without_yes_nothing_is_erased(house: House) -> None:
    refused = typed("erase", ANA)
    assert isinstance(refused.exception, CommandError)
    assert f"lettercourse readers erase {ANA} --yes" in str(refused.exception)
    assert known(house, ANA)


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("words", [("export",), ("erase", "--yes")])
def test_a_stranger_is_told_in_a_sentence(words: tuple[str, ...]) -> None:
    refused = typed(*words, "nobody@example.com")
    assert isinstance(refused.exception, CommandError)
    assert "Look for a slip of the pen" in str(refused.exception)
