"""More sign-ups than usual: who is let in, who waits for the owner, and what either is told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from app.bootstrap import House
from app.cli import sign_ups
from app.overview import look
from course import review
from course.catalogue import Catalogue
from course.database import Database
from course.subscribers import mailbox_of
from emails.providers.memory import MemoryProvider
from scheduler import retention
from scheduler.reasons import Why
from tests.support.houses import (
    COURSE,
    deliveries,
    go_to,
    join,
    leave,
    make_house,
    now,
    shipped_catalogue,
    sign_up,
    tick,
)
from tests.support.letters import PRESSED
from tests.support.pages import pages_of
from tests.support.proofs import proof

PAGE, API = f"/courses/{COURSE}", f"/api/v1/courses/{COURSE}/subscribers"
LIMITS = {"per_hour": 12, "per_network": 8}


@pytest.fixture
def provider() -> MemoryProvider:
    return MemoryProvider()


@pytest.fixture
def house(sqlite: Database, provider: MemoryProvider) -> Iterator[House]:
    house = make_house(sqlite, provider=provider, sign_ups=LIMITS)
    yield house
    house.life.end()


def ask(
    pages: httpx.Client, number: int, *, network: int = 1, path: str = PAGE, **fields: str
) -> httpx.Response:
    """A stranger from another network, whose address the proxy on this machine tells."""
    form = {"email": f"reader{number}@example.com", "consent": "yes"} | fields
    return pages.post(path, data=form, headers={"X-Forwarded-For": f"20.0.{network}.{number}"})


def waiting(house: House) -> list[str]:
    with house.database.reading() as session:
        return [held.email for held in review.oldest_first(session)]


def told(house: House) -> list[str]:
    with house.database.reading() as session:
        return [line for line in look(session, "memory", now(house)).attention if "sign-up" in line]


def test_above_the_limit_of_a_network_a_sign_up_is_kept_for_the_owner(
    pages: httpx.Client, house: House
) -> None:
    answers = [ask(pages, n).status_code for n in range(4)]
    assert answers == [200, 200, 202, 202]
    assert waiting(house) == ["reader2@example.com", "reader3@example.com"]
    assert ask(pages, 5, network=2).status_code == 200
    assert len(told(house)) == 1
    assert "2 sign-ups wait for your look" in told(house)[0]


def test_what_comes_without_proof_leaves_room_for_what_comes_with_it(
    pages: httpx.Client, house: House
) -> None:
    without = [ask(pages, n, network=n).status_code for n in range(9)]
    assert without == [200] * 3 + [202] * 6
    proven = [ask(pages, n, network=n, altcha=proof(house)).status_code for n in range(20, 30)]
    assert proven == [200] * 9 + [202]
    go_to(house, now(house) + timedelta(hours=1))
    assert ask(pages, 40).status_code == 200


@pytest.mark.parametrize("path", [PAGE, API])
def test_a_proof_is_good_once_for_an_hour_and_only_as_we_asked_for_it(
    pages: httpx.Client, house: House, path: str
) -> None:
    good, old = proof(house), proof(house, data={"until": int(now(house).timestamp()) - 1})
    forged = proof(house, hmac_secret=b"another")
    unsolved = proof(house, key_prefix="")[:-8]
    for n in range(3):
        ask(pages, n, network=n)

    def status(number: int, altcha: str) -> str:
        if path == PAGE:
            answer = ask(pages, number, network=number, altcha=altcha)
            return "in" if answer.status_code == 200 else "held"
        said = {"email": f"r{number}@example.com", "consent": True, "altcha": altcha}
        answer = pages.post(API, json=said, headers={"X-Forwarded-For": f"20.1.{number}.1"})
        return "in" if answer.json()["status"] == "asked" else "held"

    tried = [good, good, old, forged, unsolved, "", "nonsense", "bnVsbA=="]
    assert [status(10 + n, one) for n, one in enumerate(tried)] == ["in"] + ["held"] * 7


def test_a_field_nobody_sees_is_filled_in_by_machines_only(
    pages: httpx.Client, house: House
) -> None:
    assert ask(pages, 1, remark="https://buy.example").status_code == 202
    assert waiting(house) == ["reader1@example.com"]
    tick(house)
    assert deliveries(house) == []


def test_a_form_sent_too_soon_or_too_late_comes_back_as_it_was(
    pages: httpx.Client, house: House
) -> None:
    def handed_out() -> str:
        return pages.get(PAGE).text.split('name="opened" value="')[1].split('"')[0]

    opened = handed_out()
    for wait, status in ((1, 422), (3, 200), (25 * 3600, 422)):
        go_to(house, now(house) + timedelta(seconds=wait))
        answer = ask(pages, wait, opened=opened, name="Ana")
        assert answer.status_code == status
        if status == 422:
            assert 'value="Ana"' in answer.text
            assert f'value="reader{wait}@example.com"' in answer.text
            assert 'href="#form"' in answer.text
            # The button works at the second press, or a moment later.
            assert opened not in answer.text
    assert ask(pages, 50, opened="forged").status_code == 422
    # Whose browser has done the work needn't wait.
    assert ask(pages, 51, opened=handed_out(), altcha=proof(house)).status_code == 200


def test_the_owner_lets_them_in_or_discards_them_with_one_command(
    pages: httpx.Client, house: House, provider: MemoryProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_ups, "open_house", lambda: house)
    for n in range(6):
        ask(pages, n)
    tick(house)
    run = CliRunner().invoke
    assert "reader5@example.com" in run(sign_ups.command).output
    assert run(sign_ups.command, ["let-in"]).exit_code == 1
    run(sign_ups.command, ["let-in", "reader2@example.com", "reader3@example.com"])
    assert waiting(house) == ["reader4@example.com", "reader5@example.com"]
    tick(house)
    assert sorted(message.to for message in provider.sent) == [
        f"reader{n}@example.com" for n in range(4)
    ]
    assert "2 discarded" in run(sign_ups.command, ["discard", "--all"]).output
    assert told(house) == []
    tick(house, now(house) + timedelta(days=2))
    assert len(provider.sent) == 4


def test_what_nobody_looks_at_is_deleted(pages: httpx.Client, house: House) -> None:
    for n in range(3):
        ask(pages, n)
    retention.forget_sign_ups(house.database, now(house) + timedelta(days=13))
    assert len(waiting(house)) == 1
    retention.forget_sign_ups(house.database, now(house) + timedelta(days=15))
    assert waiting(house) == []


def test_what_would_fill_the_disk_is_refused_in_words(
    pages: httpx.Client, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "AT_MOST", 1)
    answers = [ask(pages, n) for n in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 202, 429]
    assert "try again in an hour" in answers[-1].text
    assert len(waiting(house)) == 1


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/frame"])
def test_limits_and_answers_tell_nobody_who_reads(pages: httpx.Client, path: str) -> None:
    known = ask(pages, 1, network=1, path=path)
    again, new = (ask(pages, n, network=n + 5, path=path) for n in (1, 2))
    assert known.text == again.text == new.text


def test_all_spellings_of_a_mailbox_share_one_limit(
    pages: httpx.Client, house: House, provider: MemoryProvider
) -> None:
    spelt = ("a.na@gmail.com", "ana+1@gmail.com", "ana@googlemail.com", "an.a+x@gmail.com")
    for n, email in enumerate(spelt):
        assert ask(pages, n, network=n, email=email, altcha=proof(house)).status_code == 200
    tick(house)
    tick(house, now(house) + timedelta(days=3))
    # The first, and one of what was asked for beside it, on the day after.
    assert len(provider.sent) <= 2
    assert {mailbox_of(message.to) for message in provider.sent} == {"ana@gmail.com"}


def test_a_confirmation_carries_no_word_a_stranger_can_choose(
    pages: httpx.Client, house: House, provider: MemoryProvider
) -> None:
    ask(pages, 1, name="Mallory wins", timezone="Asia/Tokyo", remark="")
    tick(house)
    (message,) = provider.sent
    everything = f"{message.subject} {message.html} {message.text} {dict(message.headers)}"
    assert "Mallory" not in everything
    assert "Tokyo" not in everything


@pytest.fixture
def several(sqlite: Database, provider: MemoryProvider) -> Iterator[House]:
    course = shipped_catalogue()[COURSE]
    slugs = (COURSE, "second", "closed")
    courses = {slug: replace(course, slug=slug, title=f"About {slug}") for slug in slugs}
    courses["closed"] = replace(courses["closed"], closed="The next round begins in March.")
    house = make_house(sqlite, provider=provider, catalogue=Catalogue(courses))
    yield house
    house.life.end()


def test_two_courses_asked_for_on_one_day_are_confirmed_on_one_page(
    several: House, provider: MemoryProvider
) -> None:
    with pages_of(several) as pages:
        for path in (PAGE, "/courses/second"):
            ask(pages, 1, path=path)
        tick(several)
        (message,) = provider.sent
        page = several.links.page("confirm")
        path = message.text.split(page)[1].split()[0]
        shown = pages.get(f"/confirm{path}").text
        assert "About second" in shown
        assert "checked" not in shown
        done = pages.post(f"/confirm{path}", data=PRESSED | {"also": "second"}).text
        assert "About second" in done
        # What is confirmed needn't be asked again on the day after.
        tick(several, now(several) + timedelta(hours=26))
    assert len([m for m in provider.sent if "confirm" in m.subject]) == 1


def test_a_second_course_is_asked_about_on_the_next_day(
    several: House, provider: MemoryProvider
) -> None:
    with pages_of(several) as pages:
        for path in (PAGE, "/courses/second"):
            ask(pages, 1, path=path)
    tick(several)
    tick(several, now(several) + timedelta(hours=20))
    assert len(provider.sent) == 1
    tick(several, now(several) + timedelta(hours=6))
    assert ["About second" in message.text for message in provider.sent] == [False, True]


def test_after_an_outage_the_newest_of_two_questions_goes_and_no_other(
    several: House, provider: MemoryProvider
) -> None:
    with pages_of(several) as pages:
        for path in (PAGE, "/courses/second"):
            ask(pages, 1, path=path)
    tick(several, now(several) + timedelta(hours=30))
    assert ["About second" in message.text for message in provider.sent] == [True]
    assert [d.reason for d in deliveries(several) if d.state == "withheld"] == [Why.ASKED_TODAY]


def test_a_closed_course_says_so_in_place_of_the_form(several: House) -> None:
    with pages_of(several) as pages:
        for path in ("/courses/closed", "/courses/closed/frame", "/"):
            page = pages.get(path)
            assert page.status_code == 200
            assert "The next round begins in March." in page.text
            assert "<form" not in page.text
        refused = [
            ask(pages, 1, path=path) for path in ("/courses/closed", "/courses/closed/frame")
        ]
        said = {"email": "ana@example.com", "consent": True}
        refused.append(pages.post("/api/v1/courses/closed/subscribers", json=said))
    assert [answer.status_code for answer in refused] == [409] * 3
    assert all("in March" in answer.text for answer in refused)
    assert deliveries(several) == []


def test_a_full_course_takes_nobody_until_a_place_is_free(
    sqlite: Database, provider: MemoryProvider
) -> None:
    course = replace(shipped_catalogue()[COURSE], places=2)
    house = make_house(sqlite, provider=provider, catalogue=Catalogue({COURSE: course}))
    sign_up(house, "waiting@example.com")
    first, _ = join(house), join(house, "bo@example.com")
    said = {"email": "new@example.com", "consent": True}
    with pages_of(house) as pages:
        assert "All places are taken just now." in pages.get(PAGE).text
        assert "<form" not in pages.get(PAGE).text
        assert ask(pages, 1).status_code == 409
        answer = pages.post(f"/api/v1{PAGE}/subscribers", json=said)
        assert (answer.status_code, answer.json()["status"]) == (409, "closed")
        leave(house, first)
        assert "<form" in pages.get(PAGE).text
        assert ask(pages, 1).status_code == 200
    house.life.end()


@pytest.mark.parametrize(
    ("said", "status", "word"),
    [
        ({"email": "ana@example.com", "consent": True}, 202, "asked"),
        ({"email": "ana@example.com", "consent": False}, 422, "consent"),
        ({"email": "nonsense", "consent": True}, 422, "name@example.com"),
        ({"email": "ana@example.com", "timezone": "Mars", "consent": True}, 422, "time zone"),
        ({"consent": True}, 422, "error"),
        ([], 422, "error"),
    ],
)
def test_the_api_answers_in_json_with_a_sentence(
    pages: httpx.Client, said: Any, status: int, word: str
) -> None:
    answer = pages.post(API, json=said)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert word in answer.text
    assert pages.post("/api/v1/courses/nowhere/subscribers", json=said).status_code in {404, 422}


def test_only_the_form_may_be_shown_in_a_frame(pages: httpx.Client) -> None:
    framed = [pages.get(f"{PAGE}/frame"), ask(pages, 1, path=f"{PAGE}/frame")]
    assert all("frame-ancestors *" in page.headers["content-security-policy"] for page in framed)
    for path in ("/", PAGE, f"{PAGE}/embed"):
        policy = pages.get(path).headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
