"""Numbers, instants, addresses and names that can't be meant are answered with what can."""

import socket
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.bootstrap import House
from app.cli import sign_ups
from app.cli.support import find_lesson, parse_instant
from app.errors import CommandError
from course import review
from course.consents import Means
from tests.support.houses import COURSE, now, shipped_catalogue
from tests.support.served import free_port, installation, run

WAITS, GONE = "w@example.com", "g@example.com"


@pytest.fixture
def home(tmp_path: Path) -> Mapping[str, str]:
    environment = installation(tmp_path, f"sqlite:///{tmp_path / 'lettercourse.sqlite3'}")
    assert run(environment, "migrate").returncode == 0
    return environment


@pytest.mark.parametrize(
    "words",
    [
        ("rehearse", COURSE, "--readers", "0"),
        ("rehearse", COURSE, "--readers", "-3"),
        ("rehearse", COURSE, "--from", "9999-12-01"),
        ("rehearse", COURSE, "--from", "0001-01-01"),
        ("rehearse", COURSE, "--from", ""),
        ("received", "--limit", "99999999999999999999"),
        ("reflections", "--limit", "99999999999999999999"),
        ("send-test", COURSE, "²", "a@b.example"),
    ],
)
def test_what_cannot_be_meant_is_said(home: Mapping[str, str], words: tuple[str, ...]) -> None:
    done = run(home, *words)
    assert done.returncode in {1, 2}
    assert "should not have" not in done.stderr
    assert done.stderr


@pytest.mark.parametrize("words", ["", "1999-12-31T23:59:59Z", "2200-01-01", "0001-01-01T00:00+14"])
def test_an_instant_is_one_of_our_times(words: str) -> None:
    with pytest.raises(CommandError):
        parse_instant(words)


def test_a_letter_is_found_by_its_number_with_or_without_noughts() -> None:
    course = shipped_catalogue()[COURSE]
    assert find_lesson(course, "02") is find_lesson(course, "2") is course.lessons[1]
    for name in ("0", "00", "²", "9" * 5000):
        with pytest.raises(CommandError):
            find_lesson(course, name)


@pytest.mark.parametrize("host", ["nonsense.invalid", "::1", "10.255.254.253", "ä..b"])
def test_an_address_of_another_machine_is_not_taken_for_a_port_in_use(
    home: Mapping[str, str], host: str
) -> None:
    said = run(home, "serve", "--host", host, "--port", str(free_port())).stderr
    assert "web.host has to be an address of this machine" in said


def test_a_port_in_use_is_said_to_be(home: Mapping[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = run(home, "serve", "--host", "127.0.0.1", "--port", port).stderr
    assert "Is Lettercourse running already?" in said


@pytest.fixture
def waiting(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """One waits for a course, another for one that is gone."""
    monkeypatch.setattr(sign_ups, "open_house", lambda: house)
    for email, course in ((WAITS, COURSE), (GONE, "gone")):
        with house.database.transaction() as session:
            review.hold(
                session,
                house.keys,
                email=email,
                name=None,
                zone="UTC",
                course=course,
                wording="",
                means=Means.FORM,
                at=now(house),
            )
    return house


def who_waits(house: House) -> list[str]:
    with house.database.reading() as session:
        return sorted(held.email for held in review.oldest_first(session))


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("let-in", GONE), GONE),
        (("let-in", "--all"), GONE),
        (("let-in", WAITS, "x@example.com"), "x@example.com"),
        (("discard", "x@example.com"), "x@example.com"),
    ],
)
def test_a_sign_up_that_cannot_be_let_in_goes_on_waiting_and_is_named(
    waiting: House, words: tuple[str, ...], named: str
) -> None:
    with pytest.raises(CommandError, match=named):
        CliRunner().invoke(sign_ups.command, words, catch_exceptions=False)
    assert who_waits(waiting) == [GONE, WAITS]


def test_the_others_are_let_in_by_name(waiting: House) -> None:
    CliRunner().invoke(sign_ups.command, ["let-in", WAITS], catch_exceptions=False)
    assert who_waits(waiting) == [GONE]
