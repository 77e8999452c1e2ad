"""What only Amazon SES does: signed calls, and two forms of a message."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from emails.message import Message
from emails.providers.base import Accepted, AccountPaused, Outcome, Rejected, TryLater, Unknown
from emails.providers.ses import SesOptions, SesProvider
from tests.players import ses
from tests.players.faults import Fault, Kind
from tests.players.signature_v4 import expected as signature
from tests.support.messages import CALENDAR_FILE, message, messages
from tests.support.vendors import Stage, on_stage

KEY = "0123456789abcdef0123456789abcdef"
AT = datetime(2026, 11, 3, 7, 0, 10, tzinfo=UTC)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with on_stage(ses.PLAYED) as stage:
        yield stage


def outcome_of(stage: Stage, status: int, word: str) -> Outcome:
    stage.player.faults.append(Fault(Kind.STATUS, status, name=word))
    [outcome] = stage.provider.send(messages(1), KEY)
    return outcome


def test_amazons_published_example_is_signed_as_they_do() -> None:
    # https://docs.aws.amazon.com/amazonglacier/latest/dev/amazon-glacier-signing-requests.html
    headers = {
        "host": "glacier.us-east-1.amazonaws.com",
        "x-amz-date": "20120525T002453Z",
        "x-amz-glacier-version": "2012-06-01",
    }
    assert (
        signature(
            "PUT",
            "/-/vaults/examplevault",
            headers,
            b"",
            "20120525/us-east-1/glacier/aws4_request",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        )
        == "3ce5b2f2fffac9262b4da9256f8d086b4aaf42eba5f111c21681a65a127b7c2a"
    )


def test_where_no_address_is_given_it_is_amazons_own_for_the_region() -> None:
    assert SesOptions(region="eu-west-3").address == "https://email.eu-west-3.amazonaws.com"
    assert SesOptions(base_url="http://127.0.0.1:9/").address == "http://127.0.0.1:9"


def test_it_can_be_made_for_its_webhooks_alone_without_a_key() -> None:
    SesProvider(SesOptions()).close()


@pytest.mark.parametrize(
    ("status", "word", "expected"),
    [
        (
            400,
            "MessageRejected: Address blacklisted.",
            Rejected("HTTP 400 MessageRejected: Address blacklisted."),
        ),
        (
            400,
            "BadRequestException: Missing final '@domain'",
            Rejected("HTTP 400 BadRequestException: Missing final '@domain'"),
        ),
        (413, "RequestTooLarge: No.", Rejected("HTTP 413 RequestTooLarge: No.")),
    ],
)
def test_a_message_they_will_never_take_is_rejected(
    stage: Stage, status: int, word: str, expected: Outcome
) -> None:
    assert outcome_of(stage, status, word) == expected


@pytest.mark.parametrize(
    ("status", "word", "hours"),
    [
        (400, "AccountSuspendedException: Suspended.", 0.25),
        (400, "SendingPausedException: Paused.", 0.25),
        (400, "MailFromDomainNotVerifiedException: Not verified.", 0.25),
        (400, "MessageRejected: Email address is not verified. The following failed: a@b", 0.25),
        (403, "AccessDeniedException: User is not authorized.", 0.25),
        (404, "NotFoundException: Configuration set <x> does not exist.", 0.25),
        (400, "LimitExceededException: Too many.", 1),
        (400, "ThrottlingException: Daily message quota exceeded.", 1),
        (429, "TooManyRequestsException: Daily message quota exceeded.", 1),
    ],
)
def test_what_stops_the_account_pauses_it(
    stage: Stage, status: int, word: str, hours: float
) -> None:
    outcome = outcome_of(stage, status, word)
    assert isinstance(outcome, AccountPaused)
    assert outcome.after == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (400, "ThrottlingException: Maximum sending rate exceeded."),
        (429, "TooManyRequestsException: Too many requests."),
        (400, "Throttling: Rate exceeded"),
    ],
)
def test_a_rate_that_is_too_high_concerns_all_our_calls(
    stage: Stage, status: int, word: str
) -> None:
    outcome = outcome_of(stage, status, word)
    assert isinstance(outcome, TryLater)
    assert outcome.too_fast


def test_an_answer_that_does_not_add_up_is_unknown(stage: Stage) -> None:
    assert isinstance(outcome_of(stage, 200, "Odd: answer"), Unknown)


def with_headers(number: int, value: str) -> Message:
    made = message()
    more = {f"X-Number-{n}": value for n in range(number)}
    return Message(
        made.key, made.sender, made.to, made.reply_to, made.subject, made.html, made.text, more
    )


@pytest.mark.parametrize(
    ("sent", "form"),
    [
        (message(), "Simple"),
        (message("ana@example.com", CALENDAR_FILE), "Raw"),
        (with_headers(15, "x"), "Simple"),
        (with_headers(16, "x"), "Raw"),
        (with_headers(1, "y" * 996), "Raw"),
        (with_headers(1, "ä"), "Raw"),
    ],
)
def test_what_the_simple_form_cannot_carry_travels_raw(
    stage: Stage, sent: Message, form: str
) -> None:
    [outcome] = stage.provider.send([sent], KEY)
    assert isinstance(outcome, Accepted)
    assert list(stage.entries[0]["message"]["Content"]) == [form]
    [arrived] = stage.arrived
    assert (arrived.to, arrived.sender, arrived.key) == (sent.to, str(sent.sender), sent.key)
    assert (arrived.subject, arrived.reply_to) == (sent.subject, sent.reply_to)
    assert [text.replace("\r\n", "\n").strip() for text in (arrived.html, arrived.text)] == [
        sent.html,
        sent.text.strip(),
    ]


def test_it_finds_nothing_wrong_with_a_good_account(stage: Stage) -> None:
    assert stage.provider.probe() == []


@pytest.mark.parametrize(
    ("account", "counting", "part"),
    [
        ({"SendingEnabled": False}, [], "stopped"),
        ({"ProductionAccessEnabled": False}, [], "sandbox"),
        (
            {"VdmAttributes": {"DashboardAttributes": {"EngagementMetrics": "ENABLED"}}},
            [],
            "Virtual Deliverability Manager",
        ),
        ({}, ["DELIVERY", "OPEN"], "pixel"),
        ({}, ["CLICK"], "pixel"),
    ],
)
def test_it_finds_what_would_stop_or_watch_letters(
    account: dict[str, Any], counting: list[str], part: str
) -> None:
    rules = ses.Rules(counting=counting)
    rules.account = account
    with ses.make_ses(rules=rules) as player:
        provider = ses.PLAYED.provider(player.url)
        [sentence] = provider.probe()
        provider.close()
    assert part in sentence


def test_a_configuration_set_they_do_not_know_is_found(stage: Stage) -> None:
    provider = stage.vendor.provider(stage.player.url, configuration_set="mistyped")
    assert provider.probe() == [
        "Amazon SES knows no such configuration set; look at emails.ses.configuration_set."
    ]
    provider.close()


def test_the_request_is_signed_for_the_host_it_goes_to(stage: Stage) -> None:
    stage.provider.send(messages(1), KEY)
    [call] = stage.player.calls
    headers = httpx.Headers(dict(call.headers))
    assert headers["host"] == stage.player.url.removeprefix("http://")
    assert "host" in headers["authorization"]
