"""Booking, moving and cancelling on the pages, and what the owner answers on hers."""

import re
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from app.bootstrap import House
from app.cli import bookings as command
from course import bookings, enrolments
from course.bookings import Booking
from course.database import Database
from emails.providers.memory import MemoryProvider
from tests.support.houses import SHIPPED_SETTINGS, enrolment, go_to, join, make_house, now
from tests.support.letters import PRESSED
from tests.support.pages import pages_of

RACES = 100


def path(house: House, reader: int) -> str:
    url = house.links.book(enrolment(house, reader).code)
    return url.removeprefix(house.settings.web.public_url)


def owner_path(house: House) -> str:
    (booking,) = all_of(house)
    return house.links.session(booking.uid).removeprefix(house.settings.web.public_url)


def all_of(house: House) -> list[Booking]:
    with house.database.reading() as session:
        return list(session.scalars(select(Booking).order_by(Booking.id)))


def times(page: str) -> list[str]:
    return re.findall(r'name="starts_at"[^>]*value="([^"]+)"', page)


def named(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))


def cancel(pages: httpx.Client, own: str) -> httpx.Response:
    page = pages.get(f"{own}/cancel").text
    return pages.post(f"{own}/cancel", data=named(page) | PRESSED)


def book(pages: httpx.Client, own: str, **changes: str) -> httpx.Response:
    page = pages.get(own).text
    form = named(page) | {"starts_at": times(page)[0], "name": "Ana"} | changes
    return pages.post(own, data=form)


def with_booking(**changes: object) -> dict[str, Any]:
    shipped = tomllib.loads(SHIPPED_SETTINGS.read_text(encoding="utf-8"))["booking"]
    return {"booking": shipped | changes}


@pytest.fixture
def asking(sqlite: Database) -> Iterator[tuple[House, httpx.Client]]:
    """A house whose owner confirms each session."""
    house = make_house(sqlite, provider=MemoryProvider(), **with_booking(confirm="owner"))
    with pages_of(house) as client:
        yield house, client
    house.life.end()


def test_moved_by_its_reader_the_old_time_is_free_again(pages: httpx.Client, house: House) -> None:
    own, other = path(house, join(house)), path(house, join(house, "eve@example.com"))
    first = times(pages.get(own).text)[0]
    book(pages, own)
    page = pages.get(f"{own}/move").text
    assert first not in times(page)
    second = times(page)[0]
    answer = pages.post(f"{own}/move", data=named(page) | {"starts_at": second})
    assert "We have a time" in answer.text
    assert [slot.starts_at.isoformat()[:16] for slot in all_of(house)] == [second[:16]]
    assert first in times(pages.get(other).text)
    assert second not in times(pages.get(other).text)


def test_cancelled_by_its_reader_it_is_free_again_and_she_may_book_anew(
    pages: httpx.Client, house: House
) -> None:
    own = path(house, join(house))
    first = times(pages.get(own).text)[0]
    book(pages, own)
    assert "Cancel the session?" in pages.get(f"{own}/cancel").text
    for says in ("The session is cancelled", "You have no session ahead"):
        assert says in cancel(pages, own).text
    assert first in times(pages.get(own).text)
    go_to(house, now(house) + timedelta(minutes=1))
    assert "We have a time" in book(pages, own).text


def test_an_old_window_changes_no_session_but_its_own(pages: httpx.Client, house: House) -> None:
    own = path(house, join(house))
    book(pages, own)
    old_cancel, old_move = (pages.get(f"{own}/{each}").text for each in ("cancel", "move"))
    cancel(pages, own)
    book(pages, own)
    at = all_of(house)[-1].starts_at
    assert "We have a time" in pages.post(f"{own}/cancel", data=named(old_cancel) | PRESSED).text
    pages.post(f"{own}/move", data=named(old_move) | {"starts_at": times(old_move)[1]})
    newest = all_of(house)[-1]
    assert (newest.cancelled_at, newest.starts_at) == (None, at)


def test_without_a_session_there_is_nothing_to_move_or_cancel(
    pages: httpx.Client, house: House
) -> None:
    own = path(house, join(house))
    for each in ("move", "cancel"):
        assert "no session ahead" in pages.get(f"{own}/{each}").text
        assert "no session ahead" in pages.post(f"{own}/{each}", data=PRESSED).text


def test_a_lost_time_keeps_the_words_and_offers_the_three_nearest(
    pages: httpx.Client, house: House
) -> None:
    own, other = path(house, join(house)), path(house, join(house, "eve@example.com"))
    book(pages, other)
    slot = all_of(house)[0].starts_at.isoformat()
    lost = book(pages, own, starts_at=slot, name="Ana & Bo", note="Ring <twice>.")
    assert lost.status_code == 409
    assert len(times(lost.text)) == 3
    assert 'value="Ana &amp; Bo"' in lost.text
    assert "Ring &lt;twice&gt;.</textarea>" in lost.text


def test_a_note_is_kept_sealed_and_a_long_one_is_kept_on_the_page(
    pages: httpx.Client, house: House
) -> None:
    own = path(house, join(house))
    long = book(pages, own, note="x" * 1001)
    assert long.status_code == 422
    assert f"{'x' * 1001}</textarea>" in long.text
    book(pages, own, note="Ring twice.")
    (booking,) = all_of(house)
    assert booking.opened_note(house.vault) == "Ring twice."


