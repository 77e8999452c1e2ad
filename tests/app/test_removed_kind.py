"""A kind of session that is offered no more: who has booked one keeps what she has."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from app.bootstrap import House
from app.cli import bookings as command
from course import bookings, enrolments
from course.bookings import Booking
from course.database import Database
from course.diary import Wanted
from emails.providers.memory import MemoryProvider
from tests.support.houses import enrolment, join, now, tick
from tests.support.pages import pages_of

OWNER = "owner@practice.example"
PLACE = "By video; the link comes the day before."


@pytest.fixture
def house(sqlite: Database, houses: Callable[..., House]) -> House:
    house = houses(sqlite, provider=MemoryProvider())
    reader, diary = join(house), replace(house.diary, reminders=(timedelta(days=1), timedelta(0)))
    with house.database.transaction() as session:
        who, kind = enrolments.by_id(session, reader), diary.kinds["video"]
        assert who is not None
        slot = bookings.available(session, kind.hours, now(house))[20]
        wanted = Wanted(kind, slot.starts_at, "Ana", "Europe/Berlin")
        bookings.book(session, diary, who, wanted, now(house))
    offer(house, "phone")
    return house


def offer(house: House, *kinds: str) -> None:
    left = {slug: house.diary.kinds[slug] for slug in kinds}
    vars(house)["diary"] = replace(house.diary, kinds=left)


def booking(house: House) -> Booking:
    with house.database.reading() as session:
        return session.scalars(select(Booking)).one()


def test_her_emails_still_say_where_it_is(house: House) -> None:
    tick(house)
    tick(house, booking(house).starts_at - timedelta(days=1))
    assert isinstance(house.provider, MemoryProvider)
    sent = house.provider.sent
    [reminder] = [message for message in sent if message.subject.startswith("A reminder")]
    assert PLACE in reminder.text
    assert PLACE in reminder.html
    [invited] = [message for message in sent if message.attachments and message.to != OWNER]
    assert PLACE.replace(";", "\\;").encode() in invited.attachments[0].content


def test_her_page_and_the_owners_still_tell_it(house: House) -> None:
    public = house.settings.web.public_url
    hers = house.links.book(enrolment(house, 1).code).removeprefix(public)
    owners = house.links.session(booking(house).uid).removeprefix(public)
    with pages_of(house) as pages:
        assert PLACE in pages.get(hers).text
        assert "Ana, By video" in pages.get(owners).text


def test_the_list_still_names_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "open_house", lambda: house)
    listed = CliRunner().invoke(command.command, ["list", "--json"])
    assert [one["kind"] for one in json.loads(listed.output)["sessions"]] == ["By video"]


def test_what_is_still_offered_is_told_as_it_is_today(house: House) -> None:
    kept = booking(house)
    phone = house.diary.kinds["phone"]
    today = replace(phone, slug="video", name="In the garden", place="Behind the house")
    diary = replace(house.diary, kinds={"video": today})
    assert (kept.kind_in(diary), kept.place_in(diary)) == ("In the garden", "Behind the house")


def test_moved_it_becomes_one_that_is_offered(house: House) -> None:
    with house.database.transaction() as session:
        kept, phone = session.scalars(select(Booking)).one(), house.diary.kinds["phone"]
        slot = bookings.available(session, phone.hours, now(house), kept)[5]
        wanted = Wanted(phone, slot.starts_at, "Ana", "Europe/Berlin")
        bookings.move(session, house.diary, kept, wanted, now(house))
    offer(house)
    moved = booking(house)
    assert (moved.kind_in(house.diary), moved.place) == ("By phone", moved.place_in(house.diary))
