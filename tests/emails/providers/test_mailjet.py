"""What only Mailjet does: a batch of which some is sent although the answer is an HTTP 4xx."""

import base64
import dataclasses
import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emails.providers.base import Accepted, AccountPaused, Outcome, Rejected, TryLater, Unknown
from tests.players.mailjet import PLAYED, Rules, make_mailjet, sign
from tests.players.played import BAD
from tests.players.vendor import Call, Verdict
from tests.support.answers import answering, outcomes_of
from tests.support.messages import CALENDAR_FILE, message, messages

KEY = "0123456789abcdef0123456789abcdef"
AT = datetime(2026, 11, 3, 7, 0, 10, tzinfo=UTC)
SUCCESS = {"Status": "success", "To": [{"MessageID": 1, "MessageUUID": "u"}]}
INBOUND: dict[str, Any] = {
    "Sender": "ana@example.com",
    "Recipient": "replies+tag@practice.example",
    "Date": "20261103T080000",
    "From": "Ana <ana@example.com>",
    "Subject": "Re: Letter 1",
    "Headers": {
        "From": ["Ana <ana@example.com>"],
        "To": "Practice <replies+tag@practice.example>",
        "Message-ID": "<1@reader.example>",
        "Received": ["by a.example", "by b.example"],
        "Content-Type": "multipart/mixed; boundary=x",
    },
    "Parts": [
        {"Headers": {"Content-Type": "text/plain; charset=UTF-8"}, "ContentRef": "Text-part"},
        {
            "Headers": {
                "Content-Type": 'image/png; name="plan.png"',
                "Content-Disposition": 'attachment; filename="plan.png"',
            },
            "ContentRef": "Attachment1",
        },
    ],
    "Text-part": "The violet umbrella, again.",
    "Html-part": "",
    "Attachment1": base64.b64encode(b"\x89PNG").decode(),
    "SpamAssassinScore": "0.1",
    "CustomID": KEY,
    "Payload": "",
}


def refusal(status: int, code: str = "mj-0013", said: str = "A word.") -> dict[str, Any]:
    error = {"ErrorCode": code, "StatusCode": status, "ErrorMessage": said}
    return {"Status": "error", "Errors": [error]}


def read(body: Any) -> bytes:
    with answering(PLAYED, lambda _: Verdict(500, {})) as provider:
        [raw] = provider.read_inbound(sign(json.dumps(body).encode(), AT))
    assert isinstance(raw, bytes)
    return raw


def test_one_call_and_an_answer_of_400_hold_acceptances_too() -> None:
    with make_mailjet(rules=Rules(bad={BAD})) as player:
        provider = PLAYED.provider(player.url)
        outcomes = provider.send([message("a@example.com"), message(BAD)], KEY)
        provider.close()
        assert [type(outcome) for outcome in outcomes] == [Accepted, Rejected]
        assert len(player.calls) == 1


@pytest.mark.parametrize("status", [200, 207, 400, 403, 500])
def test_each_message_is_judged_by_its_own_result_whatever_the_answers_status(status: int) -> None:
    body = {"Messages": [SUCCESS, refusal(400)]}
    assert outcomes_of(PLAYED, status, body, size=2) == [
        Accepted("1"),
        Rejected("mj-0013: A word."),
    ]


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "send-0003", Rejected),
        (401, "mj-0001", AccountPaused),
        (401, "mj-0015", AccountPaused),
        (403, "send-0006", AccountPaused),
        (403, "send-0007", AccountPaused),
        (403, "send-0008", AccountPaused),
        (429, "mj-0000", TryLater),
        (500, "mj-0000", Unknown),
    ],
)
def test_each_error_means_what_to_do_next(status: int, code: str, expected: type[Outcome]) -> None:
    [in_result] = outcomes_of(PLAYED, status, {"Messages": [refusal(status, code)]})
    [of_all] = outcomes_of(PLAYED, status, {"ErrorCode": code, "StatusCode": status})
    assert (type(in_result), type(of_all)) == (expected, expected)
    assert not isinstance(in_result, Accepted)
    assert code in in_result.reason


def test_of_several_errors_that_of_the_account_counts() -> None:
    errors = [*refusal(400)["Errors"], *refusal(403, "send-0008")["Errors"]]
    [outcome] = outcomes_of(PLAYED, 403, {"Messages": [{"Status": "error", "Errors": errors}]})
    assert isinstance(outcome, AccountPaused)


