"""What only Brevo does: a key inside each message, and a refusal that means it has it already."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from emails.providers.base import Accepted, AccountPaused, Outcome, Rejected, TryLater, Unknown
from tests.players.brevo import PLAYED, Rules, make_brevo, sign
from tests.players.faults import Fault, Kind
from tests.players.vendor import Call, Verdict
from tests.support.answers import answering, outcomes_of
from tests.support.messages import message, messages

KEY = "0123456789abcdef0123456789abcdef"
AT = datetime(2026, 11, 3, 7, 0, 10, tzinfo=UTC)
INBOUND: dict[str, Any] = {
    "items": [
        {
            "Uuid": ["8d79ad8a-5e7c-4b1b-b60b-2e9d8f4c1f8b"],
            "MessageId": "<1@reader.example>",
            "InReplyTo": "<letter@practice.example>",
            "From": {"Name": "Ana", "Address": "ana@example.com"},
            "To": [{"Name": None, "Address": "replies+tag@practice.example"}],
            "Subject": "Re: Letter 1",
            "SentAtDate": "Tue, 03 Nov 2026 08:00:00 +0100",
            "Headers": {
                "From": "Ana <ana@example.com>",
                "To": "replies+tag@practice.example",
                "Subject": "Re: Letter 1",
                "Received": ["from a.example", "from b.example"],
            },
            "RawTextBody": "The violet umbrella, again.",
            "RawHtmlBody": "<p>The violet umbrella, again.</p>",
            "Attachments": [
                {"Name": "a.png", "ContentType": "image/png", "DownloadToken": "token"}
            ],
            "SpamScore": 0.8,
        }
    ]
}


def test_a_repeat_is_recognised_and_nothing_is_sent_twice() -> None:
    with make_brevo() as player:
        provider = PLAYED.provider(player.url)
        batch = messages(3)
        player.faults.append(Fault(Kind.DROP))
        first = provider.send(batch, KEY)
        again = provider.send(batch, KEY)
        provider.close()
    assert Unknown in {type(outcome) for outcome in first}
    assert {type(outcome) for outcome in again} == {Accepted}
    assert sorted(e["to"] for e in player.journal.entries) == sorted(m.to for m in batch)


def test_the_key_is_the_messages_own_wherever_it_stands_in_the_batch() -> None:
    with make_brevo() as player:
        provider = PLAYED.provider(player.url)
        batch = messages(3)
        provider.send(batch, KEY)
        provider.send(batch[::-1], KEY)
        assert len(player.journal.entries) == 3
        provider.send(batch, "f" * 32)
        assert len(player.journal.entries) == 6
        provider.close()


def test_our_window_closes_before_theirs() -> None:
    rules = Rules()
    with make_brevo(rules=rules) as player:
        provider = PLAYED.provider(player.url)
        batch = messages(1)
        provider.send(batch, KEY)
        rules.minutes_passed = provider.dedupe_window / timedelta(minutes=1)
        assert provider.send(batch, KEY) == [Accepted("")]
        rules.minutes_passed = 31
        assert provider.send(batch, KEY) != [Accepted("")]
        provider.close()


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "invalid_parameter", Rejected),
        (400, "missing_parameter", Rejected),
        (400, "duplicate_parameter", Accepted),
        (400, "account_under_validation", AccountPaused),
        (401, "unauthorized", AccountPaused),
        (402, "not_enough_credits", AccountPaused),
        (403, "permission_denied", AccountPaused),
        (404, "document_not_found", AccountPaused),
        (406, "not_acceptable", Rejected),
        (429, "too_many_requests", TryLater),
        (500, "internal_error", Unknown),
    ],
)
def test_each_code_means_what_to_do_next(status: int, code: str, expected: type[Outcome]) -> None:
    [outcome] = outcomes_of(PLAYED, status, {"code": code, "message": "A word."})
    assert type(outcome) is expected
    assert isinstance(outcome, Accepted) or outcome.reason == f"{status} {code}: A word."


def test_their_wait_is_of_all_our_calls() -> None:
    [outcome] = outcomes_of(PLAYED, 429, {}, {"x-sib-ratelimit-reset": "12"})
    assert isinstance(outcome, TryLater)
    assert (outcome.after, outcome.too_fast) == (timedelta(seconds=12), True)


@pytest.mark.parametrize("body", [{}, None, [], "OK", {"messageId": ""}, {"messageId": None}])
def test_an_acceptance_without_a_number_is_unknown(body: Any) -> None:
    assert isinstance(outcomes_of(PLAYED, 201, body)[0], Unknown)


def test_a_header_that_is_not_ascii_is_written_so_that_it_arrives() -> None:
    with make_brevo() as player:
        provider = PLAYED.provider(player.url)
        list_id = {"List-Id": "Näher als gut tut <kurs.practice.example>"}
        provider.send([dataclasses.replace(message(), headers=list_id)], KEY)
        provider.close()
    arrived = player.journal.entries[0]["headers"]["List-Id"]
    mail = message_from_bytes(f"Subject: {arrived}\r\n\r\n".encode(), policy=default)
    assert mail["Subject"] == list_id["List-Id"]


def test_a_sender_without_a_name_is_an_address() -> None:
    with make_brevo() as player:
        provider = PLAYED.provider(player.url)
        nameless = dataclasses.replace(message().sender, name="")
        provider.send([dataclasses.replace(message(), sender=nameless)], KEY)
        provider.close()
    assert player.journal.entries[0]["message"]["sender"] == {"email": nameless.email}


def test_a_reply_is_put_together_again() -> None:
    with answering(PLAYED, lambda _: Verdict(500, {})) as provider:
        hook = sign(json.dumps(INBOUND).encode(), AT)
        [raw] = provider.read_inbound(hook)
        assert provider.read_events(hook) == []
        assert provider.fetch("token") is None
    assert isinstance(raw, bytes)
    mail = message_from_bytes(raw, policy=default)
    assert (mail["From"], mail["Message-ID"]) == ("Ana <ana@example.com>", "<1@reader.example>")
    assert mail["To"] == "replies+tag@practice.example"
    assert mail.get_all("Received") == ["from a.example", "from b.example"]
    text, html = mail.get_body(["plain"]), mail.get_body(["html"])
    assert text is not None
    assert html is not None
    assert text.get_content().strip() == "The violet umbrella, again."
    assert list(mail.iter_attachments()) == []


def test_who_wrote_is_read_without_headers_too() -> None:
    bare = {"items": [{**INBOUND["items"][0], "Headers": None}]}
    with answering(PLAYED, lambda _: Verdict(500, {})) as provider:
        [raw] = provider.read_inbound(sign(json.dumps(bare).encode(), AT))
    assert isinstance(raw, bytes)
    mail = message_from_bytes(raw, policy=default)
    assert (mail["From"], mail["To"]) == ("ana@example.com", "replies+tag@practice.example")
    assert mail["Subject"] == "Re: Letter 1"


@pytest.mark.parametrize(("status", "troubles"), [(200, 0), (401, 1), (500, 1)])
def test_the_account_is_asked_whether_the_key_works(status: int, troubles: int) -> None:
    def judge(call: Call) -> Verdict:
        assert call.path == "GET /v3/account"
        return Verdict(status, {})

    with answering(PLAYED, judge) as provider:
        assert len(provider.probe()) == troubles
