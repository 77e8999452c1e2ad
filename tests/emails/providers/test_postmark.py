"""What only Postmark does: a number for each message, and no key to ask again with."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from emails.providers.base import Accepted, AccountPaused, Outcome, Rejected, TryLater, Unknown
from emails.providers.postmark import PostmarkOptions, PostmarkProvider
from tests.players.played import SHORT_SECONDS
from tests.players.postmark import TOKEN, Rules, make_postmark
from tests.players.vendor import Call, Journal, Player, Verdict
from tests.support.messages import CALENDAR_FILE, message, messages

KEY = "0123456789abcdef0123456789abcdef"


@contextmanager
def answering(judge: Callable[[Call], Verdict]) -> Iterator[PostmarkProvider]:
    with Player(judge, lambda _: Verdict(500, {}), Journal(None)) as player:
        provider = PostmarkProvider(
            PostmarkOptions(
                api_key=SecretStr(TOKEN), base_url=player.url, timeout_seconds=SHORT_SECONDS
            )
        )
        yield provider
        provider.close()


def outcome_of(status: int, body: Any) -> Outcome:
    with answering(lambda _: Verdict(status, body)) as provider:
        [outcome] = provider.send(messages(1), KEY)
        return outcome


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (0, Accepted),
        (10, AccountPaused),
        (100, TryLater),
        (300, Rejected),
        (400, AccountPaused),
        (401, AccountPaused),
        (405, AccountPaused),
        (406, Rejected),
        (412, AccountPaused),
        (413, AccountPaused),
        (9999, Rejected),
    ],
)
def test_each_number_means_what_to_do_next(code: int, expected: type[Outcome]) -> None:
    outcome = outcome_of(200, [{"ErrorCode": code, "Message": "A word.", "MessageID": "m-1"}])
    assert type(outcome) is expected
    assert isinstance(outcome, Accepted) or outcome.reason == f"{code}: A word."


def test_a_number_counts_with_http_422_too() -> None:
    outcome = outcome_of(422, {"ErrorCode": 406, "Message": "Inactive."})
    assert outcome == Rejected("406: Inactive.")


@pytest.mark.parametrize("body", [[], [{}, {}], [None], [{"ErrorCode": "0"}], {}, None, "OK"])
def test_an_answer_that_does_not_add_up_is_unknown(body: Any) -> None:
    assert isinstance(outcome_of(200, body), Unknown)


def test_an_inactive_recipient_does_not_hold_up_the_others() -> None:
    with make_postmark(rules=Rules(inactive={"gone@example.com"})) as player:
        provider = PostmarkProvider(
            PostmarkOptions(
                api_key=SecretStr(TOKEN), base_url=player.url, timeout_seconds=SHORT_SECONDS
            )
        )
        batch = [message("a@example.com"), message("gone@example.com"), message("c@example.com")]
        outcomes = provider.send(batch, KEY)
        provider.close()
    assert [type(outcome) for outcome in outcomes] == [Accepted, Rejected, Accepted]


def test_attachments_may_travel_in_a_batch() -> None:
    with make_postmark() as player:
        provider = PostmarkProvider(
            PostmarkOptions(
                api_key=SecretStr(TOKEN), base_url=player.url, timeout_seconds=SHORT_SECONDS
            )
        )
        batch = [message("a@example.com", CALENDAR_FILE), message("b@example.com", CALENDAR_FILE)]
        assert provider.attachments_in_batch
        assert all(isinstance(outcome, Accepted) for outcome in provider.send(batch, KEY))
        assert len(player.calls) == 1
        provider.close()


def test_it_declares_that_it_recognises_no_repeat() -> None:
    with make_postmark() as player:
        provider = PostmarkProvider(
            PostmarkOptions(
                api_key=SecretStr(TOKEN), base_url=player.url, timeout_seconds=SHORT_SECONDS
            )
        )
        batch = messages(1)
        provider.send(batch, KEY)
        provider.send(batch, KEY)
        provider.close()
        assert provider.dedupe_window == timedelta(0)
        assert len(player.journal.entries) == 2
