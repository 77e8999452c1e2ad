"""What only SendGrid does: a letter a call, keys on a curve, received email as a form of parts."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import httpx
import pytest

from emails.errors import HookRefused, HookUnreadable
from emails.providers.base import Accepted, AccountPaused, Outcome, Rejected, TryLater, Unknown
from emails.providers.hooks import Hook
from tests.players import sendgrid
from tests.players.faults import Fault, Kind
from tests.support.messages import CALENDAR_FILE, message, messages
from tests.support.vendors import Stage, on_stage

KEY = "0123456789abcdef0123456789abcdef"
AT = datetime(2026, 11, 3, 7, 0, 10, tzinfo=UTC)
NOWHERE = "http://127.0.0.1:9"
FROM_A_READER = (
    "From: Ana <ana@example.com>\r\nTo: replies+tag@practice.example\r\n"
    "Subject: =?utf-8?q?=C3=A4?=\r\n\r\nWords.\r\n"
)

# Published with their libraries: https://github.com/sendgrid/sendgrid-python
THEIR_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+"
    "2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
)
THEIR_SIGNATURE = (
    "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtE"
    "ZtM="
)
THEIR_BODY = (
    b'[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","sg_event_id":'
    b'"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA","sg_message_id":'
    b'"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0","smtp-id":'
    b'"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n'
)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with on_stage(sendgrid.PLAYED) as stage:
        yield stage


def form(values: dict[str, bytes], files: dict[str, tuple[str, bytes, str]] | None = None) -> Hook:
    """A call of Inbound Parse; parts without a file's name are fields."""
    parts: list[Any] = [(name, (None, value)) for name, value in values.items()]
    made = httpx.Request("POST", NOWHERE, files=parts + list((files or {}).items()))
    return sendgrid.sign(made.read(), AT, made.headers["content-type"])


def read(hook: Hook) -> Any:
    ours = sendgrid.PLAYED.provider(NOWHERE)
    assert ours.verify(hook, AT)
    [raw] = ours.read_inbound(hook)
    ours.close()
    assert isinstance(raw, bytes)
    return message_from_bytes(raw, policy=default)


def test_nothing_of_theirs_watches_a_reader(stage: Stage) -> None:
    stage.provider.send(messages(1), KEY)
    assert stage.entries[0]["watched"] == []


def test_a_calendar_file_travels_without_the_parameters_they_refuse(stage: Stage) -> None:
    [outcome] = stage.provider.send([message("ana@example.com", CALENDAR_FILE)], KEY)
    assert isinstance(outcome, Accepted)
    assert stage.arrived[0].attachments[0][1] == "text/calendar"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, Rejected),
        (401, AccountPaused),
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
    stage.player.faults.append(Fault(Kind.STATUS, status, name="their word"))
    [outcome] = stage.provider.send(messages(1), KEY)
    assert type(outcome) is expected
    assert "their word" in str(outcome)


def test_too_many_calls_concern_all_of_ours(stage: Stage) -> None:
    stage.player.faults.append(Fault(Kind.STATUS, 429))
    [outcome] = stage.provider.send(messages(1), KEY)
    assert isinstance(outcome, TryLater)
    assert outcome.too_fast


def test_it_finds_nothing_wrong_with_a_good_account(stage: Stage) -> None:
    assert stage.provider.probe() == []


def test_their_own_published_signature_is_believed() -> None:
    ours = sendgrid.PLAYED.provider(NOWHERE, webhook_secret=THEIR_KEY)
    headers = {
        "x-twilio-email-event-webhook-signature": THEIR_SIGNATURE,
        "x-twilio-email-event-webhook-timestamp": "1600112502",
    }
    assert ours.verify(Hook(headers, THEIR_BODY), datetime.fromtimestamp(1600112502, UTC))
    ours.close()


def test_a_late_repeat_is_believed_for_as_long_as_they_go_on_trying() -> None:
    ours = sendgrid.PLAYED.provider(NOWHERE)
    assert ours.verify(sendgrid.sign(b"[]", AT), AT + timedelta(hours=24))
    ours.close()


def test_received_email_may_have_a_key_of_its_own() -> None:
    secret = sendgrid.verification_key()
    ours = sendgrid.PLAYED.provider(NOWHERE, webhook_secret=THEIR_KEY, inbound_secret=secret)
    assert ours.verify(sendgrid.sign(b"[]", AT), AT)
    ours.close()


@pytest.mark.parametrize("secret", ["!", "YQ==", "ä"])
def test_a_key_that_is_none_refuses_in_words(secret: str) -> None:
    ours = sendgrid.PLAYED.provider(NOWHERE, webhook_secret=secret)
    with pytest.raises(HookRefused, match="key"):
        ours.verify(sendgrid.sign(b"[]", AT), AT)
    ours.close()


def test_a_raw_email_comes_as_it_was_with_whom_it_was_for() -> None:
    envelope = {"to": ["replies+tag@practice.example"], "from": "ana@example.com"}
    mail = read(form({"email": FROM_A_READER.encode(), "envelope": json.dumps(envelope).encode()}))
    assert mail["Delivered-To"] == "replies+tag@practice.example"
    assert (mail["Subject"], mail.get_content()) == ("ä", "Words.\r\n")


def test_an_email_in_parts_is_put_together_in_their_character_sets() -> None:
    values = {
        "headers": b"From: Ana <ana@example.com>\nSubject: Re:\n a letter\nMessage-ID: <1@r>\n",
        "text": "Grüße".encode("iso-8859-1"),
        "html": "<p>Grüße</p>".encode(),
        "charsets": b'{"text": "iso-8859-1", "html": "UTF-8"}',
        "attachment-info": b'{"attachment1": {"filename": "a.png", "type": "image/png"}}',
        "attachments": b"1",
        "envelope": b'{"to": ["replies+tag@practice.example"], "from": "ana@example.com"}',
    }
    mail = read(form(values, {"attachment1": ("a.png", b"\x89PNG\r\n", "image/png")}))
    assert (mail["Subject"], mail["Message-ID"]) == ("Re: a letter", "<1@r>")
    assert mail["Delivered-To"] == "replies+tag@practice.example"
    assert mail.get_body(("plain",)).get_content().strip() == "Grüße"
    assert mail.get_body(("html",)).get_content().strip() == "<p>Grüße</p>"
    [file] = mail.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("a.png", b"\x89PNG\r\n")


@pytest.mark.parametrize("charsets", [b'{"text": "no such set"}', b"[]", b"{", b'{"text": 7}'])
def test_an_unknown_character_set_loses_no_email(charsets: bytes) -> None:
    mail = read(form({"headers": b"Subject: x\n", "text": b"Words.", "charsets": charsets}))
    assert mail.get_body(("plain",)).get_content().strip() == "Words."


def test_whatever_is_missing_of_a_form_it_is_read_or_refused_in_words() -> None:
    whole = form({"headers": b"Subject: x\n", "text": b"Words."}, {"a": ("a", b"b", "c/d")})
    ours = sendgrid.PLAYED.provider(NOWHERE)
    for length in range(len(whole.body)):
        with suppress(HookUnreadable):
            ours.read_inbound(Hook(whole.headers, whole.body[:length]))
    for kind in ("", "multipart/form-data", "text/plain", "application/json"):
        with pytest.raises(HookUnreadable):
            ours.read_inbound(Hook({"content-type": kind}, whole.body))
    ours.close()
