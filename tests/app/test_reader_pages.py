"""Leaving, resting and booking, as pages."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select

from app.bootstrap import House
from course.bookings import Booking
from course.enrolments import State
from emails.suppression import Suppression
from tests.support.houses import (
    TUESDAY,
    counts,
    deliveries,
    enrolment,
    go_to,
    join,
    now,
    play,
    tick,
)
from tests.support.letters import PRESSED
from tests.support.pages import press


def path(house: House, page: str, enrolment_id: int) -> str:
    url: str = getattr(house.links, page)(enrolment(house, enrolment_id).code)
    return url.removeprefix(house.settings.web.public_url)


def suppressions(house: House) -> int:
    with house.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Suppression)) or 0


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b"list-unsubscribe=one-click"},
        {"content": b"\xff\x00 One-Click", "headers": {"Content-Type": "multipart/form-data"}},
    ],
    ids=["urlencoded", "multipart", "as nothing in particular", "damaged"],
)
def test_one_click_leaves_whatever_the_shape(
    pages: httpx.Client, house: House, body: dict[str, object]
) -> None:
    reader = join(house)
    for _ in range(2):
        answer = pages.post(path(house, "unsubscribe", reader), **body)  # type: ignore[arg-type]
        assert (answer.status_code, answer.history) == (200, [])
    assert enrolment(house, reader).state == State.LEFT
    assert suppressions(house) == 1
    assert play(house, TUESDAY + timedelta(days=60)) == []


def test_leaving_stops_a_letter_that_is_already_planned(pages: httpx.Client, house: House) -> None:
    from scheduler.planning import plan_due  # noqa: PLC0415  the one test that stops half-way

    reader = join(house)
    plan_due(house.database, house.catalogue, TUESDAY)
    pages.post(path(house, "unsubscribe", reader), data=PRESSED)
    tick(house, TUESDAY)
    assert counts(house) == {"withheld": 1}


def test_looking_at_the_page_leaves_nobody(pages: httpx.Client, house: House) -> None:
    reader = join(house)
    assert pages.get(path(house, "unsubscribe", reader)).text.count("<button") == 1
    assert enrolment(house, reader).state == State.ACTIVE


def test_a_goodbye_can_be_taken_back_for_a_day(pages: httpx.Client, house: House) -> None:
    reader = join(house)
    leaving = path(house, "unsubscribe", reader)
    pages.post(leaving, data=PRESSED)
    pages.post(f"{leaving}/undo", data=PRESSED)
    assert (enrolment(house, reader).state, suppressions(house)) == (State.ACTIVE, 0)
    pages.post(leaving, data=PRESSED)
    go_to(house, now(house) + timedelta(hours=25))
    pages.post(f"{leaving}/undo", data=PRESSED)
    assert (enrolment(house, reader).state, suppressions(house)) == (State.LEFT, 1)


def test_a_rest_moves_the_letters_and_loses_none(pages: httpx.Client, house: House) -> None:
    reader = join(house)
    own = path(house, "letters", reader)
    press(pages, own, "pause", weeks="2").raise_for_status()
    play(house, TUESDAY + timedelta(days=13))
    assert counts(house) == {}
    play(house, TUESDAY + timedelta(days=70))
    assert len(deliveries(house, "lesson")) == 6


def test_going_on_early_brings_the_next_letter_to_the_next_slot(
    pages: httpx.Client, house: House
) -> None:
    reader = join(house)
    own = path(house, "letters", reader)
    press(pages, own, "pause", weeks="4")
    press(pages, own, "resume")
    assert enrolment(house, reader).next_due_at == TUESDAY


def test_only_letters_that_came_can_be_read_again(pages: httpx.Client, house: House) -> None:
    reader = join(house)
    tick(house, TUESDAY)
    own = path(house, "letters", reader)
    assert "Hard to see from inside" in pages.get(f"{own}/hard-to-see").text
    assert pages.get(f"{own}/what-helps").status_code == 404


def choices(page: str) -> list[str]:
    return re.findall(r'name="starts_at"[^>]*value="([^"]+)"', page)


def booked(house: House) -> int:
    with house.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Booking)) or 0


def test_one_slot_many_hands_one_booking(pages: httpx.Client, house: House) -> None:
    readers = [join(house, f"reader{n}@example.com") for n in range(8)]
    paths = [path(house, "book", reader) for reader in readers]
    slot = choices(pages.get(paths[0]).text)[0]
    form = {"starts_at": slot, "name": "Ana", "zone": "Europe/Berlin"}
    with ThreadPoolExecutor(8) as hands:
        answers = list(hands.map(lambda one: pages.post(one, data=form), paths))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert booked(house) == 1
    lost = next(answer for answer in answers if answer.status_code == 409)
    assert len(choices(lost.text)) == 3
    assert 'value="Ana"' in lost.text


def test_pressing_twice_is_one_session(pages: httpx.Client, house: House) -> None:
    booking = path(house, "book", join(house))
    first, second, *_ = choices(pages.get(booking).text)
    for slot in (first, first, second):
        form = {"starts_at": slot, "name": "Ana", "zone": "Europe/Berlin"}
        assert "We have a time" in pages.post(booking, data=form).text
    assert booked(house) == 1


def test_times_are_shown_in_the_zone_that_is_named(pages: httpx.Client, house: House) -> None:
    booking = path(house, "book", join(house))
    berlin, tokyo = pages.get(booking), pages.get(booking, params={"zone": "Asia/Tokyo"})
    assert "Berlin time" in berlin.text
    assert "Tokyo time" in tokyo.text
    assert choices(berlin.text)[0] == choices(tokyo.text)[0]


@pytest.mark.parametrize("slot", ["", "soon", "2026-11-05T03:17:00+00:00", "9999-12-31T23:59:59Z"])
def test_only_what_is_offered_can_be_booked(pages: httpx.Client, house: House, slot: str) -> None:
    form = {"starts_at": slot, "name": "Ana", "zone": "Europe/Berlin"}
    answer = pages.post(path(house, "book", join(house)), data=form)
    assert answer.status_code in {409, 422}
    assert booked(house) == 0
