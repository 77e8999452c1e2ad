"""The main job over HTTP alone, with the time machine: three readers, six weeks, one spring."""

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from tests.support.calendars import read_meeting
from tests.support.letters import Email, Newcomer, link, one_click
from tests.support.served import Served, serving

BERLIN = ZoneInfo("Europe/Berlin")
SECRET_WORDS = "I hid the violet umbrella, and never said so."


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("installation")
    with serving(folder, f"sqlite:///{folder / 'lettercourse.sqlite3'}") as found:
        yield found


@pytest.fixture(scope="module")
def newcomer(served: Served) -> Iterator[Newcomer]:
    with Newcomer(served.base_url) as found:
        # The last Sunday of March lies in the middle of the six weeks that follow.
        found.go_to(datetime(found.now().year + 1, 3, 4, 12, tzinfo=UTC))
        yield found


def letters_of(mail: list[Email]) -> list[Email]:
    return [message for message in mail if "List-Unsubscribe" in message["headers"]]


@pytest.fixture(scope="module")
def ana(newcomer: Newcomer) -> str:
    """Reads all six letters, and books."""
    newcomer.sign_up("ana@example.com", name="Ana").raise_for_status()
    return "ana@example.com"


@pytest.fixture(scope="module")
def bo(newcomer: Newcomer) -> str:
    """Leaves after the second letter."""
    newcomer.sign_up("bo@example.com").raise_for_status()
    return "bo@example.com"


@pytest.fixture(scope="module")
def cleo(newcomer: Newcomer) -> str:
    """Answers the first letter."""
    newcomer.sign_up("cleo@example.com").raise_for_status()
    return "cleo@example.com"


def test_the_page_answers_the_same_for_known_and_unknown_addresses(
    newcomer: Newcomer, ana: str
) -> None:
    newcomer.await_mail(ana, 1)
    known, unknown = newcomer.sign_up(ana), newcomer.sign_up("nobody@example.com")
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert known.text.replace(ana, "") == unknown.text.replace("nobody@example.com", "")


def test_opening_the_confirmation_link_changes_nothing(newcomer: Newcomer, ana: str) -> None:
    path = link(newcomer.await_mail(ana, 1)[0], "confirm")
    for _ in range(3):
        assert newcomer.http.get(path).status_code == 200
        assert newcomer.http.head(path).status_code == 200
    newcomer.advance("1h")
    assert len(newcomer.mail(ana)) == 1


def test_six_letters_arrive_at_the_local_hour_across_daylight_saving(
    newcomer: Newcomer, ana: str, bo: str, cleo: str
) -> None:
    for reader in (ana, bo, cleo):
        assert newcomer.confirm(reader).status_code == 200
    newcomer.advance("14d")
    first = newcomer.mail(bo)[1]
    left = newcomer.http.post(
        one_click(newcomer.mail(bo)[2]), data={"List-Unsubscribe": "One-Click"}
    )
    assert (left.status_code, left.history) == (200, [])
    newcomer.answer(newcomer.mail(cleo)[1], SECRET_WORDS).raise_for_status()
    newcomer.advance("35d")

    letters = letters_of(newcomer.mail(ana))
    local = [datetime.fromisoformat(letter["sent_at"]).astimezone(BERLIN) for letter in letters]
    assert [(at.strftime("%A"), at.hour) for at in local] == [("Tuesday", 8)] * 6
    assert len({at.utcoffset() for at in local}) == 2
    days = [at.date() for at in local]
    assert [later - sooner for sooner, later in pairwise(days)] == [timedelta(days=7)] * 5
    assert first["subject"] == letters[0]["subject"]


def test_each_letter_has_its_frame(newcomer: Newcomer, ana: str) -> None:
    letters = letters_of(newcomer.mail(ana))
    assert len(letters) == len({letter["subject"] for letter in letters}) == 6
    for letter in letters:
        assert "Schedule a session" in letter["html"]
        assert "Schedule a session" in letter["text"]
        assert letter["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert letter["headers"]["List-Unsubscribe"].startswith("<http")
        assert link(letter, "unsubscribe") == one_click(letter)


def test_who_left_by_one_click_gets_nothing_more(newcomer: Newcomer, bo: str) -> None:
    assert len(letters_of(newcomer.mail(bo))) == 2
    again = newcomer.http.post(
        one_click(newcomer.mail(bo)[2]), files={"List-Unsubscribe": (None, "One-Click")}
    )
    assert (again.status_code, again.history) == (200, [])


def test_an_answer_gets_one_acknowledgement_and_the_owner_one_notice(
    newcomer: Newcomer, cleo: str
) -> None:
    mail = newcomer.mail(cleo)
    answered = [message for message in mail if "note has arrived" in message["subject"]]
    assert len(answered) == 1
    assert answered[0]["headers"]["Auto-Submitted"] == "auto-replied"
    notices = newcomer.mail("owner@practice.example")
    assert [notice["subject"] for notice in notices] == ["A reflection has arrived"]
    everything = [*newcomer.mail(cleo), *notices]
    assert all(SECRET_WORDS not in str(message) for message in everything)


def test_no_byte_of_an_answer_is_readable_but_the_owner_reads_it(served: Served) -> None:
    read = served.run("reflections", "--json")
    assert SECRET_WORDS in read.stdout
    assert "hard-to-see" in read.stdout
    files = [file for file in served.folder.rglob("*") if file.is_file()]
    assert {"serve.log", "lettercourse.sqlite3"} <= {file.name for file in files}
    readable = [file.name for file in files if b"violet umbrella" in file.read_bytes()]
    assert readable == []


def test_a_session_is_booked_from_the_last_letter(newcomer: Newcomer, ana: str) -> None:
    last = letters_of(newcomer.mail(ana))[-1]
    before = len(newcomer.mail(ana))
    path = link(last, "book")
    page = newcomer.http.get(path)
    assert "Berlin" in page.text
    assert len(newcomer.mail(ana)) == before
    chosen = re.findall(r'name="starts_at"[^>]*value="([^"]+)"', page.text)[0]
    form = {"starts_at": chosen, "name": "Ana", "zone": "Europe/Berlin"}
    assert newcomer.http.post(path, data=form).status_code == 200
    invitation = newcomer.await_mail(ana, before + 1)[-1]
    notice = newcomer.await_mail("owner@practice.example", 2)[-1]
    for message in (invitation, notice):
        file = base64.b64decode(message["attachments"][0]["content"])
        meeting = read_meeting(file)
        assert meeting.starts == datetime.fromisoformat(chosen)
        assert meeting.ends - meeting.starts == timedelta(minutes=50)
        assert meeting.written.endswith("Z")
        assert f"DTSTART:{meeting.written}".encode() in file
    taken = newcomer.http.post(link(newcomer.mail("bo@example.com")[1], "book"), data=form)
    assert taken.status_code == 409


def test_nothing_is_left_waiting(served: Served) -> None:
    status = json.loads(served.run("status", "--json").stdout)
    assert {state: status[state] for state in ("planned", "waiting", "failed", "unknown")} == {
        "planned": 0,
        "waiting": 0,
        "failed": 0,
        "unknown": 0,
    }


def test_the_log_holds_no_address_and_no_token(served: Served) -> None:
    log = served.log.read_text()
    assert "@example.com" not in log
    assert not re.search(r"/(confirm|unsubscribe|letters|book)/\w", log)
