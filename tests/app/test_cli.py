"""The command line as its user types it, in processes of its own."""

import csv
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.served import installation, run

COURSE = "six-letters"


@pytest.fixture
def home(tmp_path: Path) -> Mapping[str, str]:
    """A migrated installation of its own."""
    environment = installation(tmp_path, f"sqlite:///{tmp_path / 'lettercourse.sqlite3'}")
    assert run(environment, "migrate").returncode == 0
    return environment


def readers_file(folder: Path, *rows: str) -> str:
    file = folder / "readers.csv"
    file.write_text("email,name,timezone\n" + "".join(f"{row}\n" for row in rows))
    return str(file)


def test_every_command_explains_itself() -> None:
    listed = run({}, "--help").stdout
    for command in (
        "serve", "work", "tick", "rehearse", "status", "check", "send-test", "receive",
        "reflections", "readers", "migrate", "audit", "hold", "release", "doctor",
    ):  # fmt: skip
        assert command in listed
        assert "Usage:" in run({}, command, "--help").stdout


def test_without_migration_a_sentence_says_what_to_run(tmp_path: Path) -> None:
    environment = installation(tmp_path, f"sqlite:///{tmp_path / 'new.sqlite3'}")
    done = run(environment, "status")
    assert done.returncode == 1
    assert "lettercourse migrate" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_out_of_reach_is_told_in_a_sentence(tmp_path: Path) -> None:
    environment = installation(tmp_path, "postgresql://nobody@127.0.0.1:1/none")
    done = run(environment, "status")
    assert done.returncode == 1
    assert "database.url" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_letter_is_due_sent_and_counted_by_tick(home: Mapping[str, str], tmp_path: Path) -> None:
    file = readers_file(tmp_path, "ana@example.com,Ana,Europe/Berlin", "bo@example.com,,Asia/Tokyo")
    done = run(home, "readers", "import", file, "--course", COURSE, "--confirmed", "--json")
    assert json.loads(done.stdout)["added"] == 2
    sent = json.loads(run(home, "tick", "--at", "2099-01-07T00:00:00Z", "--json").stdout)
    assert (sent["accepted"], sent["planned"], sent["waiting"]) == (2, 0, 0)
    again = json.loads(run(home, "tick", "--at", "2099-01-07T00:00:00Z", "--json").stdout)
    assert again["accepted"] == 2
    assert again["this_tick"] == {"received": 0, "planned": 0, "calls": 0}


def test_an_import_names_bad_lines_and_keeps_the_others(
    home: Mapping[str, str], tmp_path: Path
) -> None:
    file = readers_file(
        tmp_path, "ana@example.com,Ana,Europe/Berlin", "not an address,,", "bo@example.com,,Mars"
    )
    done = run(home, "readers", "import", file, "--course", COURSE)
    assert done.returncode == 1
    assert "line 3: email" in done.stderr
    assert "line 4: timezone" in done.stderr
    assert "Brought in: 1" in done.stdout
    again = run(home, "readers", "import", file, "--course", COURSE)
    assert "in already: 1" in again.stdout


