"""A mailbox at a real server: looked into, never changed, and each email of ours taken in once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Barrier, Event, Thread

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from course.database import Database
from course.vault import Vault
from emails import bookmarks, imap, inbound
from emails.bookmarks import MOST_TRIES
from emails.errors import MailboxClosed
from emails.imap import ImapOptions
from emails.inbound import ReceivedEmail
from emails.links import Tokens
from emails.sieve import Sieve
from scheduler.fetching import Fetcher, Mailbox, fetch
from scheduler.rounds import Rounds
from tests.emails.specimens import CODE, FIRST, KEY, KEYS, NOW, REPLIES, make_links
from tests.support.dovecot import PASSWORD, Dovecot
from tests.support.served import free_port

LINKS = make_links()
TAGGED = LINKS.reply_address(CODE, FIRST.slug)
LETTER = f"<{KEY}.{LINKS.reply_token(CODE, FIRST.slug)}@practice.example>"
OLD = datetime(2020, 1, 1, tzinfo=UTC)
NUMBERS = count()


@pytest.fixture
def address(dovecot: Dovecot) -> str:
    """A mailbox of its own for each test, with an email in it from before our time."""
    address = f"box{next(NUMBERS)}@practice.example"
    dovecot.add(address)
    put(dovecot, address, mail("before"))
    return address


@pytest.fixture
def fetcher(dovecot: Dovecot, address: str, database: Database) -> Fetcher:
    return make_fetcher(dovecot, address, database)


@pytest.fixture
def on_sqlite(dovecot: Dovecot, address: str, sqlite: Database) -> Fetcher:
    return make_fetcher(dovecot, address, sqlite)


def make_fetcher(dovecot: Dovecot, address: str, database: Database) -> Fetcher:
    options = ImapOptions(
        host="127.0.0.1",
        port=dovecot.ports.imap,
        security="none",
        username=address,
        password=SecretStr(PASSWORD),
    )
    mailbox = Mailbox(options, Sieve(Tokens(KEYS), REPLIES, private=True))
    return Fetcher(database, Vault(KEYS), mailbox, Event())


def with_options(fetcher: Fetcher, **changes: object) -> Fetcher:
    options = fetcher.mailbox.options.model_copy(update=changes)
    return replace(fetcher, mailbox=replace(fetcher.mailbox, options=options))


def mail(words: str, *, to: str = TAGGED, more: str = "") -> bytes:
    return (
        f"From: Ana <ana@example.com>\r\nTo: {to}\r\nSubject: Re: The quick\r\n{more}"
        f"Message-ID: <{words}@mail.example>\r\n\r\n{words}\r\n"
    ).encode()


def report() -> bytes:
    return (
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: letters@practice.example\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        "Final-Recipient: rfc822; ana@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {LETTER}\r\n--b--\r\n"
    ).encode()


def put(dovecot: Dovecot, address: str, *raws: bytes, at: datetime | None = None) -> None:
    with dovecot.open(address) as client:
        for raw in raws:
            client.append("INBOX", raw, msg_time=at)


def looks(dovecot: Dovecot, address: str) -> object:
    """All that another mail program sees of the folder; flags, Recent among them, and numbers."""
    with dovecot.open(address) as client:
        found = client.fetch(client.search(), ["FLAGS", "INTERNALDATE", "RFC822.SIZE"])
        return sorted((number, str(facts)) for number, facts in found.items())


def stored(fetcher: Fetcher) -> list[bytes]:
    with fetcher.database.reading() as session:
        rows = session.scalars(select(ReceivedEmail)).all()
    return sorted(inbound.open_raw(fetcher.vault, row) for row in rows)


def test_what_lies_there_at_first_is_left_alone_and_what_comes_later_is_stored_once(
    dovecot: Dovecot, address: str, fetcher: Fetcher
) -> None:
    assert fetch(fetcher, NOW) == 0
    assert fetch(fetcher, NOW) == 0
    later = [mail("one"), mail("two")]
    put(dovecot, address, *later)
    assert [fetch(fetcher, NOW) for _ in range(3)] == [2, 0, 0]
    put(dovecot, address, mail("three"))
    assert fetch(fetcher, NOW) == 1
    assert stored(fetcher) == sorted([*later, mail("three")])


def test_the_same_email_twice_is_once(dovecot: Dovecot, address: str, on_sqlite: Fetcher) -> None:
    fetch(on_sqlite, NOW)
    put(dovecot, address, mail("one"), mail("one"))
    assert fetch(on_sqlite, NOW) == 1
    put(dovecot, address, mail("one"))
    assert fetch(on_sqlite, NOW) == 0
    assert stored(on_sqlite) == [mail("one")]


def test_the_mailbox_looks_untouched(dovecot: Dovecot, address: str, on_sqlite: Fetcher) -> None:
    fetch(on_sqlite, NOW)
    put(dovecot, address, mail("one"), report(), mail("private", to="owner@practice.example"))
    before = looks(dovecot, address)
    assert "Recent" in str(before)
    assert "Seen" not in str(before)
    assert fetch(on_sqlite, NOW) == 2
    assert looks(dovecot, address) == before


def test_of_an_owner_s_own_mail_nothing_is_taken_in(
    dovecot: Dovecot, address: str, on_sqlite: Fetcher
) -> None:
    fetch(on_sqlite, NOW)
    machine = "Precedence: bulk\r\nAuto-Submitted: auto-generated\r\n"
    put(
        dovecot,
        address,
        mail("a-friend", to="owner@practice.example"),
        mail("a-client", to=REPLIES),
        mail("a-newsletter", to="owner@practice.example", more=machine),
        report().replace(KEY.encode(), b""),
        report(),
        mail("a-reader", to="letters@practice.example", more=f"In-Reply-To: {LETTER}\r\n"),
    )
    assert fetch(on_sqlite, NOW) == 2
    assert [b"a-reader" in raw or b"MAILER" in raw for raw in stored(on_sqlite)] == [True, True]
    taken = Path(str(on_sqlite.database.file)).read_bytes()
    assert b"a-friend" not in taken


def test_new_numbers_repeat_nothing_and_lose_nothing(
    dovecot: Dovecot, address: str, on_sqlite: Fetcher
) -> None:
    """The numbers are only as good as the server's index; then the day an email came tells."""
    fetch(on_sqlite, datetime.now(UTC))
    put(dovecot, address, mail("one"))
    fetch(on_sqlite, datetime.now(UTC))
    put(dovecot, address, mail("long-ago"), at=OLD)
    put(dovecot, address, mail("two"))
    dovecot.number_anew(address)
    assert fetch(on_sqlite, datetime.now(UTC)) == 2
    put(dovecot, address, mail("three"))
    assert [fetch(on_sqlite, datetime.now(UTC)) for _ in range(2)] == [1, 0]
    words = [raw.split()[-1] for raw in stored(on_sqlite)]
    assert sorted(words) == [b"before", b"one", b"three", b"two"]


