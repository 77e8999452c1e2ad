"""What only Mailtrap does: errors without numbers, lines of JSON, replies fetched elsewhere."""

import dataclasses
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from typing import Any

import pytest

from emails.errors import FetchFailed, HookRefused, HookUnreadable
from emails.providers.base import (
    Accepted,
    AccountPaused,
    Alone,
    Outcome,
    Rejected,
    TryLater,
    Unknown,
)
from emails.providers.hooks import Hook, Notice
from tests.players.mailtrap import PLAYED, make_mailtrap, sign
from tests.players.vendor import Call, Verdict
from tests.support.answers import outcomes_of
from tests.support.messages import CALENDAR_FILE, message, messages

KEY = "0123456789abcdef0123456789abcdef"
AT = datetime(2026, 11, 3, 7, 0, 10, tzinfo=UTC)
NOWHERE = "http://127.0.0.1:9"
INBOUND_SECRET = "00112233445566778899aabbccddeeff"
RECEIVED = {
    "event": "inbound.message_received",
    "event_id": "27c34797-7c37-11f1-b788-0a58a9feac02",
    "timestamp": 1793689205722,
    "inbox_id": 250,
    "message_id": "1870314786754420736",
    "from": "Ana <ana@example.com>",
}
REFERENCE = "250/1870314786754420736"
MAIL: dict[str, Any] = {
    "id": "1870314786754420736",
    "inbox_id": 250,
    "from": "Ana <ana@example.com>",
    "headers": {"Subject": "Re: Letter 1", "Message-ID": "<1@reader.example>"},
    "text_body": "The violet umbrella, again.",
    "html_body": None,
}


def received(*events: dict[str, Any]) -> Hook:
    return sign(json.dumps({"events": events}).encode(), AT)


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        (400, "'to' address is invalid", Rejected),
        (401, "Unauthorized", AccountPaused),
        (403, "Forbidden", AccountPaused),
        (404, "Not Found", AccountPaused),
        (413, "Request is too large", Rejected),
        (429, "Too many requests", TryLater),
        (500, "Internal Server Error", Unknown),
    ],
)
def test_each_status_means_what_to_do_next(status: int, said: str, expected: type[Outcome]) -> None:
    for body in ({"success": False, "errors": [said]}, {"error": said}):
        [outcome] = outcomes_of(PLAYED, status, body)
        assert type(outcome) is expected
        assert not isinstance(outcome, Accepted)
        assert outcome.reason == f"HTTP {status}: {said}"


@pytest.mark.parametrize(
    ("said", "expected", "pause"),
    [
        ("'subject' is required", Rejected, None),
        ("Sending from domain is not allowed", AccountPaused, timedelta(minutes=15)),
        ("Daily limit reached", AccountPaused, timedelta(hours=1)),
    ],
)
def test_an_error_of_one_message_may_be_about_all_of_them(
    said: str, expected: type[Outcome], pause: timedelta | None
) -> None:
    body = {"success": True, "responses": [{"success": False, "errors": [said]}]}
    [outcome] = outcomes_of(PLAYED, 200, body)
    assert type(outcome) is expected
    assert getattr(outcome, "after", None) == pause


@pytest.mark.parametrize(
    "responses",
    [
        None,
        [],
        [None],
        [{}],
        [{"success": True}],
        [{"success": True, "message_ids": []}],
        [{"success": True, "message_ids": ["1", "2"]}],
        [{"success": True, "message_ids": [None]}],
        [{"success": "yes", "message_ids": ["1"]}],
        [{"success": True, "message_ids": ["1"]}] * 2,
    ],
    ids=json.dumps,
)
def test_an_answer_that_does_not_add_up_is_unknown(responses: object) -> None:
    [outcome] = outcomes_of(PLAYED, 200, {"success": True, "responses": responses})
    assert isinstance(outcome, Unknown)


def test_its_pace_is_what_its_pages_name() -> None:
    provider = PLAYED.provider(NOWHERE)
    assert provider.calls_per_second * 10 == 150
    provider.close()


def test_a_sender_without_a_name_is_an_address() -> None:
    with make_mailtrap() as player:
        provider = PLAYED.provider(player.url)
        nameless = dataclasses.replace(message().sender, name="")
        provider.send([dataclasses.replace(message(), sender=nameless)], KEY)
        provider.close()
    assert player.journal.entries[0]["message"]["from"] == {"email": nameless.email}


