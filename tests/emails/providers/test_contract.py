"""The same truths of every vendor, each played by a real server."""

import base64
import socket
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from emails.providers.base import (
    Accepted,
    AccountPaused,
    Alone,
    Outcome,
    Rejected,
    TryLater,
    Unknown,
)
from tests.players.faults import Fault, Kind
from tests.players.played import BAD, Vendor
from tests.support.messages import CALENDAR_FILE, message, messages
from tests.support.vendors import VENDORS, Stage, on_stage, where

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(params=VENDORS, ids=[vendor.name for vendor in VENDORS])
def vendor(request: pytest.FixtureRequest) -> Vendor:
    chosen: Vendor = request.param
    return chosen


@pytest.fixture
def stage(vendor: Vendor) -> Iterator[Stage]:
    with on_stage(vendor) as stage:
        yield stage


def kinds(outcomes: Sequence[Outcome]) -> list[type[Outcome]]:
    return [type(outcome) for outcome in outcomes]


def order(stage: Stage, *faults: Fault) -> None:
    if not {fault.kind for fault in faults} <= stage.vendor.faults:
        pytest.skip("there is no such thing in its protocol")
    stage.player.faults.extend(faults)


def test_each_message_is_accepted_under_the_vendors_own_id(stage: Stage) -> None:
    outcomes = stage.provider.send(messages(3), KEY)
    assert outcomes == [Accepted(entry["id"]) for entry in stage.entries]
    assert len({entry["id"] for entry in stage.entries}) == 3


def test_a_full_batch_is_taken(stage: Stage) -> None:
    batch = messages(stage.provider.max_batch)
    assert kinds(stage.provider.send(batch, KEY)) == [Accepted] * len(batch)
    assert len(stage.player.calls) == (len(batch) if stage.vendor.one_call_each else 1)
    assert sorted(mail.to for mail in stage.arrived) == sorted(mail.to for mail in batch)


def test_one_message_alone_is_accepted(stage: Stage) -> None:
    assert kinds(stage.provider.send(messages(1), KEY)) == [Accepted]


@pytest.mark.parametrize("size", [1, 3])
def test_what_the_message_says_arrives_unchanged(stage: Stage, size: int) -> None:
    batch = messages(size)
    stage.provider.send(batch, KEY)
    for sent, arrived in zip(batch, stage.arrived, strict=True):
        assert (arrived.to, arrived.sender) == (sent.to, str(sent.sender))
        assert (arrived.subject, arrived.reply_to) == (sent.subject, sent.reply_to)
        assert (arrived.html, arrived.text) == (sent.html, sent.text)


@pytest.mark.parametrize("size", [1, 3])
def test_our_headers_arrive_unchanged_message_id_and_unsubscribe_among_them(
    stage: Stage, size: int
) -> None:
    batch = messages(size)
    stage.provider.send(batch, KEY)
    for sent, arrived in zip(batch, stage.arrived, strict=True):
        theirs = stage.vendor.own_headers
        kept = {n: v for n, v in arrived.headers.items() if n.lower() not in theirs}
        assert kept == {n: v for n, v in sent.headers.items() if n.lower() not in theirs}


def test_our_own_key_travels_with_each_message(stage: Stage) -> None:
    batch = messages(2)
    stage.provider.send(batch, KEY)
    assert [mail.key for mail in stage.arrived] == [mail.key for mail in batch]


def test_an_attachment_arrives_to_the_byte(stage: Stage) -> None:
    assert kinds(stage.provider.send([message("ana@example.com", CALENDAR_FILE)], KEY)) == [
        Accepted
    ]
    [(name, kind, content)] = stage.arrived[0].attachments
    whole_type = "text/calendar" if stage.vendor.guesses_types else CALENDAR_FILE.content_type
    expected = "application/ics" if stage.vendor.takes_mime else whole_type
    assert (name, kind) == (CALENDAR_FILE.filename, expected)
    assert base64.b64decode(content) == CALENDAR_FILE.content


@where(lambda vendor: vendor.takes_mime)
def test_an_invitation_is_one_of_the_forms_of_its_letter(stage: Stage) -> None:
    sent = message("ana@example.com", CALENDAR_FILE)
    assert kinds(stage.provider.send([sent], KEY)) == [Accepted]
    [arrived] = stage.arrived
    [(kind, content)] = arrived.alternatives
    assert (kind, base64.b64decode(content)) == (CALENDAR_FILE.content_type, CALENDAR_FILE.content)
    assert (arrived.to, arrived.key, arrived.reply_to) == (sent.to, sent.key, sent.reply_to)
    assert (arrived.html.strip(), arrived.text.strip()) == (sent.html, sent.text.strip())


@where(lambda vendor: vendor.takes_mime)
def test_an_invitation_to_a_bad_address_is_judged_alone(stage: Stage) -> None:
    batch = [message(BAD, CALENDAR_FILE), message("c@example.com", CALENDAR_FILE)]
    assert kinds(stage.provider.send(batch, KEY)) == [Rejected, Accepted]


def test_one_bad_address_is_judged_alone(stage: Stage) -> None:
    batch = [message("a@example.com"), message(BAD), message("c@example.com")]
    outcomes = stage.provider.send(batch, KEY)
    assert kinds(outcomes) == [Accepted, Rejected, Accepted]
    assert [mail.to for mail in stage.arrived] == ["a@example.com", "c@example.com"]
    first, last = outcomes[0], outcomes[2]
    assert [first, last] == [Accepted(e["id"]) for e in stage.entries]


def test_a_refusal_keeps_the_vendors_own_word(stage: Stage) -> None:
    [outcome] = stage.provider.send([message(BAD)], KEY)
    assert isinstance(outcome, Rejected)
    assert "valid" in outcome.reason.lower()


