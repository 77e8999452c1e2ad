"""The owner finds every email that came, what became of it, and the email itself."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.cli.received import BECAME
from emails.inbound import Verdict
from tests.support.served import installation, run

HEAD = b"From: bo@example.com\r\nTo: letters@practice.example\r\nSubject: Hi\r\n\r\n"
RAW = HEAD + b"Quince \xff\x00\r\n"


@pytest.fixture
def home(tmp_path: Path) -> Mapping[str, str]:
    environment = installation(tmp_path, f"sqlite:///{tmp_path / 'lettercourse.sqlite3'}")
    assert run(environment, "migrate").returncode == 0
    return environment


def test_a_received_email_is_listed_with_what_became_of_it_and_comes_out_as_it_was(
    home: Mapping[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "odd.eml"
    file.write_bytes(RAW)
    run(home, "receive", str(file))
    [listed] = json.loads(run(home, "received", "--json").stdout)
    assert (listed["verdict"], listed["from"]) == ("unsorted", "no reader")
    alone = run(home, "received", listed["number"]).stdout
    assert "belongs to no letter" in alone
    assert "Quince" not in alone
    out = tmp_path / "out.eml"
    run(home, "received", listed["number"], "--raw", str(out))
    assert out.read_bytes() == RAW


def test_whatever_may_become_of_an_email_has_words() -> None:
    assert set(BECAME) == set(Verdict)
