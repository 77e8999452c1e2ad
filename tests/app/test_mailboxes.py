"""What the owner is told of the mailbox for replies, in words that say what to mend."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.errors import SettingsError
from app.findings import Finding, Mark
from app.mailboxes import mailbox, needs_mailbox
from app.overview import look
from app.settings import load_settings
from course.database import Database
from emails import bookmarks
from emails.bookmarks import Spot
from emails.providers.memory import MemoryProvider
from tests.support.dovecot import PASSWORD, Dovecot
from tests.support.houses import MONDAY, SHIPPED_SETTINGS, make_house, shipped_settings
from tests.support.served import installation, run

ADDRESS = "doctor@practice.example"


@pytest.fixture(scope="module")
def server(dovecot: Dovecot) -> Dovecot:
    dovecot.add(ADDRESS)
    return dovecot


def imap_of(server: Dovecot, **changes: Any) -> dict[str, Any]:
    account = {"host": "127.0.0.1", "port": server.ports.imap, "security": "none"}
    return {**account, "username": ADDRESS, "password": PASSWORD, **changes}


def found(imap: dict[str, Any], **emails: Any) -> list[Finding]:
    section = shipped_settings().emails.model_dump() | {"provider": "smtp", "imap": imap, **emails}
    return mailbox(shipped_settings(emails=section).emails)


def test_a_mailbox_that_opens_is_well(server: Dovecot) -> None:
    smtp = {"base_url": "smtp://127.0.0.1", "bounce_address": "replies@practice.example"}
    (finding,) = found(imap_of(server), smtp=smtp)
    assert (finding.mark, finding.what) == (Mark.OK, "mailbox")


def test_a_mail_server_without_a_mailbox_is_told() -> None:
    emails = shipped_settings().emails
    assert not needs_mailbox(emails)
    sending = emails.model_copy(update={"provider": "smtp"})
    assert needs_mailbox(sending)
    (finding,) = mailbox(sending)
    assert (finding.mark, "none is set" in finding.says) == (Mark.LOOK, True)


def test_mail_that_is_returned_elsewhere_is_told(server: Dovecot) -> None:
    _, finding = found(imap_of(server))
    assert finding.mark is Mark.LOOK
    assert "returned to letters@practice.example" in finding.says
    assert len(found(imap_of(server), provider="resend")) == 1


def test_a_mailbox_nobody_looks_into_yet_is_told(server: Dovecot) -> None:
    _, finding = found(imap_of(server), provider="mailbox")
    assert "not looked into" in finding.says


def test_what_is_wrong_is_told_by_the_doctor(server: Dovecot, tmp_path: Path) -> None:
    imap = {f"LETTERCOURSE_EMAILS__IMAP__{k.upper()}": str(v) for k, v in imap_of(server).items()}
    imap["LETTERCOURSE_EMAILS__IMAP__PASSWORD"] = "another"
    home = installation(tmp_path, f"sqlite:///{tmp_path / 'lettercourse.sqlite3'}", **imap)
    done = run(home, "doctor")
    assert done.returncode == 1
    assert "wrong mailbox: The mail server 127.0.0.1" in done.stdout
    assert "refuses this login. Compare emails.imap.username and LETTERCOURSE_" in done.stdout
    assert "The server says: [AUTHENTICATIONFAILED]" in done.stdout
    assert "another" not in done.stdout.replace("another provider", "")


def test_the_status_names_a_mailbox_that_isn_t_read(sqlite: Database) -> None:
    imap = {"host": "127.0.0.1", "security": "none", "username": "me", "password": "x"}
    emails = shipped_settings().emails.model_dump() | {"provider": "smtp", "imap": imap}
    house = make_house(sqlite, provider=MemoryProvider(), emails=emails)
    assert house.mailbox is not None

    def told(hours: float) -> list[str]:
        now = MONDAY + timedelta(hours=hours)
        with sqlite.reading() as session:
            return look(session, "smtp", now, has_mailbox=True).attention

    assert "hasn't been read yet" in told(0)[0]
    with sqlite.transaction() as session:
        bookmarks.begin(session, Spot("me@127.0.0.1/INBOX", 1, 1), MONDAY)
    assert told(0.5) == []
    assert "hasn't been read since 2026-11-02 12:00 UTC" in told(1.5)[0]


def test_without_a_host_or_while_no_mail_leaves_there_is_no_mailbox(sqlite: Database) -> None:
    assert make_house(sqlite, provider=MemoryProvider()).mailbox is None
    imap = {"host": "127.0.0.1", "security": "none", "username": "me", "password": "x"}
    emails = shipped_settings().emails.model_dump() | {"imap": imap}
    assert make_house(sqlite, provider=MemoryProvider(), emails=emails).mailbox is None


@pytest.mark.parametrize(
    ("reply_address", "private"),
    [
        ("replies@practice.example", False),
        ("owner@practice.example", True),
        ("letters@practice.example", True),
    ],
)
def test_the_owner_s_own_address_gets_private_mail(
    sqlite: Database, reply_address: str, private: bool
) -> None:
    imap = {"host": "127.0.0.1", "security": "none", "username": "me", "password": "x"}
    changes = {"provider": "smtp", "imap": imap, "reply_address": reply_address}
    emails = shipped_settings().emails.model_dump() | changes
    found = make_house(sqlite, provider=MemoryProvider(), emails=emails).mailbox
    assert found is not None
    assert found.sieve.private is private


def test_every_mistake_is_named_at_once_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETTERCOURSE_SETTINGS", str(SHIPPED_SETTINGS))
    for key, value in {"HOST": "imap.example.org", "PORT": "0", "SECURITY": "none"}.items():
        monkeypatch.setenv(f"LETTERCOURSE_EMAILS__IMAP__{key}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    mistakes = dict(line.split(": ", 1) for line in caught.value.mistakes)
    assert set(mistakes) == {
        f"emails.imap.{key}" for key in ("port", "security", "username", "password")
    }
    assert mistakes["emails.imap.password"] == (
        "is missing; give it as LETTERCOURSE_EMAILS__IMAP__PASSWORD."
    )
    assert "this very machine" in mistakes["emails.imap.security"]


@pytest.mark.parametrize("host", ["imaps://imap.example.org", "me@imap.example.org", "a..b"])
def test_what_is_no_server_s_name_is_refused(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETTERCOURSE_SETTINGS", str(SHIPPED_SETTINGS))
    monkeypatch.setenv("LETTERCOURSE_EMAILS__IMAP__HOST", host)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "emails.imap.host: " in str(caught.value)