def test_attachments_travel_in_a_batch_and_no_repeat_is_recognised() -> None:
    with make_mailtrap() as player:
        provider = PLAYED.provider(player.url)
        batch = [message("a@example.com", CALENDAR_FILE), message("b@example.com", CALENDAR_FILE)]
        provider.send(batch, KEY)
        provider.send(batch, KEY)
        provider.close()
    assert (len(player.calls), len(player.journal.entries)) == (2, 4)
    assert provider.dedupe_window == timedelta(0)


def test_more_than_a_batch_is_refused_by_the_vendor_as_a_whole() -> None:
    with make_mailtrap() as player:
        provider = PLAYED.provider(player.url, 5)
        outcomes = provider.send(messages(provider.max_batch + 1), KEY)
        provider.close()
    assert all(isinstance(outcome, Alone) for outcome in outcomes)
    assert len(player.calls) == 1


@pytest.mark.parametrize(("status", "sentences"), [(200, 0), (401, 1), (500, 1)])
def test_a_probe_asks_the_account_and_says_what_to_do(status: int, sentences: int) -> None:
    def judge(call: Call) -> Verdict:
        assert call.path == "GET /api/accounts"
        return Verdict(status, [])

    with make_mailtrap() as elsewhere:
        elsewhere.judge = judge
        provider = PLAYED.provider(NOWHERE, account_url=elsewhere.url)
        assert len(provider.probe()) == sentences
        provider.close()


def test_a_reply_is_announced_among_other_events() -> None:
    ours = PLAYED.provider(NOWHERE)
    hook = received({"event": "delivery", "event_id": "1"}, RECEIVED)
    assert ours.read_inbound(hook) == [Notice(REFERENCE)]
    assert [event.word for event in ours.read_events(hook)] == ["delivery"]
    ours.close()


@pytest.mark.parametrize("name", ["inbox_id", "message_id"])
def test_a_notice_that_names_no_email_cannot_be_read(name: str) -> None:
    ours = PLAYED.provider(NOWHERE)
    with pytest.raises(HookUnreadable):
        ours.read_inbound(received({**RECEIVED, name: None}))
    ours.close()


def test_the_inbound_webhook_has_a_secret_of_its_own() -> None:
    hook = received(RECEIVED)
    signature = hmac.new(INBOUND_SECRET.encode(), hook.body, hashlib.sha256).hexdigest()
    theirs = Hook({"mailtrap-signature": signature}, hook.body)
    ours = PLAYED.provider(NOWHERE, inbound_secret=INBOUND_SECRET)
    assert ours.verify(theirs, AT) == ours.verify(hook, AT) == hook.digest
    with pytest.raises(HookRefused):
        ours.verify(Hook(theirs.headers, hook.body + b" "), AT)
    ours.close()


def test_a_reply_is_fetched_from_the_account_as_it_travelled() -> None:
    def judge(call: Call) -> Verdict:
        if call.path == "GET /raw":
            return Verdict(200, "as it travelled")
        assert call.path == f"GET /api/inbound/inboxes/{REFERENCE.replace('/', '/messages/')}"
        return Verdict(200, MAIL | {"raw_message_url": f"{elsewhere.url}/raw"})

    with make_mailtrap() as elsewhere:
        elsewhere.judge = judge
        provider = PLAYED.provider(NOWHERE, account_url=elsewhere.url)
        assert provider.fetch(REFERENCE) == b'"as it travelled"'
        provider.close()


def test_a_reply_without_its_raw_form_is_put_together_again() -> None:
    with make_mailtrap() as elsewhere:
        elsewhere.judge = lambda _: Verdict(200, MAIL)
        provider = PLAYED.provider(NOWHERE, account_url=elsewhere.url)
        raw = provider.fetch(REFERENCE)
        provider.close()
    assert raw is not None
    mail = message_from_bytes(raw)
    assert (mail["Subject"], mail["Message-ID"]) == ("Re: Letter 1", "<1@reader.example>")
    assert mail.get_payload(decode=True) == MAIL["text_body"].encode() + b"\r\n"


@pytest.mark.parametrize(("status", "gone"), [(404, True), (410, True), (500, False)])
def test_a_reply_that_is_gone_is_nothing_and_any_other_trouble_is_for_later(
    status: int, gone: bool
) -> None:
    with make_mailtrap() as elsewhere:
        elsewhere.judge = lambda _: Verdict(status, {})
        provider = PLAYED.provider(NOWHERE, account_url=elsewhere.url)
        if gone:
            assert provider.fetch(REFERENCE) is None
        else:
            with pytest.raises(FetchFailed):
                provider.fetch(REFERENCE)
        provider.close()
