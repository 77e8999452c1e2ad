"""What only Resend does: keys that are kept, attachments alone, an answer in two lists."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from emails.providers.base import Accepted, AccountPaused, TryLater, Unknown
from emails.providers.resend import ResendOptions, ResendProvider
from tests.players.faults import Fault, Kind
from tests.players.played import SHORT_SECONDS
from tests.players.resend import API_KEY, Rules, make_resend
from tests.players.vendor import Journal, Player, Verdict
from tests.support.messages import CALENDAR_FILE, message, messages
from tests.support.vendors import VENDORS, Stage, on_stage

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def stage() -> Iterator[Stage]:
    with on_stage(VENDORS[0]) as stage:
        yield stage


def test_a_repeat_under_the_same_key_gets_the_same_answer_and_sends_nothing_more(
    stage: Stage,
) -> None:
    batch = messages(3)
    first = stage.provider.send(batch, KEY)
    assert stage.provider.send(batch, KEY) == first
    assert len(stage.arrived) == 3


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("kind", [Kind.DROP, Kind.HALF, Kind.GARBAGE])
def test_a_repeat_after_a_lost_answer_finds_out_what_became_of_it(
    stage: Stage, kind: Kind, size: int
) -> None:
    stage.player.faults.append(Fault(kind))
    batch = messages(size)
    assert all(isinstance(outcome, Unknown) for outcome in stage.provider.send(batch, KEY))
    repeated = stage.provider.send(batch, KEY)
    assert repeated == [Accepted(entry["id"]) for entry in stage.player.journal.entries]
    assert len(stage.arrived) == size


def test_the_same_key_with_other_words_is_no_verdict(stage: Stage) -> None:
    stage.provider.send(messages(2), KEY)
    outcomes = stage.provider.send(messages(2), KEY)
    assert all(isinstance(o, Unknown) and "invalid_idempotent" in o.reason for o in outcomes)
    assert len(stage.arrived) == 2


def test_a_key_is_forgotten_after_a_day_and_not_before_we_stop_counting_on_it() -> None:
    rules = Rules()
    with make_resend(rules=rules) as player:
        provider = ResendProvider(
            ResendOptions(
                api_key=SecretStr(API_KEY), base_url=player.url, timeout_seconds=SHORT_SECONDS
            )
        )
        batch = messages(2)
        provider.send(batch, KEY)
        # A call may be slow to arrive, and a clock may have been set back.
        rules.hours_passed = (provider.dedupe_window + timedelta(minutes=50)) / timedelta(hours=1)
        provider.send(batch, KEY)
        assert len(player.journal.entries) == 2
        rules.hours_passed = 24.1
        provider.send(batch, KEY)
        assert len(player.journal.entries) == 4
        provider.close()


def test_attachments_travel_alone(stage: Stage) -> None:
    assert not stage.provider.attachments_in_batch
    [outcome] = stage.provider.send([message("ana@example.com", CALENDAR_FILE)], KEY)
    assert isinstance(outcome, Accepted)
    assert [call.path for call in stage.player.calls] == ["/emails"]


@pytest.mark.parametrize(
    ("status", "name", "pause"),
    [
        (429, "daily_quota_exceeded", timedelta(hours=1)),
        (429, "monthly_quota_exceeded", timedelta(hours=1)),
        (401, "restricted_api_key", timedelta(minutes=15)),
        (403, "validation_error", timedelta(minutes=15)),
        (451, "security_error", timedelta(minutes=15)),
    ],
)
def test_what_stops_the_account_pauses_it(
    stage: Stage, status: int, name: str, pause: timedelta
) -> None:
    stage.player.faults.append(Fault(Kind.STATUS, status, name=name))
    [outcome, _] = stage.provider.send(messages(2), KEY)
    assert isinstance(outcome, AccountPaused)
    assert (outcome.after, name in outcome.reason) == (pause, True)


def test_the_rate_limit_is_the_minutes_and_not_the_accounts(stage: Stage) -> None:
    stage.player.faults.append(Fault(Kind.STATUS, 429, name="rate_limit_exceeded"))
    [outcome, _] = stage.provider.send(messages(2), KEY)
    assert isinstance(outcome, TryLater)


@pytest.mark.parametrize(
    "answer",
    [
        {"data": [{"id": "1"}]},
        {"data": [{"id": "1"}, {"id": "2"}, {"id": "3"}]},
        {"data": [{"id": "1"}, {"id": "2"}], "errors": [{"index": 0, "message": "no"}]},
        {"data": [{"id": "1"}], "errors": [{"index": 9, "message": "no"}]},
        {"data": None},
        {"data": [None, None]},
        {"data": [{}, {}]},
        [],
        None,
        "fine",
    ],
    ids=json.dumps,
)
def test_an_answer_that_does_not_add_up_is_unknown(answer: Any) -> None:
    def judge(_: object) -> Verdict:
        return Verdict(200, answer)

    with Player(judge, lambda _: Verdict(500, {}), Journal(None)) as player:
        provider = ResendProvider(
            ResendOptions(
                api_key=SecretStr(API_KEY), base_url=player.url, timeout_seconds=SHORT_SECONDS
            )
        )
        assert all(isinstance(o, Unknown) for o in provider.send(messages(2), KEY))
        provider.close()
