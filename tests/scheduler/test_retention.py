"""What readers deleted, or left lying as a draft, is deleted for good, wherever it lies."""

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.bootstrap import House
from course import enrolments, reflections, writing
from course.database import Database
from course.drafts import KEPT_DAYS, Draft
from course.reflections import UNDO_LIFE, Reflection
from course.writing import Written
from emails import hook_calls, inbound
from emails.hook_calls import Door, HookCall, arrival
from emails.inbound import ReceivedEmail
from emails.providers.memory import MemoryProvider
from scheduler import retention
from tests.players import postmark
from tests.support.houses import enrolment, go_to, join, now, tick

WORDS = "The violet umbrella."


@pytest.fixture
def house(database: Database, houses: Callable[..., House]) -> House:
    return houses(database, provider=MemoryProvider())


def rows(house: House, model: type) -> int:
    with house.database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def write(house: House, reader: int, many: int, *, drafts: bool) -> None:
    with house.database.transaction() as session:
        found = enrolments.by_id(session, reader, for_update=True)
        assert found is not None
        for _ in range(many):
            act = writing.save if drafts else writing.keep
            act(session, house.vault, found, "one", Written(uuid4().hex, WORDS), now(house))


def put_all_away(house: House) -> None:
    with house.database.transaction() as session:
        for reflection in session.scalars(select(Reflection)):
            reflections.put_away(reflection, now(house))


def test_however_many_were_deleted_all_are_gone_and_no_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHUNK", 2)
    reader = join(house)
    write(house, reader, 5, drafts=False)
    put_all_away(house)
    write(house, reader, 1, drafts=False)
    write(house, reader, 3, drafts=True)
    house.engine.forget()
    assert (rows(house, Reflection), rows(house, Draft)) == (6, 3)
    go_to(house, now(house) + UNDO_LIFE)
    house.engine.forget()
    assert (rows(house, Reflection), rows(house, Draft)) == (1, 3)
    go_to(house, now(house) + timedelta(days=KEPT_DAYS))
    house.engine.forget()
    assert (rows(house, Reflection), rows(house, Draft)) == (1, 0)


def test_with_an_answer_by_hook_its_email_and_the_call_are_emptied(house: House) -> None:
    reader = join(house)
    to = house.links.reply_address(enrolment(house, reader).code, None)
    said = {"From": "ana@example.com", "To": to, "Subject": "Re:", "TextBody": WORDS}
    hook = postmark.sign(json.dumps(said).encode(), now(house))
    with house.database.transaction() as session:
        row = arrival(house.vault, "postmark", Door.INBOUND, uuid4().hex, hook, now(house))
        hook_calls.store(session, [row])
    tick(house)
    put_all_away(house)
    go_to(house, now(house) + UNDO_LIFE)
    house.engine.forget()
    assert rows(house, Reflection) == 0
    with house.database.reading() as session:
        [came] = session.scalars(select(ReceivedEmail))
        [call] = session.scalars(select(HookCall))
        assert (came.verdict, inbound.open_raw(house.vault, came)) == ("reflection", b"")
        assert hook_calls.open_hook(house.vault, call).body == b""