def test_a_file_without_the_right_columns_is_refused(
    home: Mapping[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "wrong.csv"
    file.write_text("address\nana@example.com\n")
    done = run(home, "readers", "import", str(file), "--course", COURSE)
    assert done.returncode == 1
    assert "email,name,timezone" in done.stderr


def test_an_unknown_course_is_answered_with_the_known_ones(home: Mapping[str, str]) -> None:
    done = run(home, "rehearse", "seven-letters")
    assert done.returncode == 1
    assert "six-letters" in done.stderr


def test_check_is_content_in_development_and_names_each_placeholder_in_production(
    home: Mapping[str, str],
) -> None:
    assert run(home, "check").returncode == 0
    done = run({**home, "LETTERCOURSE_ENVIRONMENT": "production"}, "check", "--json")
    assert done.returncode == 1
    named = {line.split(":")[0] for line in json.loads(done.stdout)["problems"]}
    assert named >= {
        "owner.name",
        "owner.email",
        "owner.postal_address",
        "owner.notes_confirmed",
        "emails.from_address",
        "emails.reply_address",
        "emails.provider",
        "booking.hours_confirmed",
        "web.base_url",
    }


def test_check_names_file_line_and_cure_of_a_bad_lesson(
    home: Mapping[str, str], tmp_path: Path
) -> None:
    course = tmp_path / "courses" / "mine"
    course.mkdir(parents=True)
    (course / "course.toml").write_text('title = "Mine"\nweekday = "someday"\nhour = 8\n')
    (course / "01-one.md").write_text("Just words.\n")
    done = run({**home, "LETTERCOURSE_CONTENT__COURSES": str(course.parent)}, "check")
    assert done.returncode == 1
    assert "course.toml:2:" in done.stderr
    assert "01-one.md:1:" in done.stderr


def test_check_says_which_owner_template_lost_a_part_of_the_frame(
    home: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / "layout.txt").write_text("{{ letter }}")
    done = run({**home, "LETTERCOURSE_CONTENT__TEMPLATES": str(tmp_path)}, "check")
    assert done.returncode == 1
    assert "postal address is missing from the text part" in done.stdout


def test_send_test_puts_one_letter_into_the_mailbox(home: Mapping[str, str]) -> None:
    done = run(home, "send-test", COURSE, "2", "me@example.com")
    assert done.returncode == 0, done.stderr
    assert "When the voice drops" in done.stdout


def test_receive_keeps_a_stranger_s_mail_once(home: Mapping[str, str], tmp_path: Path) -> None:
    file = tmp_path / "mail.eml"
    file.write_bytes(b"From: x@example.com\r\nTo: replies@practice.example\r\n\r\nHello\r\n")
    assert "unsorted" in run(home, "receive", str(file)).stdout
    assert "before" in run(home, "receive", str(file)).stdout
    assert "Hello" in run(home, "reflections", "--unsorted").stdout
    assert "belong to no letter" in run(home, "status").stdout


def test_a_rehearsal_writes_every_email_and_a_calendar(
    home: Mapping[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "rehearsal"
    words = ("rehearse", COURSE, "--readers", "40", "--from", "2026-10-01", "--out", str(out))
    assert run(home, *words).returncode == 0
    with (out / "calendar.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    letters = [row for row in rows if row["subject"] != "Please confirm your address"]
    assert (len(rows), len(letters)) == (280, 240)
    assert {row["local"][-5:] for row in letters} == {"08:00"}
    assert len({row["timezone"] for row in rows}) == 20
    assert len(list((out / "emails").glob("*.eml"))) == 280
    assert "clocks changed" in (out / "calendar.html").read_text()


def test_a_reader_can_be_shown_with_every_email(home: Mapping[str, str], tmp_path: Path) -> None:
    file = readers_file(tmp_path, "ana@example.com,Ana,Europe/Berlin")
    run(home, "readers", "import", file, "--course", COURSE, "--confirmed")
    run(home, "tick", "--at", "2099-01-07T00:00:00Z")
    shown = run(home, "readers", "show", "Ana@Example.com").stdout
    assert "ana@example.com, Ana, Europe/Berlin" in shown
    assert "accepted  letter hard-to-see" in shown
    assert "imported" in shown
    assert "The next letter comes on Tuesday, 13 January, at 8 in the morning, Berlin" in shown
    card = json.loads(run(home, "readers", "show", "ana@example.com", "--json").stdout)
    assert [(mail["lesson"], mail["state"]) for mail in card["emails"]] == [
        ("hard-to-see", "accepted")
    ]
    assert card["courses"][0]["state"] == "active"


def test_a_reader_nobody_knows_is_told_in_a_sentence(home: Mapping[str, str]) -> None:
    done = run(home, "readers", "show", "nobody@example.com")
    assert done.returncode == 1
    assert "Nobody with the address nobody@example.com is known here." in done.stderr


def test_an_audit_of_a_healthy_installation_ends_well(
    home: Mapping[str, str], tmp_path: Path
) -> None:
    file = readers_file(tmp_path, "ana@example.com,Ana,Europe/Berlin")
    run(home, "readers", "import", file, "--course", COURSE, "--confirmed")
    run(home, "tick", "--at", "2099-01-07T00:00:00Z")
    done = run(home, "audit")
    assert (done.returncode, done.stdout) == (
        0,
        "No gap, no double, no letter after a goodbye.\n",
    )


def test_an_audit_names_what_it_finds_and_ends_with_one(
    home: Mapping[str, str], tmp_path: Path
) -> None:
    file = readers_file(tmp_path, "ana@example.com,Ana,Europe/Berlin")
    run(home, "readers", "import", file, "--course", COURSE, "--confirmed")
    with sqlite3.connect(tmp_path / "lettercourse.sqlite3") as connection:
        connection.execute("UPDATE enrolments SET next_due_at = NULL")
    connection.close()
    done = run(home, "audit")
    assert done.returncode == 1
    assert "ana@example.com, six-letters: no next letter has a date" in done.stdout
    found = json.loads(run(home, "audit", "--json").stdout)["findings"]
    assert [finding["law"] for finding in found] == ["never dropped"]
