"""Where booking a session ends the letters, her page says so kindly and offers the rest of them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import httpx
import pytest
from sqlalchemy import select

from app.bootstrap import House
from app.web.pace_words import ENDED_BY_SESSION
from course import bookings, enrolments
from course.bookings import Booking
from course.catalogue import Catalogue
from course.database import Database
from course.diary import Wanted
from emails import inbound, pace
from emails.providers.memory import MemoryProvider
from tests.support.houses import (
    COURSE,
    TUESDAY,
    deliveries,
    enrolment,
    join,
    now,
    play,
    shipped_catalogue,
    tick,
)
from tests.support.pages import pages_of, press

WEEK = timedelta(weeks=1)
GO_ON = "Go on with the letters"


def make(database: Database, houses: Callable[..., House], after_booking: str) -> House:
    course = replace(shipped_catalogue()[COURSE], after_booking=after_booking)  # type: ignore[arg-type]
    house = houses(database, provider=MemoryProvider(), catalogue=Catalogue({COURSE: course}))
    join(house)
    play(house, TUESDAY + WEEK)
    return house


@pytest.fixture
def house(sqlite: Database, houses: Callable[..., House]) -> House:
    """She has had two letters, and books."""
    house = make(sqlite, houses, "stop")
    book(house)
    tick(house)
    return house


@pytest.fixture
def pages(house: House) -> Iterator[httpx.Client]:
    with pages_of(house) as pages:
        yield pages


def book(house: House) -> None:
    with house.database.transaction() as session:
        who, kind = enrolments.by_id(session, 1, for_update=True), house.diary.kinds["video"]
        assert who is not None
        slot = bookings.available(session, kind.hours, now(house))[20]
        wanted = Wanted(kind, slot.starts_at, "Ana", "Europe/Berlin")
        bookings.book(session, house.diary, who, wanted, now(house))


def own(house: House) -> str:
    url = house.links.letters(enrolment(house, 1).code)
    return url.removeprefix(house.settings.web.public_url)


def test_her_page_says_why_they_ended_and_offers_the_rest(
    house: House, pages: httpx.Client
) -> None:
    page = pages.get(own(house)).text
    assert f"You have had two of six letters. {ENDED_BY_SESSION}" in page
    assert GO_ON in page
    assert "There are no more to come" not in page


def test_going_on_brings_them_at_their_usual_time_and_leaves_the_session(
    house: House, pages: httpx.Client
) -> None:
    said = press(pages, own(house), "resume").text
    assert "Your letters go on. The third comes on Tuesday, 17 November" in said
    assert ENDED_BY_SESSION not in said
    reader = enrolment(house, 1)
    assert (reader.state, reader.finished_at) == ("active", None)
    play(house, TUESDAY + 2 * WEEK)
    assert len(deliveries(house, "lesson")) == 3
    with house.database.reading() as session:
        assert session.scalars(select(Booking)).one().cancelled_at is None


def test_going_on_can_be_taken_back(house: House, pages: httpx.Client) -> None:
    press(pages, own(house), "resume")
    press(pages, own(house), "undo")
    assert enrolment(house, 1).state == "finished"
    assert ENDED_BY_SESSION in pages.get(own(house)).text


def test_the_letters_may_go_on_by_a_word_of_hers_too(house: House) -> None:
    for word, told in (("NEXT", pace.ENDED_BY_SESSION), ("RESUME", "The next letter comes on")):
        write(house, word)
        assert isinstance(house.provider, MemoryProvider)
        assert told in " ".join(house.provider.sent[-1].text.split())


def write(house: House, word: str) -> None:
    mail = EmailMessage()
    mail["From"] = "ana@example.com"
    mail["To"] = house.links.reply_address(enrolment(house, 1).code, None)
    mail.set_content(word)
    with house.database.transaction() as session:
        inbound.store(session, house.vault, mail.as_bytes(), now(house))
    tick(house)


def test_whoever_has_had_them_all_is_offered_no_rest_of_them(
    sqlite: Database, houses: Callable[..., House]
) -> None:
    house = make(sqlite, houses, "stop")
    play(house, TUESDAY + 8 * WEEK)
    book(house)
    with pages_of(house) as pages:
        page = pages.get(own(house)).text
    assert "You have had all six letters. There are no more to come." in page
    assert GO_ON not in page


def test_where_letters_go_on_anyway_nothing_of_it_is_said(
    sqlite: Database, houses: Callable[..., House]
) -> None:
    house = make(sqlite, houses, "go-on")
    book(house)
    with pages_of(house) as pages:
        page = pages.get(own(house)).text
    assert ENDED_BY_SESSION not in page
    assert "The third comes on" in page
