"""The owner answers a reader from the command line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.bootstrap import House
from app.cli import reflections as command
from app.cli import reflections_answer
from app.errors import CommandError
from course import enrolments, reflections
from course.database import Database
from tests.support.houses import deliveries, join, leave, now, tick
from tests.support.providers import Scripted

HERS, WORDS = "Quince marmalade.", "Thank you.\n\nStay with it."


@pytest.fixture
def house(sqlite: Database, houses: Callable[..., House], monkeypatch: pytest.MonkeyPatch) -> House:
    house = houses(sqlite, provider=Scripted())
    reader_id = join(house)
    with house.database.transaction() as session:
        reader = enrolments.by_id(session, reader_id)
        assert reader is not None
        reflections.keep(
            session, house.vault, enrolment=reader, lesson=None, words=HERS, at=now(house)
        )
    for module in (command, reflections_answer):
        monkeypatch.setattr(module, "open_house", lambda: house)
    return house


def number(house: House) -> str:
    with house.database.reading() as session:
        return reflections.read_all(session, house.vault, 1)[0].id[:8]


def answer(house: House, folder: Path, words: str, *flags: str, said: str = "") -> str:
    file = folder / "answer.txt"
    file.write_text(words, encoding="utf-8")
    given = [number(house), "--text-file", str(file), *flags]
    done = CliRunner().invoke(reflections_answer.command, given, input=said, catch_exceptions=False)
    return done.output


def test_it_shows_what_goes_to_whom_and_asks(house: House, tmp_path: Path) -> None:
    assert "To Ana <ana@example.com>:\n\nThank you." in answer(house, tmp_path, WORDS, said="n\n")
    tick(house)
    assert deliveries(house, "answer") == []


def test_a_yes_sends_it_once_and_the_list_shows_it(house: House, tmp_path: Path) -> None:
    assert "leaves" in answer(house, tmp_path, WORDS, said="y\n")
    tick(house)
    assert [each.state for each in deliveries(house, "answer")] == ["accepted"]
    listed = CliRunner().invoke(command.command, []).output
    assert HERS in listed
    assert f"You answered, Monday 02 November 2026, 07:00:\n\n{WORDS}" in listed


@pytest.mark.parametrize("words", [" \n", "x" * 10_001])
def test_what_cannot_be_sent_is_refused(house: House, tmp_path: Path, words: str) -> None:
    with pytest.raises(CommandError):
        answer(house, tmp_path, words, "--yes")


def test_who_has_left_gets_no_answer(house: House, tmp_path: Path) -> None:
    leave(house, 1)
    with pytest.raises(CommandError, match="left"):
        answer(house, tmp_path, WORDS, "--yes")
