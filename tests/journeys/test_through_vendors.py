"""The main job's mail through each vendor, on each database: pages, clock and wire are real ones.

The vendor is a server that plays it by its own rules.
"""

import base64
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from app.bootstrap import House
from course import reflections
from course.database import Database
from emails import inbound
from tests.players.faults import Fault, Kind
from tests.players.played import Arrived, Vendor
from tests.support import houses
from tests.support.calendars import read_meeting
from tests.support.houses import make_house, play, tick
from tests.support.letters import PRESSED
from tests.support.pages import pages_of
from tests.support.vendors import VENDORS, Stage, on_stage

BERLIN = ZoneInfo("Europe/Berlin")
READERS = [f"reader{n}@example.com" for n in range(3)]
WORDS = "The violet umbrella, again."
# The end of daylight saving in Berlin comes between the first letters.
SIGNED_UP = datetime(2026, 10, 15, 12, tzinfo=UTC)


@pytest.fixture(params=VENDORS, ids=lambda vendor: vendor.name)
def vendor(request: pytest.FixtureRequest) -> Vendor:
    found: Vendor = request.param
    return found


def to(stage: Stage, address: str) -> list[Arrived]:
    return [message for message in stage.arrived if message.to == address]


def path(message: Arrived, page: str) -> str:
    found = re.search(rf"https?://[^/\s]+(/{page}/\S+)", message.text)
    assert found is not None
    return found[1]


def sign_everybody_up(house: House, stage: Stage, pages: httpx.Client) -> None:
    for reader in READERS:
        form = {"email": reader, "timezone": "Europe/Berlin", "consent": "yes"}
        pages.post("/courses/six-letters", data=form).raise_for_status()
    tick(house)
    for reader in READERS:
        pages.post(path(to(stage, reader)[0], "confirm"), data=PRESSED).raise_for_status()


def answer(house: House, letter: Arrived) -> None:
    mail = (
        f"From: {letter.to}\r\nTo: {letter.reply_to}\r\nSubject: Re: {letter.subject}\r\n"
        f"Message-ID: <1@reader.example>\r\nIn-Reply-To: {letter.headers['Message-ID']}\r\n\r\n"
        f"{WORDS}\r\n\r\nOn Tuesday, Your practice wrote:\r\n> A letter.\r\n"
    )
    with house.database.transaction() as session:
        inbound.store(session, house.vault, mail.encode(), houses.now(house))
    tick(house)


def test_the_whole_course_goes_through(vendor: Vendor, database: Database) -> None:
    with on_stage(vendor, 5) as stage:
        house = make_house(database, provider=stage.provider, at=SIGNED_UP)
        with pages_of(house) as pages:
            sign_everybody_up(house, stage, pages)
            stays, leaves, writes = READERS
            play(house, SIGNED_UP + timedelta(days=13))
            pages.post(path(to(stage, leaves)[-1], "unsubscribe"), data=PRESSED).raise_for_status()
            answer(house, to(stage, writes)[-1])
            # One call in the middle of the course finds the vendor at its limit.
            stage.player.faults.append(Fault(Kind.STATUS, 429, retry_after="30"))
            moments = play(house, SIGNED_UP + timedelta(days=60))

            letters = [m for m in to(stage, stays) if "List-Unsubscribe" in m.headers]
            assert len({letter.subject for letter in letters}) == len(letters) == 6
            assert len([m for m in to(stage, leaves) if "List-Unsubscribe" in m.headers]) == 2
            due = [at.astimezone(BERLIN) for at in moments if at.astimezone(BERLIN).minute == 0]
            assert {(at.strftime("%A"), at.hour) for at in due} == {("Tuesday", 8)}

            kinds = [message.subject for message in to(stage, writes)]
            assert kinds.count("Your note has arrived") == 1
            assert all(WORDS not in message.text + message.html for message in stage.arrived)
            with database.reading() as session:
                assert [r.words for r in reflections.read_all(session, house.vault, 9)] == [WORDS]

            book(pages, path(letters[-1], "book"))
            tick(house)
            assert_invited(to(stage, stays)[-1])
            assert_invited(to(stage, "owner@practice.example")[-1])
        house.life.end()
        assert houses.counts(house) == {"accepted": len(stage.arrived)}


def book(pages: httpx.Client, booking: str) -> None:
    chosen = re.findall(r'name="starts_at"[^>]*value="([^"]+)"', pages.get(booking).text)[0]
    form = {"starts_at": chosen, "name": "Ana", "zone": "Europe/Berlin"}
    pages.post(booking, data=form).raise_for_status()


def assert_invited(message: Arrived) -> None:
    ((name, kind, content),) = message.attachments
    assert name == "session.ics"
    # Where the invitation is a part of the mail itself, the file beside it is only a file.
    assert kind.startswith("text/calendar") or kind == "application/ics"
    assert read_meeting(base64.b64decode(content)).starts.utcoffset() == timedelta(0)