def test_a_sender_who_is_not_validated_costs_no_letter() -> None:
    with make_mailjet(rules=Rules(sender="somebody@else.example")) as player:
        provider = PLAYED.provider(player.url)
        assert {type(outcome) for outcome in provider.send(messages(2), KEY)} == {AccountPaused}
        provider.close()


@pytest.mark.parametrize(
    "results",
    [
        [],
        None,
        7,
        [None],
        [{}],
        [SUCCESS, SUCCESS],
        [{"Status": "success", "To": []}],
        [{"Status": "success", "To": [{"MessageID": None}]}],
        [{"Status": "error", "Errors": []}],
        [{"Status": "error", "Errors": [{"StatusCode": "400"}]}],
    ],
)
def test_an_answer_that_does_not_add_up_is_unknown(results: Any) -> None:
    assert isinstance(outcomes_of(PLAYED, 200, {"Messages": results})[0], Unknown)


def test_a_sender_without_a_name_is_an_address() -> None:
    with make_mailjet() as player:
        provider = PLAYED.provider(player.url)
        nameless = dataclasses.replace(message().sender, name="")
        provider.send([dataclasses.replace(message(), sender=nameless)], KEY)
        provider.close()
    assert player.journal.entries[0]["message"]["From"] == {"Email": nameless.email}
    assert provider.fetch("anything") is None


def test_it_neither_counts_opens_nor_rewrites_links() -> None:
    with make_mailjet() as player:
        provider = PLAYED.provider(player.url)
        provider.send(messages(1), KEY)
        provider.close()
    sent = player.journal.entries[0]["message"]
    assert (sent["TrackOpens"], sent["TrackClicks"]) == ("disabled", "disabled")


def test_attachments_travel_in_a_batch_and_no_repeat_is_recognised() -> None:
    with make_mailjet() as player:
        provider = PLAYED.provider(player.url)
        batch = [message("a@example.com", CALENDAR_FILE), message("b@example.com", CALENDAR_FILE)]
        provider.send(batch, KEY)
        provider.send(batch, KEY)
        provider.close()
    assert (len(player.calls), len(player.journal.entries)) == (2, 4)
    assert provider.dedupe_window == timedelta(0)


def test_a_reply_is_put_together_again_with_what_hung_on_it() -> None:
    mail = message_from_bytes(read(INBOUND), policy=default)
    assert (mail["From"], mail["Message-ID"]) == ("Ana <ana@example.com>", "<1@reader.example>")
    assert (mail["Subject"], mail["Delivered-To"]) == (
        "Re: Letter 1",
        "replies+tag@practice.example",
    )
    assert mail.get_all("Received") == ["by a.example", "by b.example"]
    body = mail.get_body(["plain"])
    assert body is not None
    assert body.get_content().strip() == "The violet umbrella, again."
    [file] = mail.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("plan.png", "image/png")
    assert file.get_content() == b"\x89PNG"


@given(
    headers=st.dictionaries(
        st.sampled_from(["Content-Type", "Content-Disposition", "X"]),
        st.text() | st.lists(st.text()) | st.just("attachment; filename*=utf-8''%ff\n"),
    ),
    content=st.text() | st.none(),
)
def test_whatever_an_attachment_says_of_itself_the_reply_is_read(
    headers: dict[str, Any], content: str | None
) -> None:
    part = {"Headers": headers, "ContentRef": "Attachment1"}
    assert read(INBOUND | {"Parts": [part], "Attachment1": content})


@pytest.mark.parametrize(
    "disposition",
    [
        "attachment; filename*=undefined''x%ff",
        "attachment; filename*=zz\x00''x%ff",
        f"attachment; filename*{'9' * 5000}=x",
        'attachment; filename="\ud800"',
    ],
)
def test_a_name_the_parser_gives_up_on_costs_only_the_name(disposition: str) -> None:
    headers = {"Content-Type": "image/png", "Content-Disposition": disposition}
    part = {"Headers": headers, "ContentRef": "Attachment1"}
    mail = message_from_bytes(read(INBOUND | {"Parts": [part]}), policy=default)
    [file] = mail.iter_attachments()
    assert (file.get_filename(), file.get_payload(decode=True)) == ("file", b"\x89PNG")


@pytest.mark.parametrize(("status", "troubles"), [(200, 0), (401, 1), (500, 1)])
def test_the_account_is_asked_whether_the_keys_work(status: int, troubles: int) -> None:
    def judge(call: Call) -> Verdict:
        assert call.path.startswith("GET /v3/REST/sender")
        return Verdict(status, {})

    with answering(PLAYED, judge) as provider:
        assert len(provider.probe()) == troubles