def test_another_account_goes_on_where_the_last_one_was_left(
    dovecot: Dovecot, address: str, on_sqlite: Fetcher
) -> None:
    """A mailbox that moved; what came while it did would be lost otherwise."""
    fetch(on_sqlite, datetime.now(UTC))
    moved = f"new-{address}"
    dovecot.add(moved)
    put(dovecot, moved, mail("long-ago"), at=OLD)
    put(dovecot, moved, mail("meanwhile"))
    elsewhere = with_options(on_sqlite, username=moved)
    assert [fetch(elsewhere, datetime.now(UTC)) for _ in range(2)] == [1, 0]
    assert stored(on_sqlite) == [mail("meanwhile")]


def test_workers_side_by_side_store_each_email_once(
    dovecot: Dovecot, address: str, fetcher: Fetcher
) -> None:
    fetch(fetcher, NOW)
    put(dovecot, address, *(mail(f"words-{n}") for n in range(12)))
    began, found = Barrier(3), []

    def work() -> None:
        began.wait()
        found.append(fetch(fetcher, NOW))

    threads = [Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(found) == len(stored(fetcher)) == 12
    assert fetch(fetcher, NOW) == 0


def test_the_mark_never_goes_back(fetcher: Fetcher) -> None:
    fetch(fetcher, NOW)
    with fetcher.database.transaction() as session:
        mark = bookmarks.find(session)
        assert mark is not None
        here = bookmarks.Spot(mark.place, mark.validity, mark.number)
        bookmarks.move(session, replace(here, number=here.number + 5))
        bookmarks.move(session, here)
        assert mark.number == here.number + 5
        bookmarks.move(session, replace(here, validity=here.validity + 1, number=2))
        assert mark.number == 2


def test_an_email_and_the_mark_are_one_transaction(
    dovecot: Dovecot, address: str, on_sqlite: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is killed in between goes on where it was, neither before that nor after it."""
    fetch(on_sqlite, NOW)
    put(dovecot, address, mail("one"), mail("two"))

    def breaks_at_two(_: Session, __: Vault, raw: bytes, ___: datetime) -> str | None:
        return None if raw == mail("one") else str(1 / 0)

    with monkeypatch.context() as context:
        context.setattr(inbound, "store", breaks_at_two)
        with pytest.raises(ZeroDivisionError):
            fetch(on_sqlite, NOW)
    assert fetch(on_sqlite, NOW) == 1
    assert stored(on_sqlite) == [mail("two")]


def test_the_last_email_is_not_new_when_a_newer_one_was_deleted(
    dovecot: Dovecot, address: str, on_sqlite: Fetcher
) -> None:
    with dovecot.open(address) as client:
        client.append("INBOX", mail("one"))
        client.select_folder("INBOX")
        last = max(client.search())
        client.delete_messages([last])
        client.expunge()
    with imap.open_folder(on_sqlite.mailbox.options) as folder:
        assert folder.next_number == last + 1
        assert folder.numbers_from(last) == []
        assert folder.numbers_from(last - 1) == [last - 1]


def test_a_worker_told_to_stop_leaves_the_rest_for_later(
    dovecot: Dovecot, address: str, on_sqlite: Fetcher
) -> None:
    fetch(on_sqlite, NOW)
    put(dovecot, address, mail("one"))
    on_sqlite.stop.set()
    assert fetch(on_sqlite, NOW) == 0
    on_sqlite.stop.clear()
    assert fetch(on_sqlite, NOW) == 1


def test_of_a_huge_email_so_much_is_kept(
    dovecot: Dovecot, address: str, on_sqlite: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "MOST_BYTES", 5000)
    fetch(on_sqlite, NOW)
    huge = mail("quince") + b"marmalade " * 10_000
    put(dovecot, address, huge, mail("two"))
    assert [fetch(on_sqlite, NOW) for _ in range(2)] == [2, 0]
    assert stored(on_sqlite) == sorted([huge[:5000], mail("two")])


def test_an_email_the_server_won_t_give_keeps_the_others_waiting_for_a_while_only(
    dovecot: Dovecot, address: str, on_sqlite: Fetcher, caplog: pytest.LogCaptureFixture
) -> None:
    fetch(on_sqlite, NOW)
    put(dovecot, address, mail("one"), mail("broken"), mail("two"))
    break_second(dovecot, address)
    told = set()
    for _ in range(MOST_TRIES):
        with pytest.raises(MailboxClosed) as caught:
            fetch(on_sqlite, NOW)
        told.add(str(caught.value))
    assert told == {"The mail server won't give us an email in INBOX."}
    assert fetch(on_sqlite, NOW) == 1
    assert "passed over" in caplog.text
    assert stored(on_sqlite) == sorted([mail("one"), mail("two")])


def break_second(dovecot: Dovecot, address: str) -> None:
    """A file on the server's disk that can't be read any more."""
    folder = dovecot.folder / "homes" / address / "mail"
    (file,) = (file for file in folder.rglob("*,S=*") if b"broken" in file.read_bytes())
    file.chmod(0)
    (folder / "dovecot.index.cache").unlink()


def test_trouble_is_told_once_and_ends_by_itself(
    dovecot: Dovecot, address: str, on_sqlite: Fetcher, caplog: pytest.LogCaptureFixture
) -> None:
    fetch(on_sqlite, NOW)
    rounds = Rounds("look into the mailbox", lambda: fetch(on_sqlite, NOW), str)
    put(dovecot, address, mail("one"))
    dovecot.stop()
    for _ in range(3):
        rounds()
    dovecot.start()
    rounds()
    trouble, end = [record.getMessage() for record in caplog.records]
    server = f"The mail server 127.0.0.1:{dovecot.ports.imap}"
    assert f"{server} can't be reached (ConnectionRefusedError). It is tried again" in trouble
    assert end == "It was possible again to look into the mailbox."
    assert stored(on_sqlite) == [mail("one")]


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_protected_way_works_with_a_certificate_that_proves_it(
    dovecot: Dovecot, on_sqlite: Fetcher, security: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = dovecot.ports.imaps if security == "tls" else dovecot.ports.imap
    protected = with_options(on_sqlite, security=security, port=port)
    with pytest.raises(MailboxClosed, match="can't prove who it is: self-signed certificate"):
        fetch(protected, NOW)
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    assert fetch(protected, NOW) == 0


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (lambda _: {"password": SecretStr("a-wrong-one")}, "refuses this login. Compare emails.im"),
        (lambda _: {"password": SecretStr("größer")}, "refuses this login"),
        (lambda _: {"folder": "Replies"}, "There is no folder 'Replies' in the mailbox"),
        (lambda _: {"host": "imap.invalid"}, "There is no mail server called imap.invalid"),
        (lambda _: {"port": free_port()}, "can't be reached (ConnectionRefusedError)"),
        (lambda dovecot: {"security": "tls", "port": dovecot.ports.imap}, "speaks no TLS there"),
    ],
)
def test_what_is_wrong_is_told_with_its_cure_and_without_the_password(
    dovecot: Dovecot,
    on_sqlite: Fetcher,
    changes: Callable[[Dovecot], dict[str, object]],
    says: str,
) -> None:
    with pytest.raises(MailboxClosed) as caught:
        fetch(with_options(on_sqlite, **changes(dovecot)), NOW)
    assert says in str(caught.value)
    for secret in (PASSWORD, "a-wrong-one", "größer"):
        assert secret not in str(caught.value) + caught.value.said


def test_a_server_that_says_nothing_is_not_waited_for_long(
    dovecot: Dovecot, on_sqlite: Fetcher
) -> None:
    """The other side waits for protection to begin; we wait for its greeting."""
    silent = with_options(on_sqlite, port=dovecot.ports.imaps).mailbox.options
    with (
        pytest.raises(MailboxClosed, match=r"gave no answer within 0\.3 seconds"),
        imap.open_folder(silent, 0.3),
    ):
        pass
