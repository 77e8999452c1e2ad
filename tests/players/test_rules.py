"""Brevo, Mailjet and MailerSend refuse what the vendors refuse, in their words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.players import brevo, mailersend, mailjet

BREVO = {
    "sender": {"email": "a@b.example"},
    "to": [{"email": "c@example.com"}],
    "subject": "s",
    "htmlContent": "<p>t</p>",
}
MAILJET = {
    "From": {"Email": "a@b.example"},
    "To": [{"Email": "c@example.com"}],
    "Subject": "s",
    "TextPart": "t",
}
MAILERSEND = {
    "from": {"email": "a@b.example"},
    "to": [{"email": "c@example.com"}],
    "subject": "s",
    "text": "t",
}


@contextmanager
def clients() -> Iterator[dict[str, httpx.Client]]:
    with (
        brevo.make_brevo() as first,
        mailjet.make_mailjet() as second,
        mailersend.make_mailersend() as third,
        httpx.Client(base_url=first.url, headers={"api-key": brevo.API_KEY}) as one,
        httpx.Client(base_url=second.url, auth=(mailjet.API_KEY, mailjet.SECRET_KEY)) as two,
        httpx.Client(
            base_url=third.url, headers={"Authorization": f"Bearer {mailersend.TOKEN}"}
        ) as three,
    ):
        yield {"brevo": one, "mailjet": two, "mailersend": three}


@pytest.fixture
def played() -> Iterator[dict[str, httpx.Client]]:
    with clients() as found:
        yield found


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({}, 201, None),
        ({"tracking": False}, 400, "invalid_parameter"),
        ({"subject": ""}, 400, "invalid_parameter"),
        ({"to": [{"email": "nobody"}]}, 400, "invalid_parameter"),
        ({"headers": {"idempotencyKey": "no-uuid"}}, 400, "invalid_parameter"),
        ({"headers": {"X-Number": 7}}, 400, "invalid_parameter"),
        ({"attachment": []}, 400, "invalid_parameter"),
        ({"attachment": [{"name": "a.exe", "content": ""}]}, 400, "invalid_parameter"),
        ({"attachment": [{"name": "a.ics", "type": "text/calendar"}]}, 400, "invalid_parameter"),
    ],
)
def test_brevo(
    played: dict[str, httpx.Client], change: dict[str, Any], status: int, code: str | None
) -> None:
    answer = played["brevo"].post("/v3/smtp/email", json=BREVO | change)
    assert (answer.status_code, answer.json().get("code")) == (status, code)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({}, 200, None),
        ({"Html": ""}, 400, "mj-0004"),
        ({"TextPart": ""}, 400, "send-0003"),
        ({"To": []}, 400, "mj-0003"),
        ({"To": [{"Email": "nobody"}]}, 400, "mj-0013"),
        ({"Headers": {"Message-ID": "<1@b.example>"}}, 400, "send-0011"),
        ({"Headers": {"List-Id": "<a.b.example>"}}, 400, "send-0011"),
        ({"TrackOpens": False}, 400, "mj-0005"),
        ({"Attachments": []}, 400, "mj-0007"),
        ({"Attachments": [{"Filename": "a.ics"}]}, 400, "mj-0003"),
    ],
)
def test_mailjet(
    played: dict[str, httpx.Client], change: dict[str, Any], status: int, code: str | None
) -> None:
    answer = played["mailjet"].post("/v3.1/send", json={"Messages": [MAILJET | change]})
    [result] = answer.json()["Messages"]
    errors = [error["ErrorCode"] for error in result.get("Errors", [])]
    assert (answer.status_code, errors) == (status, [code] if code else [])


def test_mailjet_takes_no_more_than_fifty(played: dict[str, httpx.Client]) -> None:
    answer = played["mailjet"].post("/v3.1/send", json={"Messages": [MAILJET] * 51})
    assert (answer.status_code, answer.json()["ErrorCode"]) == (400, "mj-0008")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"metadata": {}}, "metadata"),
        ({"subject": ""}, "subject"),
        ({"subject": "s" * 999}, "subject"),
        ({"text": ""}, "text"),
        ({"from": {"email": "nobody"}}, "from.email"),
        ({"to": [{"email": "nobody"}]}, "to.0.email"),
        ({"tags": ["t"] * 6}, "tags"),
        ({"headers": [{"name": "X Y", "value": "z"}]}, "headers.0.name"),
        ({"attachments": [{"filename": "a", "type": "text/plain"}]}, "attachments.0"),
    ],
)
def test_mailersend(played: dict[str, httpx.Client], change: dict[str, Any], field: str) -> None:
    answer = played["mailersend"].post("/v1/email", json=MAILERSEND | change)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])


def test_mailersend_gives_the_number_in_a_header(played: dict[str, httpx.Client]) -> None:
    answer = played["mailersend"].post("/v1/email", json=MAILERSEND)
    assert answer.status_code == 202
    assert answer.headers["x-message-id"]


@pytest.mark.parametrize(
    ("vendor", "path"),
    [("brevo", "/v3/smtp/email"), ("mailjet", "/v3.1/send"), ("mailersend", "/v1/email")],
)
def test_a_key_is_asked_for_and_json_and_the_right_address(
    played: dict[str, httpx.Client], vendor: str, path: str
) -> None:
    client = played[vendor]
    assert client.post(path, content=b"{").status_code == 400
    assert client.post("/elsewhere", json={}).status_code == 404
    assert httpx.post(f"{client.base_url}{path}", json={}).status_code == 401
