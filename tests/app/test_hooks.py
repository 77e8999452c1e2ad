"""A vendor calls our webhooks, over real HTTP: verified, kept once, and understood afterwards."""

import json
import threading
import tomllib
from collections.abc import Callable, Iterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from app.bootstrap import House
from course.database import Database
from emails.hook_calls import KEPT_FOR, HookCall
from emails.inbound import ReceivedEmail
from emails.providers.hooks import Hook
from scheduler.receipts import Receipt
from tests.emails.postbag import WORDS
from tests.players import mailersend, postmark, resend
from tests.support.houses import (
    SHIPPED_SETTINGS,
    TUESDAY,
    deliveries,
    go_to,
    join,
    now,
    tick,
)
from tests.support.pages import pages_of
from tests.support.providers import Scripted

EMAILS = {
    "resend": {"webhook_secret": resend.WEBHOOK_SECRET},
    "postmark": {"webhook_secret": postmark.WEBHOOK_SECRET},
}


@pytest.fixture
def house(database: Database, houses: Callable[..., House]) -> House:
    shipped = tomllib.loads(SHIPPED_SETTINGS.read_text())["emails"]
    house = houses(database, provider=Scripted(), emails=shipped | EMAILS)
    join(house)
    tick(house, TUESDAY)
    return house


@pytest.fixture
def web(house: House) -> Iterator[httpx.Client]:
    with pages_of(house) as client:
        yield client


def delivered(house: House) -> bytes:
    [letter] = deliveries(house, "lesson")
    said = {
        "type": "email.delivered",
        "created_at": TUESDAY.isoformat(),
        "data": {"email_id": "1", "to": ["ana@example.com"], "tags": {"key": letter.key}},
    }
    return json.dumps(said).encode()


def post(web: httpx.Client, path: str, hook: Hook) -> httpx.Response:
    return web.post(path, content=hook.body, headers=dict(hook.headers))


def calls(house: House) -> list[HookCall]:
    with house.database.reading() as session:
        return list(session.scalars(select(HookCall).order_by(HookCall.received_at)))


def receipts(house: House) -> list[Receipt]:
    with house.database.reading() as session:
        return list(session.scalars(select(Receipt)))


def test_a_receipt_is_kept_at_once_and_understood_by_the_next_tick(
    house: House, web: httpx.Client
) -> None:
    answer = post(web, "/hooks/resend/events", resend.sign(delivered(house), now(house)))
    assert (answer.status_code, answer.json()) == (200, {"status": "kept"})
    assert receipts(house) == []
    tick(house)
    [receipt] = receipts(house)
    assert receipt.delivered_at == TUESDAY
    [call] = calls(house)
    assert (call.work_due_at, call.trouble) == (None, None)


def test_told_a_hundred_times_at_once_it_is_kept_once(house: House, web: httpx.Client) -> None:
    hook = resend.sign(delivered(house), now(house))
    answers: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: answers.append(post(web, "/hooks/resend/events", hook).status_code)
        )
        for _ in range(100)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 100
    assert len(calls(house)) == 1


@pytest.mark.parametrize("door", ["events", "inbound"])
def test_a_stranger_is_refused_in_words_and_nothing_is_kept(
    house: House, web: httpx.Client, door: str
) -> None:
    for vendor in ("resend", "postmark"):
        answer = web.post(f"/hooks/{vendor}/{door}", content=b"{}")
        assert answer.status_code == 401
        assert "refused" in answer.json()["error"]
    assert calls(house) == []


def test_a_vendor_we_have_never_heard_of_is_not_found(web: httpx.Client) -> None:
    assert web.post("/hooks/pigeon/events", content=b"{}").status_code == 404
    assert web.post("/hooks/resend/telephone", content=b"{}").status_code == 404
    assert web.get("/hooks/resend/events").status_code == 405


def test_a_call_kept_back_for_an_hour_is_refused(house: House, web: httpx.Client) -> None:
    hook = resend.sign(delivered(house), now(house) - timedelta(hours=1))
    assert post(web, "/hooks/resend/events", hook).status_code == 401


def test_what_cannot_be_read_is_kept_and_named(house: House, web: httpx.Client) -> None:
    hook = postmark.sign(b"[1, 2", now(house))
    assert post(web, "/hooks/postmark/events", hook).status_code == 200
    tick(house)
    [call] = calls(house)
    assert call.trouble == "the body isn't JSON"


@pytest.mark.parametrize("door", ["events", "inbound"])
def test_a_vendor_that_only_tries_us_is_answered_and_nobody_is_bothered(
    house: House, web: httpx.Client, door: str
) -> None:
    hook = mailersend.sign_as_a_ping(mailersend.PING)
    answer = post(web, f"/hooks/mailersend/{door}", hook)
    assert (answer.status_code, answer.json()) == (200, {"status": "heard"})
    assert calls(house) == []


def test_too_much_is_refused(web: httpx.Client, house: House) -> None:
    hook = postmark.sign(b" " * (4 * 1024 * 1024 + 1), now(house))
    assert post(web, "/hooks/postmark/events", hook).status_code == 413


def test_an_answer_that_comes_by_hook_becomes_a_reflection(house: House, web: httpx.Client) -> None:
    assert isinstance(house.provider, Scripted)
    reply_to = house.provider.sent[-1].reply_to
    said = {"From": "ana@example.com", "To": reply_to, "Subject": "Re:", "TextBody": WORDS}
    hook = postmark.sign(json.dumps(said).encode(), now(house))
    assert post(web, "/hooks/postmark/inbound", hook).json() == {"status": "kept"}
    assert post(web, "/hooks/postmark/inbound", hook).json() == {"status": "known"}
    tick(house)
    with house.database.reading() as session:
        [received] = session.scalars(select(ReceivedEmail))
    assert received.verdict == "reflection"
    assert deliveries(house, "acknowledgement")


def test_nothing_that_was_told_lies_in_clear(house: House, web: httpx.Client) -> None:
    post(web, "/hooks/resend/events", resend.sign(delivered(house), now(house)))
    [call] = calls(house)
    assert b"ana@example.com" not in call.sealed
    assert WORDS.encode() not in call.sealed


def test_calls_are_forgotten_when_they_have_been_worked_for_long(
    house: House, web: httpx.Client
) -> None:
    post(web, "/hooks/resend/events", resend.sign(delivered(house), now(house)))
    tick(house)
    house.engine.forget()
    assert len(calls(house)) == 1
    go_to(house, TUESDAY + KEPT_FOR + timedelta(minutes=1))
    house.engine.forget()
    assert calls(house) == []
