"""What only SparkPost does: a call for each, a password for proof, a bounce told by its class."""

import base64
import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emails.errors import HookRefused, HookUnreadable
from emails.providers.base import Accepted, AccountPaused, Outcome, Rejected, TryLater, Unknown
from emails.providers.hooks import Hook
from tests.players.sparkpost import PLAYED, WEBHOOK_SECRET, make_sparkpost, sign
from tests.players.vendor import Verdict
from tests.support.answers import answering, outcomes_of
from tests.support.messages import CALENDAR_FILE, message

KEY = "0123456789abcdef0123456789abcdef"
AT = datetime(2026, 11, 3, 7, 0, 10, tzinfo=UTC)
NOWHERE = "http://127.0.0.1:9"
RAW = "Return-Path: <ana@example.com>\r\nSubject: Re: Letter 1\r\n\r\nThe violet umbrella.\r\n"


def relayed(content: Mapping[str, object]) -> Hook:
    said = {
        "content": content,
        "customer_id": "1337",
        "friendly_from": "ana@example.com",
        "msg_from": "ana@example.com",
        "protocol": "smtp",
        "rcpt_to": "replies+tag@practice.example",
        "webhook_id": "4839201967643219",
    }
    return sign(json.dumps([{"msys": {"relay_message": said}}]).encode(), AT)


def errors(code: str, message: str = "A word.") -> dict[str, Any]:
    return {"errors": [{"code": code, "message": message, "description": "Another."}]}


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "7001", AccountPaused),
        (400, "5002", Rejected),
        (401, "", AccountPaused),
        (403, "", AccountPaused),
        (404, "1600", AccountPaused),
        (413, "", Rejected),
        (420, "2101", AccountPaused),
        (422, "1300", Rejected),
        (422, "1400", Rejected),
        (429, "", TryLater),
        (500, "", Unknown),
        (503, "", Unknown),
    ],
)
def test_each_status_means_what_to_do_next(status: int, code: str, expected: type[Outcome]) -> None:
    [outcome] = outcomes_of(PLAYED, status, errors(code))
    assert type(outcome) is expected
    assert not isinstance(outcome, Accepted)
    assert outcome.reason == f"HTTP {status}: {f'{code} A word. Another.'.strip()}"


def test_a_quota_pauses_longer_than_a_wrong_key() -> None:
    quota, key = outcomes_of(PLAYED, 420, {})[0], outcomes_of(PLAYED, 401, {})[0]
    assert isinstance(quota, AccountPaused)
    assert isinstance(key, AccountPaused)
    assert quota.after > key.after


def test_too_fast_is_said_of_all_calls() -> None:
    [outcome] = outcomes_of(PLAYED, 429, errors(""), {"Retry-After": "3"})
    assert isinstance(outcome, TryLater)
    assert (outcome.too_fast, outcome.after) == (True, timedelta(seconds=3))


def test_a_recipient_rejected_with_http_200_is_rejected_in_their_words() -> None:
    results = {
        "total_rejected_recipients": 1,
        "total_accepted_recipients": 0,
        "id": "11668787484950530",
        "rcpt_to_errors": [{"code": "1902", "message": "Invalid recipient"}],
    }
    answer = errors("2000") | {"results": results}
    assert outcomes_of(PLAYED, 200, answer) == [Rejected("1902 Invalid recipient")]


@pytest.mark.parametrize(
    "results",
    [
        None,
        [],
        {},
        {"total_accepted_recipients": 1, "total_rejected_recipients": 0},
        {"total_accepted_recipients": 1, "total_rejected_recipients": 1, "id": "1"},
        {"total_accepted_recipients": 2, "total_rejected_recipients": 0, "id": "1"},
        {"total_accepted_recipients": 0, "total_rejected_recipients": 0, "id": "1"},
    ],
    ids=json.dumps,
)
def test_an_answer_that_does_not_add_up_is_unknown(results: object) -> None:
    [outcome] = outcomes_of(PLAYED, 200, {"results": results})
    assert isinstance(outcome, Unknown)


def test_a_sender_without_a_name_is_an_address() -> None:
    with make_sparkpost() as player:
        provider = PLAYED.provider(player.url)
        nameless = dataclasses.replace(message().sender, name="")
        provider.send([dataclasses.replace(message(), sender=nameless)], KEY)
        provider.close()
    [entry] = player.journal.entries
    assert entry["message"]["content"]["from"] == {"email": nameless.email}


def test_attachments_travel_beside_others_and_no_repeat_is_recognised() -> None:
    with make_sparkpost() as player:
        provider = PLAYED.provider(player.url)
        batch = [message("a@example.com", CALENDAR_FILE), message("b@example.com")]
        provider.send(batch, KEY)
        provider.send(batch, KEY)
        provider.close()
    assert (provider.attachments_in_batch, provider.dedupe_window) == (True, timedelta(0))
    assert len(player.journal.entries) == 4


@pytest.mark.parametrize(("status", "sentences"), [(200, 0), (403, 0), (401, 1), (500, 1)])
def test_a_probe_says_what_to_do_and_lets_a_key_that_may_only_send_pass(
    status: int, sentences: int
) -> None:
    with answering(PLAYED, lambda _: Verdict(status, {})) as provider:
        assert len(provider.probe()) == sentences


def test_a_relay_webhook_proves_itself_by_its_token() -> None:
    ours = PLAYED.provider(NOWHERE)
    body = relayed({"email_rfc822": RAW}).body
    hook = Hook({"x-messagesystems-webhook-token": WEBHOOK_SECRET}, body)
    assert ours.verify(hook, AT) == hook.digest
    for token in ("", "somebody-elses"):
        with pytest.raises(HookRefused):
            ours.verify(Hook({"x-messagesystems-webhook-token": token}, body), AT)
    ours.close()


def test_no_token_is_believed_while_no_secret_is_set() -> None:
    ours = PLAYED.provider(NOWHERE, webhook_secret="")
    with pytest.raises(HookRefused):
        ours.verify(Hook({"x-messagesystems-webhook-token": ""}, b"[]"), AT)
    ours.close()


@pytest.mark.parametrize(
    "content",
    [
        {"email_rfc822": RAW, "email_rfc822_is_base64": False},
        {"email_rfc822": RAW},
        {
            "email_rfc822": base64.b64encode(RAW.encode()).decode(),
            "email_rfc822_is_base64": True,
        },
    ],
    ids=["plain", "unsaid", "base64"],
)
def test_a_reply_comes_whole(content: dict[str, object]) -> None:
    ours = PLAYED.provider(NOWHERE)
    hook = relayed(content | {"text": "The violet umbrella.", "headers": [], "to": []})
    assert ours.read_inbound(hook) == [RAW.encode()]
    assert ours.read_events(hook) == []
    assert ours.fetch("anything") is None
    ours.close()


@pytest.mark.parametrize("content", [{}, {"email_rfc822": "é!", "email_rfc822_is_base64": True}])
def test_a_reply_that_holds_no_email_cannot_be_read(content: dict[str, object]) -> None:
    ours = PLAYED.provider(NOWHERE)
    with pytest.raises(HookUnreadable):
        ours.read_inbound(relayed(content))
    ours.close()
