"""The same truths of every vendor's webhooks. A vendor's real shapes are in its payload folder."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emails.errors import HookRefused, HookUnreadable
from emails.providers.base import Vendor as Ours
from emails.providers.hooks import Hook
from tests.players.played import Vendor
from tests.support.vendors import WITH_WEBHOOKS, where

AT = datetime(2026, 11, 3, 7, 0, 10, tzinfo=UTC)
PAYLOADS = Path(__file__).parent / "payloads"
NOWHERE = "http://127.0.0.1:9"


CASES = [
    pytest.param(vendor, file, id=f"{vendor.name}-{file.stem}")
    for vendor in WITH_WEBHOOKS
    for file in sorted((PAYLOADS / vendor.name).glob("*.json"))
]


def body_of(file: Path) -> bytes:
    """As a vendor would send it: JSON, or what else it is, written as text."""
    body = json.loads(file.read_text())["body"]
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def some_body(vendor: Vendor) -> bytes:
    return body_of(min((PAYLOADS / vendor.name).glob("*.json")))


@pytest.fixture(params=WITH_WEBHOOKS, ids=[vendor.name for vendor in WITH_WEBHOOKS])
def vendor(request: pytest.FixtureRequest) -> Vendor:
    chosen: Vendor = request.param
    return chosen


@pytest.fixture
def ours(vendor: Vendor) -> Iterator[Ours]:
    provider = vendor.provider(NOWHERE)
    yield provider
    provider.close()


@pytest.mark.parametrize(("vendor", "file"), CASES)
def test_a_real_call_is_read_in_our_words(vendor: Vendor, file: Path, ours: Ours) -> None:
    hook = vendor.sign(body_of(file), AT)
    assert ours.verify(hook, AT)
    events = [dataclasses.asdict(event) for event in ours.read_events(hook)]
    expected = json.loads(file.read_text())["expected"]
    assert len(events) == len(expected)
    for event, wanted in zip(events, expected, strict=True):
        told = event | {"at": event["at"].isoformat() if event["at"] else None}
        assert {name: told[name] for name in wanted} == wanted
        assert event["word"]


@pytest.mark.parametrize(("vendor", "file"), CASES)
def test_told_again_it_is_the_same_event_and_another_call_is_another(
    vendor: Vendor, file: Path, ours: Ours
) -> None:
    hook = vendor.sign(body_of(file), AT)
    again = vendor.sign(body_of(file), AT)
    assert [e.id for e in ours.read_events(hook)] == [e.id for e in ours.read_events(again)]
    assert len({event.id for event in ours.read_events(hook)}) == len(ours.read_events(hook))


def test_there_are_payloads_of_all_that_matters(vendor: Vendor, ours: Ours) -> None:
    files = list((PAYLOADS / vendor.name).glob("*.json"))
    kinds = {e.kind for file in files for e in ours.read_events(vendor.sign(body_of(file), AT))}
    assert {"delivered", "hard bounce", "soft bounce", "complaint"} <= kinds


@where(lambda vendor: vendor.has_webhooks and not vendor.proof_in_body)
def test_a_call_with_another_secret_is_refused(vendor: Vendor, ours: Ours) -> None:
    hook = vendor.sign(some_body(vendor), AT)
    headers = {name: _spoilt(value) for name, value in hook.headers.items()}
    with pytest.raises(HookRefused):
        ours.verify(Hook(headers, hook.body), AT)


@where(lambda vendor: vendor.has_webhooks and not vendor.proof_in_body)
def test_a_call_without_any_proof_is_refused(vendor: Vendor, ours: Ours) -> None:
    with pytest.raises(HookRefused):
        ours.verify(Hook({}, some_body(vendor)), AT)


def test_nobody_is_believed_while_no_secret_is_set(vendor: Vendor) -> None:
    ours = vendor.provider(NOWHERE, **vendor.without_proof)
    with pytest.raises(HookRefused):
        ours.verify(vendor.sign(some_body(vendor), AT), AT)
    ours.close()


@where(lambda vendor: vendor.dates_its_calls)
@pytest.mark.parametrize("past_or_future", [1, -1])
def test_a_call_kept_back_is_refused_where_calls_are_dated(
    vendor: Vendor, ours: Ours, past_or_future: int
) -> None:
    hook = vendor.sign(some_body(vendor), AT - past_or_future * vendor.stale_after)
    with pytest.raises(HookRefused):
        ours.verify(hook, AT)


@where(lambda vendor: vendor.signs_the_body)
def test_a_changed_body_is_refused_where_bodies_are_signed(vendor: Vendor, ours: Ours) -> None:
    hook = vendor.sign(some_body(vendor), AT)
    for forged in (hook.body[:-1], hook.body + b" ", hook.body.replace(b"a", b"b", 1)):
        with pytest.raises(HookRefused):
            ours.verify(Hook(hook.headers, forged), AT)


def test_a_repeat_of_the_same_call_has_the_same_id(vendor: Vendor, ours: Ours) -> None:
    body = some_body(vendor)
    assert ours.verify(vendor.sign(body, AT), AT) == ours.verify(vendor.sign(body, AT), AT)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_whatever_the_body_reading_it_ends_in_events_or_in_words(
    vendor: Vendor, ours: Ours
) -> None:
    @given(content=JSON)
    def reads(content: object) -> None:
        _read_anything(ours, vendor.sign(json.dumps(content).encode(), AT))

    reads()


@pytest.mark.parametrize(("vendor", "file"), CASES)
def test_with_any_part_of_it_missing_it_is_read_or_refused_in_words(
    vendor: Vendor, file: Path, ours: Ours
) -> None:
    content = json.loads(file.read_text())["body"]
    for changed in _without_each(content):
        _read_anything(ours, vendor.sign(json.dumps(changed).encode(), AT))
    whole = body_of(file)
    for length in range(0, len(whole), max(len(whole) // 20, 1)):
        _read_anything(ours, vendor.sign(whole[:length], AT))


def _read_anything(ours: Ours, hook: Hook) -> None:
    for read in (ours.read_events, ours.read_inbound):
        with suppress(HookUnreadable):
            read(hook)


def _without_each(value: object) -> Iterator[object]:
    """The same with one part left out, or made into something else."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield {other: each for other, each in value.items() if other != name}
            yield value | {name: None}
            yield value | {name: [7]}
            yield value | {name: 7}
            yield value | {name: "\ud800"}
            yield value | {name: "0001-01-01T00:00:00+01:00"}
            for changed in _without_each(inner):
                yield value | {name: changed}
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            for changed in _without_each(inner):
                yield [*value[:n], changed, *value[n + 1 :]]


def _spoilt(value: str) -> str:
    return value[:-6] + ("AAAAA=" if not value.endswith("AAAAA=") else "BBBBB=")
