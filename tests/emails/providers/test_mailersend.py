"""What only MailerSend does: warnings for an acceptance, quotas as errors, headers by the plan."""

import dataclasses
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emails.errors import HookRefused, HookTried
from emails.message import Address
from emails.providers.base import Accepted, AccountPaused, Outcome, Rejected, TryLater, Unknown
from emails.providers.hooks import Hook
from tests.players.mailersend import (
    INBOUND_SECRET,
    PING,
    PLAYED,
    Rules,
    make_mailersend,
    sign,
    sign_as_a_ping,
)
from tests.players.vendor import Call, Verdict
from tests.support.answers import answering, outcomes_of
from tests.support.messages import message, messages

KEY = "0123456789abcdef0123456789abcdef"
AT = datetime(2026, 11, 3, 7, 0, 10, tzinfo=UTC)
MAIL = "From: ana@example.com\r\nSubject: Re: Letter 1\r\n\r\nThe violet umbrella, again — ü.\r\n"
INBOUND: dict[str, Any] = {
    "type": "inbound.message",
    "inbound_id": "yv69oxl5kl785kw2",
    "url": "https://letters.practice.example/hooks/mailersend/inbound",
    "created_at": "2026-11-03T07:00:05.000000Z",
    "data": {
        "object": "message",
        "id": "62f114f8165fe0d8db0288e5",
        "recipients": {"rcptTo": [{"email": "replies+tag@practice.example"}]},
        "from": {"email": "ana@example.com", "name": None},
        "raw": MAIL,
        "spf_check": {"code": "+", "value": None},
        "dkim_check": False,
    },
}


def told(said: str, field: str = "") -> dict[str, Any]:
    return {"message": "The given data was invalid.", "errors": {field: [said]}}


def test_a_suppressed_recipient_is_rejected_although_the_call_is_accepted() -> None:
    with make_mailersend(rules=Rules(suppressed={"gone@example.com"})) as player:
        provider = PLAYED.provider(player.url)
        batch = [message("a@example.com"), message("gone@example.com"), message("c@example.com")]
        outcomes = provider.send(batch, KEY)
        provider.close()
    assert [type(outcome) for outcome in outcomes] == [Accepted, Rejected, Accepted]
    assert outcomes[1] == Rejected("on their suppression list: hard_bounced")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (202, {"warnings": [{"type": "SOME_SUPPRESSED"}]}, Rejected),
        (202, {"warnings": 7}, Unknown),
        (202, None, Unknown),
        (200, None, Unknown),
        (400, {"message": "Bad Request"}, Rejected),
        (401, {"message": "Unauthenticated."}, AccountPaused),
        (403, {"message": "The API is off. #MS40302"}, AccountPaused),
        (403, {"message": "Suspended. #MS40304"}, AccountPaused),
        (408, {"message": "An error on our system."}, Unknown),
        (421, {"message": "Maintenance."}, TryLater),
        (422, told("The subject is too long. #MS42206", "subject"), Rejected),
        (422, told("Quota. #MS42204", "account"), AccountPaused),
        (422, told("Trial quota. #MS42222", "account"), AccountPaused),
        (422, told("Unique recipients. #MS42225", "to.0.email"), AccountPaused),
        (422, told("The domain must be verified. #MS42207", "from.email"), AccountPaused),
        (422, told("Not in your plan.", "headers"), AccountPaused),
        (429, {"message": "Daily quota. #MS42901"}, AccountPaused),
        (429, {"message": "Too Many Attempts. #MS42903"}, TryLater),
        (500, {"message": "Server Error. #MS5001"}, Unknown),
    ],
)
def test_each_answer_means_what_to_do_next(status: int, body: Any, expected: type[Outcome]) -> None:
    assert type(outcomes_of(PLAYED, status, body)[0]) is expected


def test_the_daily_quota_pauses_until_it_is_renewed() -> None:
    headers = {"x-apiquota-reset": (datetime.now(UTC) + timedelta(hours=5)).isoformat()}
    [outcome] = outcomes_of(PLAYED, 429, {"message": "#MS42901"}, headers)
    assert isinstance(outcome, AccountPaused)
    assert timedelta(hours=4, minutes=59) < outcome.after < timedelta(hours=5, minutes=1)


def test_a_quota_that_is_never_renewed_is_asked_about_every_day() -> None:
    headers = {"x-apiquota-reset": "9999-12-31T23:59:59Z"}
    [outcome] = outcomes_of(PLAYED, 429, {"message": "#MS42901"}, headers)
    assert isinstance(outcome, AccountPaused)
    assert outcome.after == timedelta(days=1)


@pytest.mark.parametrize("header", ["soon", "", "9" * 30])
def test_a_quota_whose_end_cannot_be_read_pauses_for_an_hour(header: str) -> None:
    [outcome] = outcomes_of(PLAYED, 429, {"message": "#MS42901"}, {"x-apiquota-reset": header})
    assert isinstance(outcome, AccountPaused)
    assert outcome.after == timedelta(hours=1)