FAULTS = [
    (Fault(Kind.STATUS, 500), Unknown, False),
    (Fault(Kind.GATEWAY, 502), Unknown, False),
    (Fault(Kind.GATEWAY, 503), Unknown, False),
    (Fault(Kind.GATEWAY, 504), Unknown, False),
    (Fault(Kind.STATUS, 429), TryLater, False),
    (Fault(Kind.STATUS, 401), AccountPaused, False),
    (Fault(Kind.GATEWAY, 403), AccountPaused, False),
    # A wrong base_url, which the owner mends.
    (Fault(Kind.GATEWAY, 404), AccountPaused, False),
    (Fault(Kind.GATEWAY, 405), AccountPaused, False),
    (Fault(Kind.RESET), Unknown, False),
    (Fault(Kind.DROP), Unknown, True),
    (Fault(Kind.HANG, accepts=True), Unknown, True),
    (Fault(Kind.HANG, accepts=False), Unknown, False),
    (Fault(Kind.HALF), Unknown, True),
    (Fault(Kind.GARBAGE), Unknown, True),
    (Fault(Kind.SLOW, seconds=0.4), Accepted, True),
]


@pytest.mark.parametrize(
    ("fault", "expected", "taken"), FAULTS, ids=[f"{f.kind}-{f.status}" for f, _, _ in FAULTS]
)
def test_every_fault_is_told_apart_by_what_to_do_next(
    stage: Stage, fault: Fault, expected: type[Outcome], taken: bool
) -> None:
    order(stage, fault)
    group = stage.vendor.group
    assert kinds(stage.provider.send(messages(group), KEY)) == [expected] * group
    assert len(stage.arrived) == (group if taken else 0)


@pytest.mark.parametrize("fault", [fault for fault, _, _ in FAULTS], ids=lambda f: str(f.kind))
def test_the_call_after_a_fault_goes_through(stage: Stage, fault: Fault) -> None:
    order(stage, fault)
    stage.provider.send(messages(2), KEY)
    assert kinds(stage.provider.send(messages(2), "f" * 32)) == [Accepted] * 2


def test_maintenance_is_certain_only_where_the_vendor_says_so(stage: Stage) -> None:
    order(stage, Fault(Kind.STATUS, 503))
    expected = TryLater if stage.vendor.maintenance_is_certain else Unknown
    assert kinds(stage.provider.send(messages(1), KEY)) == [expected]


@pytest.mark.parametrize(
    ("header", "after"),
    [
        ("30", timedelta(seconds=30)),
        ("0", timedelta(0)),
        (None, None),
        ("soon", None),
        ("-5", None),
        ("²", None),
        ("9" * 30, None),
        ("Mon, 02 Nov 2026 12:00:00", None),
    ],
)
def test_the_vendors_own_wait_is_read_where_it_can_be(
    stage: Stage, header: str | None, after: timedelta | None
) -> None:
    order(stage, Fault(Kind.STATUS, 429, retry_after=header))
    [outcome] = stage.provider.send(messages(1), KEY)
    assert isinstance(outcome, TryLater)
    assert outcome.after == after


def test_a_wait_given_as_a_date_is_read_too(stage: Stage) -> None:
    at = datetime.now(UTC) + timedelta(seconds=90)
    header = format_datetime(at, usegmt=True)
    order(stage, Fault(Kind.STATUS, 429, retry_after=header))
    [outcome] = stage.provider.send(messages(1), KEY)
    assert isinstance(outcome, TryLater)
    assert outcome.after is not None
    assert timedelta(seconds=80) < outcome.after <= timedelta(seconds=90)


def test_a_server_that_cannot_be_reached_has_certainly_taken_nothing(vendor: Vendor) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"{vendor.scheme}://127.0.0.1:{closed.getsockname()[1]}"
        provider = vendor.provider(url, 1)
        assert kinds(provider.send(messages(2), KEY)) == [TryLater] * 2
        provider.close()


def test_a_wrong_key_pauses_the_account_and_not_the_message(stage: Stage) -> None:
    provider = stage.vendor.provider(stage.player.url, **{stage.vendor.login: "somebody-elses"})
    assert kinds(provider.send(messages(1), KEY)) == [AccountPaused]
    provider.close()
    assert stage.arrived == []


@where(lambda vendor: not vendor.one_call_each)
@pytest.mark.parametrize("fault", [Fault(Kind.STATUS, 422), Fault(Kind.GATEWAY, 413)])
def test_of_a_batch_refused_as_a_whole_nothing_was_taken(stage: Stage, fault: Fault) -> None:
    stage.player.faults.append(fault)
    assert kinds(stage.provider.send(messages(3), KEY)) == [Alone] * 3
    assert stage.arrived == []


@where(lambda vendor: vendor.one_call_each)
@pytest.mark.parametrize("fault", [Fault(Kind.DROP), Fault(Kind.STATUS, 429)])
def test_calls_for_one_each_end_with_the_first_that_gets_no_verdict(
    stage: Stage, fault: Fault
) -> None:
    ok = Fault(Kind.SLOW, seconds=0)
    stage.player.faults.extend([ok, fault])
    batch = messages(60)
    outcomes = stage.provider.send(batch, KEY)
    accepted = [m.to for m, o in zip(batch, outcomes, strict=True) if isinstance(o, Accepted)]
    open_still = [o for o in outcomes if not isinstance(o, Accepted)]
    assert set(accepted) <= {mail.to for mail in stage.arrived}
    assert len(stage.arrived) - len(accepted) == (1 if fault.kind == Kind.DROP else 0)
    assert kinds(open_still).count(TryLater) >= len(open_still) - 1
    assert open_still