def test_each_kind_has_its_own_length(pages: httpx.Client, house: House) -> None:
    own = path(house, join(house))
    assert "takes 25 minutes" in pages.get(own, params={"kind": "phone"}).text
    book(pages, own, kind="phone")
    (booking,) = all_of(house)
    assert booking.ends_at - booking.starts_at == timedelta(minutes=25)
    assert "25 minutes with" in pages.get(own).text


@pytest.mark.parametrize(
    ("language", "params", "shown"),
    [
        ("en-US,en;q=0.9", {}, "3:00 pm"),
        ("de-DE,de;q=0.9", {}, "15:00"),
        ("", {}, "15:00"),
        ("en-US", {"clock": "24"}, "15:00"),
        ("de", {"clock": "12"}, "3:00 pm"),
    ],
)
def test_the_clock_is_that_of_the_browsers_language_or_as_chosen(
    pages: httpx.Client, house: House, language: str, params: dict[str, str], shown: str
) -> None:
    own = path(house, join(house))
    page = pages.get(own, params=params, headers={"accept-language": language}).text
    assert f"<span>{shown}</span>" in page


def test_the_list_shows_every_free_time_there_is(pages: httpx.Client, house: House) -> None:
    own = path(house, join(house))
    with house.database.reading() as session:
        hours = house.diary.kinds["video"].hours
        free = bookings.available(session, hours, now(house))
    assert len(times(pages.get(own, params={"list": "1"}).text)) == len(free)


def test_where_nothing_is_free_it_is_said_calmly(sqlite: Database) -> None:
    closed = with_booking(days_off=["2026-11-01 to 2026-12-24"])
    house = make_house(sqlite, provider=MemoryProvider(), **closed)
    with pages_of(house) as pages:
        assert "no free time just now" in pages.get(path(house, join(house))).text
    house.life.end()


def test_what_the_owner_confirms_is_booked(asking: tuple[House, httpx.Client]) -> None:
    house, pages = asking
    own = path(house, join(house))
    assert "You have asked for a time" in book(pages, own).text
    page = owner_path(house)
    assert "A session is asked for" in pages.get(page).text
    assert all_of(house)[0].confirmed_at is None
    for _ in range(2):
        assert "A session is booked" in pages.post(page, data={"answer": "yes"}).text
    assert all_of(house)[0].sequence == 1
    assert "We have a time" in pages.get(own).text


def test_what_the_owner_declines_is_free_again(asking: tuple[House, httpx.Client]) -> None:
    house, pages = asking
    own = path(house, join(house))
    first = times(pages.get(own).text)[0]
    book(pages, own)
    answer = pages.post(owner_path(house), data={"answer": "no"})
    assert "This session is cancelled" in answer.text
    assert all_of(house)[0].cancelled_by_owner
    assert first in times(pages.get(own).text)


def test_a_press_of_no_button_answers_nothing(asking: tuple[House, httpx.Client]) -> None:
    house, pages = asking
    book(pages, path(house, join(house)))
    assert "A session is asked for" in pages.post(owner_path(house)).text


def test_a_readers_link_is_no_key_to_the_owners_page(pages: httpx.Client, house: House) -> None:
    own = path(house, join(house))
    book(pages, own)
    token = own.rpartition("/")[2]
    assert pages.post(f"/session/{token}", data={"answer": "no"}).status_code == 404
    assert all_of(house)[0].cancelled_at is None


def test_a_hundred_races_have_a_hundred_winners(database: Database) -> None:
    """Two go for one time: one has it, the other is told."""
    house = make_house(database, provider=MemoryProvider())
    ours, theirs = (path(house, join(house, f"{name}@example.com")) for name in ("ana", "eve"))
    start = Barrier(2)

    def press(own: str, form: dict[str, str]) -> int:
        start.wait()
        return pages.post(own, data=form).status_code

    with pages_of(house) as pages, ThreadPoolExecutor(2) as hands:
        page = pages.get(ours).text
        slot = times(page)[0]
        form = named(page) | {"starts_at": slot, "name": "Ana"}
        for _ in range(RACES):
            answers = hands.map(press, (ours, theirs), (form, form))
            assert sorted(answers) == [200, 409]
            assert free_again(house).isoformat()[:16] == slot[:16]
    assert len(all_of(house)) == RACES
    house.life.end()


def free_again(house: House) -> datetime:
    """The one session there is, cancelled; returns when it would have been."""
    with house.database.transaction() as session:
        (booking,) = session.scalars(select(Booking).where(Booking.cancelled_at.is_(None)))
        reader = enrolments.by_id(session, booking.enrolment_id)
        assert reader is not None
        bookings.cancel(session, house.diary, booking, reader, now(house))
        return booking.starts_at


def test_the_owner_answers_at_the_command_line_as_well(
    asking: tuple[House, httpx.Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, pages = asking
    own = path(house, join(house))
    book(pages, own, note="Ring twice.")
    monkeypatch.setattr(command, "open_house", lambda: house)
    shown = typed("list")
    assert "Ring twice." in shown
    assert "waits for your word" in shown
    name = shown.split()[0]
    assert "Confirmed" in typed("confirm", name)
    assert "waits" not in typed("list")
    assert "Cancelled" in typed("cancel", name)
    assert "No session lies ahead" in typed("list")
    assert "No session ahead is called" in typed("confirm", name)


def typed(*words: str) -> str:
    result = CliRunner().invoke(command.command, words)
    return result.output + str(result.exception or "")
