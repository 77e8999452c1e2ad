"""A reply that SES kept in S3 becomes a reflection, and what can't be had stays in sight."""

import tomllib
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.bootstrap import House
from course.database import Database
from emails import hook_calls
from emails.hook_calls import Door, HookCall
from emails.inbound import ReceivedEmail
from emails.providers.hooks import Hook
from tests.emails.postbag import WORDS
from tests.players import ses
from tests.players.sns import KEY, announced
from tests.support.houses import SHIPPED_SETTINGS, TUESDAY, join, now, tick
from tests.support.providers import Scripted


@pytest.fixture
def rules() -> ses.Rules:
    return ses.Rules()


@pytest.fixture
def house(sqlite: Database, houses: Callable[..., House], rules: ses.Rules) -> Iterator[House]:
    shipped = tomllib.loads(SHIPPED_SETTINGS.read_text())["emails"]
    with ses.make_ses(rules=rules) as player:
        account = {
            "api_key": ses.SECRET_KEY,
            "access_key_id": ses.ACCESS_KEY_ID,
            "region": ses.REGION,
            "inbound_url": player.url,
            "inbound_bucket": ses.BUCKET,
        }
        house = houses(sqlite, provider=Scripted(), emails=shipped | {"ses": account})
        join(house)
        tick(house, TUESDAY)
        yield house


def keep(house: House, hook: Hook) -> None:
    row = hook_calls.arrival(house.vault, "ses", Door.INBOUND, "m-1", hook, now(house))
    with house.database.transaction() as session:
        hook_calls.store(session, [row])
    tick(house)


def call(house: House) -> HookCall:
    with house.database.reading() as session:
        return session.scalars(select(HookCall)).one()


def test_a_reply_in_our_bucket_becomes_a_reflection(house: House, rules: ses.Rules) -> None:
    assert isinstance(house.provider, Scripted)
    # Her program wrote to an address of another kind; whom it was for, the notice alone says.
    mail = f"From: ana@example.com\r\nTo: undisclosed\r\nMessage-ID: <1@x>\r\n\r\n{WORDS}\r\n"
    rules.kept[KEY] = mail.encode()
    keep(house, announced(ses.BUCKET, recipient=house.provider.sent[-1].reply_to))
    with house.database.reading() as session:
        assert session.scalars(select(ReceivedEmail.verdict)).all() == ["reflection"]
    assert (call(house).work_due_at, call(house).trouble) == (None, None)


def test_one_that_is_no_longer_there_stays_in_the_owners_sight(house: House) -> None:
    keep(house, announced(ses.BUCKET))
    assert call(house).trouble == "the vendor no longer has a received email"
    with house.database.reading() as session:
        assert hook_calls.troubled(session) == {("ses", call(house).trouble): 1}


def test_one_that_cannot_be_had_yet_is_tried_again(house: House, rules: ses.Rules) -> None:
    rules.s3_is_down = True
    keep(house, announced(ses.BUCKET))
    assert call(house).trouble is None
    assert call(house).work_due_at == now(house) + timedelta(minutes=2)
    rules.s3_is_down, rules.kept[KEY] = False, b"From: ana@example.com\r\n\r\n"
    tick(house, now(house) + timedelta(minutes=2))
    assert (call(house).work_due_at, call(house).trouble) == (None, None)


def test_in_another_bucket_it_is_named_and_not_fetched(house: House) -> None:
    keep(house, announced("somebody-elses"))
    assert "inbound_bucket" in (call(house).trouble or "")
