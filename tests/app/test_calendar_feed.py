"""The owner's own calendar of all sessions, at an address that nobody else knows."""

import logging
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from icalendar import Calendar

from app.bootstrap import House
from app.cli import bookings as command
from course import bookings, enrolments, feed
from course.bookings import Booking
from course.diary import Wanted
from emails.links import Purpose
from tests.support.houses import enrolment, go_to, join, now
from tests.support.snapshots import everything

NOTE = "Since the spring I sleep badly."


@pytest.fixture
def run(house: House, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(command, "open_house", lambda: house)
    return lambda *words: CliRunner().invoke(command.command, words, catch_exceptions=False)


@pytest.fixture
def path(house: House) -> str:
    """Where the feed is, made anew."""
    return renewed(house)


def renewed(house: House) -> str:
    with house.database.transaction() as session:
        return own_path(house, feed.renew(session, now(house)))


def own_path(house: House, code: str) -> str:
    return house.links.calendar(code).removeprefix(house.settings.web.public_url)


def book(house: House, email: str, day: int = 0) -> tuple[int, Booking]:
    reader = join(house, email)
    kind = house.diary.kinds["video"]
    with house.database.transaction() as session:
        found = enrolments.by_id(session, reader, for_update=True)
        assert found is not None
        at = bookings.available(session, kind.hours, now(house))[day].starts_at
        wanted = Wanted(kind, at, email.partition("@")[0], "Europe/Lisbon", NOTE)
        return reader, bookings.book(session, house.diary, found, wanted, now(house))


def cancel(house: House, reader: int, booking: Booking) -> None:
    with house.database.transaction() as session:
        found = bookings.by_uid(session, booking.uid, for_update=True)
        whose = enrolments.by_id(session, reader, for_update=True)
        assert found is not None
        assert whose is not None
        bookings.cancel(session, house.diary, found, whose, now(house))


def events(answer: httpx.Response) -> list[Any]:
    assert answer.status_code == 200
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def test_every_session_that_stands_is_in_it_with_name_and_kind(
    pages: httpx.Client, house: House, path: str
) -> None:
    assert events(pages.get(path)) == []
    _, booking = book(house, "ana@example.com")
    reader, called_off = book(house, "bo@example.com", 1)
    answer = pages.get(path)
    first, _ = events(answer)
    assert first["UID"] == f"{booking.uid}@{house.stationery.sender.domain}"
    assert (first["SUMMARY"], first["STATUS"]) == ("Session with ana (By video)", "CONFIRMED")
    assert first.start == booking.starts_at
    cancel(house, reader, called_off)
    assert [each["UID"] for each in events(pages.get(path))] == [first["UID"]]


def test_neither_note_nor_address_of_a_reader_is_in_it(
    pages: httpx.Client, house: House, path: str
) -> None:
    reader, _ = book(house, "ana@example.com")
    text = pages.get(path).text.replace("\r\n ", "")
    for private in (NOTE, "ana@example.com", "@example.com", enrolment(house, reader).code):
        assert private not in text
    assert house.settings.owner.email not in text


def test_what_is_asked_for_is_tentative_until_the_owner_says_yes(
    pages: httpx.Client, house: House, path: str
) -> None:
    _, booking = book(house, "ana@example.com")
    with house.database.transaction() as session:
        found = bookings.by_uid(session, booking.uid, for_update=True)
        assert found is not None
        found.confirmed_at = None
    assert events(pages.get(path))[0]["STATUS"] == "TENTATIVE"


def test_what_is_over_stays_for_a_month(pages: httpx.Client, house: House, path: str) -> None:
    _, booking = book(house, "ana@example.com")
    go_to(house, booking.ends_at + timedelta(days=29))
    assert len(events(pages.get(path))) == 1
    go_to(house, booking.ends_at + timedelta(days=31))
    assert events(pages.get(path)) == []


def test_it_is_private_to_caches_and_changes_nothing(
    pages: httpx.Client, house: House, path: str
) -> None:
    before = everything(house.database)
    answer = pages.get(path)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-store"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert pages.head(path).headers["content-type"] == answer.headers["content-type"]
    assert everything(house.database) == before


def test_a_new_address_ends_the_old_one(pages: httpx.Client, house: House, path: str) -> None:
    new = renewed(house)
    assert pages.get(path).status_code == 404
    assert "lettercourse bookings calendar" in pages.get(path).text
    assert pages.get(new).status_code == 200


def test_nobody_else_finds_it(pages: httpx.Client, house: House, path: str) -> None:
    reader, booking = book(house, "ana@example.com")
    code = enrolment(house, reader).code
    others = [
        path.replace(".ics", ""),
        path.replace("/calendar/", "/calendar/a"),
        "/calendar/.ics",
        f"/calendar/{house.tokens.sign(Purpose.BOOK, code)}.ics",
        f"/calendar/{house.tokens.sign(Purpose.SESSION, booking.uid)}.ics",
        own_path(house, booking.uid),
        own_path(house, ""),
    ]
    for other in others:
        assert pages.get(other).status_code == 404, other
        assert "Session with" not in pages.get(other).text


def test_before_the_owner_asks_for_one_there_is_none(pages: httpx.Client, house: House) -> None:
    assert pages.get(own_path(house, "0" * 32)).status_code == 404


def test_the_address_stands_in_no_log(
    pages: httpx.Client,
    house: House,
    path: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    for of_the_tests_own_client in ("httpx", "httpcore.http11", "httpcore.connection"):
        monkeypatch.setattr(logging.getLogger(of_the_tests_own_client), "disabled", True)
    pages.get(path)
    renewed(house)
    pages.get(path)

    def fail(_session: object, since: datetime) -> list[Booking]:
        raise ValueError(f"{path} {since}")

    monkeypatch.setattr(bookings, "not_cancelled", fail)
    assert pages.get(renewed(house)).status_code == 500
    assert "A page failed with ValueError" in caplog.text
    assert path.removeprefix("/calendar/").removesuffix(".ics") not in caplog.text


def test_the_command_prints_the_same_address_until_it_is_renewed(
    run: Any, house: House, pages: httpx.Client
) -> None:
    first, again, renewed = run("calendar"), run("calendar"), run("calendar", "--renew")
    assert first.output == again.output != renewed.output
    address, advice = first.output.splitlines()
    assert address.startswith(f"{house.settings.web.public_url}/calendar/")
    assert "subscribe" in advice
    now_good = renewed.output.splitlines()[0]
    assert pages.get(now_good.removeprefix(house.settings.web.public_url)).status_code == 200
    assert pages.get(address.removeprefix(house.settings.web.public_url)).status_code == 404
