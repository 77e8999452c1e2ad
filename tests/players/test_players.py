"""The players hold to the vendors' rules, and run as processes too."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.players import postmark, resend
from tests.support.processes import ROOT

HEADERS = {
    "resend": {"Authorization": f"Bearer {resend.API_KEY}"},
    "postmark": {"X-Postmark-Server-Token": postmark.TOKEN},
}
PATHS = {"resend": "/emails/batch", "postmark": "/email/batch"}
GOOD_ONE = {"from": "a@b.example", "to": ["c@example.com"], "subject": "s", "text": "t"}


@contextmanager
def process(vendor: str, journal: Path) -> Iterator[str]:
    command = [sys.executable, "-m", f"tests.players.{vendor}", "--journal", str(journal)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as running:
        assert running.stdout is not None
        yield running.stdout.readline().strip()
        running.kill()


@pytest.mark.parametrize(
    ("vendor", "item"),
    [
        ("resend", GOOD_ONE),
        ("postmark", {"From": "a@b.example", "To": "c@example.com", "TextBody": "t"}),
    ],
)
def test_a_player_runs_as_a_process_is_told_its_faults_and_keeps_a_journal(
    vendor: str, item: dict[str, object], tmp_path: Path
) -> None:
    journal = tmp_path / "journal.jsonl"
    with process(vendor, journal) as url, httpx.Client(base_url=url) as client:
        faults = [{"kind": "status", "status": 429, "retry_after": "7"}]
        assert client.post("/_faults", json=faults).status_code == 204
        answers = [client.post(PATHS[vendor], json=[item], headers=HEADERS[vendor]) for _ in "ab"]
    assert [answer.status_code for answer in answers] == [429, 200]
    assert answers[0].headers["retry-after"] == "7"
    assert [json.loads(line)["to"] for line in journal.read_text().splitlines()] == [
        "c@example.com"
    ]


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with (
        resend.make_resend(rules=resend.Rules(bad={"bad@example.com"})) as player,
        httpx.Client(base_url=player.url, headers=HEADERS["resend"]) as client,
    ):
        yield client


def test_resend_is_strict_unless_asked_otherwise(client: httpx.Client) -> None:
    batch = [GOOD_ONE, GOOD_ONE | {"to": ["bad@example.com"]}]
    assert client.post("/emails/batch", json=batch).status_code == 422
    asked = client.post("/emails/batch", json=batch, headers={"x-batch-validation": "permissive"})
    assert [len(asked.json()["data"]), asked.json()["errors"][0]["index"]] == [1, 1]


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        ([GOOD_ONE | {"attachments": [{}]}], 422, "validation_error"),
        ([GOOD_ONE] * 101, 422, "validation_error"),
        ([], 422, "validation_error"),
        ([GOOD_ONE | {"from": "Zoe, Practice <a@b.example"}], 422, "invalid_from_address"),
        ([GOOD_ONE | {"subject": ""}], 422, "missing_required_field"),
        ([GOOD_ONE | {"track": True}], 422, "validation_error"),
        ([GOOD_ONE | {"tags": [{"name": "key", "value": "ä"}]}], 422, "validation_error"),
    ],
)
def test_resend_refuses_in_its_own_words(
    client: httpx.Client, body: object, status: int, name: str
) -> None:
    answer = client.post("/emails/batch", json=body)
    assert (answer.status_code, answer.json()["name"]) == (status, name)


def test_resend_knows_a_key_again_and_notices_other_words(client: httpx.Client) -> None:
    key = {"Idempotency-Key": "k"}
    first, again = (client.post("/emails", json=GOOD_ONE, headers=key) for _ in "ab")
    other = client.post("/emails", json=GOOD_ONE | {"subject": "x"}, headers=key)
    assert first.json() == again.json()
    assert (other.status_code, other.json()["name"]) == (409, "invalid_idempotent_request")


def test_postmark_refuses_more_than_a_batch() -> None:
    with postmark.make_postmark() as player, httpx.Client(base_url=player.url) as client:
        answer = client.post("/email/batch", json=[{}] * 501, headers=HEADERS["postmark"])
    assert (answer.status_code, answer.json()["ErrorCode"]) == (422, 410)


def test_postmark_replaces_a_message_id_it_was_not_told_to_keep() -> None:
    item = {"From": "a@b.example", "To": "c@example.com", "TextBody": "t"}
    ours = {"Name": "Message-ID", "Value": "<ours@b.example>"}
    with postmark.make_postmark() as player, httpx.Client(base_url=player.url) as client:
        for headers in ([ours], [ours, {"Name": "X-PM-KeepID", "Value": "true"}]):
            body = [item | {"Headers": headers}]
            client.post("/email/batch", json=body, headers=HEADERS["postmark"])
    replaced, kept = (entry["headers"]["Message-ID"] for entry in player.journal.entries)
    assert (replaced == ours["Value"], kept) == (False, ours["Value"])
