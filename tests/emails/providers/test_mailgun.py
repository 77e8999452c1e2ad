"""What only Mailgun does: forms, and a proof that covers a token and not the words beside it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import httpx
import pytest

from course.vault import Vault
from emails.errors import HookRefused, HookUnreadable
from emails.hook_calls import Door, arrival
from emails.providers.base import AccountPaused, Outcome, Rejected, TryLater, Unknown
from emails.providers.hooks import Hook
from tests.emails.specimens import KEYS
from tests.players import mailgun
from tests.players.faults import Fault, Kind
from tests.support.messages import CALENDAR_FILE, message, messages
from tests.support.vendors import Stage, on_stage

KEY = "0123456789abcdef0123456789abcdef"
AT = datetime(2026, 11, 3, 7, 0, 10, tzinfo=UTC)
NOWHERE = "http://127.0.0.1:9"
RAW = "From: Ana <ana@example.com>\r\nTo: someone@else.example\r\nSubject: Re: ä\r\n\r\nWörter.\r\n"


@pytest.fixture
def stage() -> Iterator[Stage]:
    with on_stage(mailgun.PLAYED) as stage:
        yield stage


def form(values: dict[str, str], files: list[Any] | None = None, token: str = "t-1") -> Hook:
    """A call of a route that forwards."""
    data = values | mailgun.proof(token, AT)
    made = httpx.Request("POST", NOWHERE, data=data, files=files)
    return Hook({"content-type": made.headers["content-type"]}, made.read())


def read(hook: Hook) -> Any:
    ours = mailgun.PLAYED.provider(NOWHERE)
    assert ours.verify(hook, AT) == "t-1"
    [raw] = ours.read_inbound(hook)
    ours.close()
    assert isinstance(raw, bytes)
    return message_from_bytes(raw, policy=default)


@pytest.mark.parametrize("attached", [(), (CALENDAR_FILE,)])
def test_nothing_of_theirs_watches_a_reader(stage: Stage, attached: tuple[Any, ...]) -> None:
    stage.provider.send([message("ana@example.com", *attached)], KEY)
    assert stage.entries[0]["watched"] == []


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, Rejected),
        (401, AccountPaused),
        (402, AccountPaused),
        (403, AccountPaused),
        (404, AccountPaused),
        (413, Rejected),
        (429, TryLater),
        (200, Unknown),
        (503, Unknown),
    ],
)
def test_each_status_means_what_to_do_next(
    stage: Stage, status: int, expected: type[Outcome]
) -> None:
    stage.player.faults.append(Fault(Kind.STATUS, status))
    [outcome] = stage.provider.send(messages(1), KEY)
    assert type(outcome) is expected


def test_a_domain_they_do_not_know_pauses_the_account_and_is_found_beforehand(
    stage: Stage,
) -> None:
    ours = stage.vendor.provider(stage.player.url, domain="mistyped.example")
    [outcome] = ours.send(messages(1), KEY)
    assert isinstance(outcome, AccountPaused)
    assert "mistyped.example" in outcome.reason
    assert "emails.mailgun.domain" in ours.probe()[0]
    assert stage.provider.probe() == []
    ours.close()


def test_the_token_is_the_call_so_that_it_counts_once() -> None:
    ours = mailgun.PLAYED.provider(NOWHERE)
    proof = mailgun.proof("t-1", AT)
    for words in ({"event": "delivered"}, {"event": "complained"}):
        body = json.dumps({"signature": proof, "event-data": words}).encode()
        assert ours.verify(Hook({"content-type": "application/json"}, body), AT) == "t-1"
    ours.close()


def test_a_proof_that_was_overheard_opens_no_other_door() -> None:
    ours = mailgun.PLAYED.provider(NOWHERE)
    proof = mailgun.proof("t-1", AT)
    event = Hook(
        {"content-type": "application/json"},
        json.dumps({"signature": proof, "event-data": {}}).encode(),
    )
    mail = form({"body-mime": RAW})
    heard, forged = (
        arrival(Vault(KEYS), "mailgun", door, ours.verify(hook, AT), hook, AT)
        for door, hook in ((Door.EVENTS, event), (Door.INBOUND, mail))
    )
    assert heard["call"] == forged["call"]
    assert heard["digest"] != forged["digest"]
    ours.close()


@pytest.mark.parametrize(
    "proof",
    [
        mailgun.proof("t-1", AT, key="another"),
        mailgun.proof("t-1", AT) | {"token": "t-2"},
        mailgun.proof("t-1", AT) | {"timestamp": "1793689209"},
        mailgun.proof("t-1", AT) | {"timestamp": "soon"},
        mailgun.proof("t-1", AT) | {"signature": None},
        mailgun.proof("t-1", AT) | {"token": ["t-1"]},
        {},
    ],
)
def test_a_proof_that_proves_nothing_is_refused(proof: dict[str, Any]) -> None:
    ours = mailgun.PLAYED.provider(NOWHERE)
    body = json.dumps({"signature": proof, "event-data": {}}).encode()
    with pytest.raises(HookRefused):
        ours.verify(Hook({"content-type": "application/json"}, body), AT)
    ours.close()


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data", "text/plain", ""])
def test_a_body_that_holds_no_proof_is_refused(kind: str) -> None:
    ours = mailgun.PLAYED.provider(NOWHERE)
    with pytest.raises(HookRefused):
        ours.verify(Hook({"content-type": kind}, b"\xff{"), AT)
    ours.close()


def test_a_late_repeat_is_believed_for_as_long_as_they_go_on_trying() -> None:
    ours = mailgun.PLAYED.provider(NOWHERE)
    assert ours.verify(form({"recipient": "a@b.example"}), AT + timedelta(hours=8)) == "t-1"
    ours.close()


def test_a_raw_email_comes_as_it_was_with_whom_it_was_for() -> None:
    mail = read(form({"recipient": "replies+tag@practice.example", "body-mime": RAW}))
    assert mail["Delivered-To"] == "replies+tag@practice.example"
    assert mail.get_payload(decode=True).decode() == "Wörter.\r\n"


def test_an_email_in_fields_is_put_together() -> None:
    headers = [["From", "Ana <ana@example.com>"], ["Subject", "Re: ä"], ["Message-Id", "<1@r>"]]
    values = {
        "recipient": "replies+tag@practice.example",
        "message-headers": json.dumps(headers),
        "body-plain": "Wörter.",
        "body-html": "<p>Wörter.</p>",
        "stripped-text": "Wörter.",
        "attachment-count": "1",
    }
    files = [("attachment-1", ("a.png", b"\x89PNG\r\n", "image/png"))]
    mail = read(form(values, files))
    assert (mail["Subject"], mail["Message-Id"]) == ("Re: ä", "<1@r>")
    assert mail["Delivered-To"] == "replies+tag@practice.example"
    assert mail.get_body(("plain",)).get_content().strip() == "Wörter."
    [file] = mail.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("a.png", b"\x89PNG\r\n")


@pytest.mark.parametrize("headers", ["{", "[" * 100_000, ""])
def test_headers_that_are_none_are_refused_in_words(headers: str) -> None:
    ours = mailgun.PLAYED.provider(NOWHERE)
    with pytest.raises(HookUnreadable):
        ours.read_inbound(form({"message-headers": headers, "body-plain": "x"}))
    ours.close()


@pytest.mark.parametrize("headers", ["7", '[7, [], ["a"], ["b", 7], {"c": "d"}]', "{}"])
def test_headers_of_another_shape_lose_no_words(headers: str) -> None:
    mail = read(form({"message-headers": headers, "body-plain": "Words."}))
    assert mail.get_body(("plain",)).get_content().strip() == "Words."