def test_their_own_wait_is_read_where_there_is_no_retry_after() -> None:
    reset = str(int((datetime.now(UTC) + timedelta(seconds=40)).timestamp()))
    [outcome] = outcomes_of(PLAYED, 429, {}, {"x-ratelimit-reset": reset})
    assert isinstance(outcome, TryLater)
    assert outcome.too_fast
    assert outcome.after is not None
    assert timedelta(seconds=30) < outcome.after <= timedelta(seconds=40)


def test_our_unsubscribe_address_travels_where_the_plan_allows_it() -> None:
    with make_mailersend() as player:
        provider = PLAYED.provider(player.url)
        letter = message()
        provider.send([letter], KEY)
        provider.close()
    headers = player.journal.entries[0]["headers"]
    assert headers["List-Unsubscribe"] == letter.headers["List-Unsubscribe"].partition(",")[0]
    assert headers["List-Unsubscribe-Post"] == letter.headers["List-Unsubscribe-Post"]


def test_with_another_plan_letters_go_without_our_headers() -> None:
    with make_mailersend(rules=Rules(professional=False)) as player:
        provider = PLAYED.provider(player.url, custom_headers="false")
        assert isinstance(provider.send(messages(1), KEY)[0], Accepted)
        provider.close()
        asking = PLAYED.provider(player.url)
        assert isinstance(asking.send(messages(1), KEY)[0], AccountPaused)
        asking.close()


def test_an_answer_finds_its_thread_whatever_the_plan() -> None:
    answer = dataclasses.replace(
        message(),
        headers={"In-Reply-To": "<1@reader.example>"},
        sender=Address("letters@practice.example"),
    )
    for custom_headers in ("true", "false"):
        with make_mailersend() as player:
            provider = PLAYED.provider(player.url, custom_headers=custom_headers)
            provider.send([answer], KEY)
            provider.close()
        assert player.journal.entries[0]["headers"]["In-Reply-To"] == "<1@reader.example>"
        assert player.journal.entries[0]["message"]["from"] == {"email": answer.sender.email}


def test_it_neither_counts_opens_nor_rewrites_links() -> None:
    with make_mailersend() as player:
        provider = PLAYED.provider(player.url)
        provider.send(messages(1), KEY)
        provider.close()
    assert not any(player.journal.entries[0]["message"]["settings"].values())


def test_one_call_a_turn_keeps_their_pace() -> None:
    provider = PLAYED.provider("http://127.0.0.1:9")
    provider.close()
    assert (provider.max_batch, provider.calls_per_second) == (1, 2.0)


def test_a_reply_comes_as_it_travelled_and_under_its_own_secret() -> None:
    body = json.dumps(INBOUND).encode()
    signature = hmac.new(INBOUND_SECRET.encode(), body, hashlib.sha256).hexdigest()
    hook = Hook({"signature": signature}, body)
    with answering(PLAYED, lambda _: Verdict(500, {}), inbound_secret=INBOUND_SECRET) as provider:
        assert provider.verify(hook, AT) == hook.digest
        assert provider.verify(sign(body, AT), AT) == hook.digest
        assert provider.read_inbound(hook) == [MAIL.encode()]
        assert provider.read_events(hook) == []
        assert provider.fetch("anything") is None
    with answering(PLAYED, lambda _: Verdict(500, {})) as other, pytest.raises(HookRefused):
        other.verify(hook, AT)


@pytest.mark.parametrize("secret", ["", "of-another-webhook"])
def test_whoever_saves_a_webhook_is_heard_before_its_secret_is_known(secret: str) -> None:
    options = {"webhook_secret": secret}
    with answering(PLAYED, lambda _: Verdict(500, {}), **options) as ours, pytest.raises(HookTried):
        ours.verify(sign_as_a_ping(PING), AT)


@pytest.mark.parametrize(
    "told", [INBOUND, {"type": "activity.hard_bounced"}, [PING], {}, "webhook.test", None]
)
def test_what_signs_their_pings_proves_nothing_else(told: object) -> None:
    with answering(PLAYED, lambda _: Verdict(500, {})) as provider, pytest.raises(HookRefused):
        provider.verify(sign_as_a_ping(told), AT)


def test_halves_of_characters_do_not_keep_a_reply_away() -> None:
    body = json.dumps(INBOUND | {"data": {"raw": "Subject: \ud800\r\n\r\n"}}).encode()
    with answering(PLAYED, lambda _: Verdict(500, {})) as provider:
        assert provider.read_inbound(sign(body, AT)) == [b"Subject: ?\r\n\r\n"]


@pytest.mark.parametrize(("status", "troubles"), [(200, 0), (401, 1), (500, 1)])
def test_the_account_is_asked_whether_the_key_works(status: int, troubles: int) -> None:
    def judge(call: Call) -> Verdict:
        assert call.path == "GET /v1/api-quota"
        return Verdict(status, {})

    with answering(PLAYED, judge) as provider:
        assert len(provider.probe()) == troubles
