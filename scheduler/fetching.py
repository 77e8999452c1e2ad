"""Emails that came to a mailbox, from there to where all received emails go.

What lies in it when we first look is left alone. From then on each email is looked at once, and
what concerns us is stored together with how far we are. Several workers may look at the same time:
the same email is stored once.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event

from course.database import Database
from course.vault import Vault
from emails import bookmarks, inbound
from emails.bookmarks import Bookmark, Spot
from emails.errors import FetchFailed, MailboxClosed
from emails.imap import Folder, ImapOptions, open_folder
from emails.sieve import Sieve, Sight

# Where numbers no longer stand for what they stood for, the day an email came tells what is new.
# On the server's calendar, by its clock: so long before we last looked.
MARGIN = timedelta(days=2)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Mailbox:
    options: ImapOptions
    sieve: Sieve


@dataclass(frozen=True)
class Fetcher:
    """Once `stop` is set, the email at hand is its last."""

    database: Database
    vault: Vault
    mailbox: Mailbox
    stop: Event


def fetch(fetcher: Fetcher, now: datetime) -> int:
    """Store what has come; returns how many emails it was. Raises MailboxClosed."""
    with fetcher.database.reading() as session:
        mark = bookmarks.find(session)
    with open_folder(fetcher.mailbox.options) as folder:
        return _read_on(fetcher, folder, mark, now)


def _read_on(fetcher: Fetcher, folder: Folder, mark: Bookmark | None, now: datetime) -> int:
    end, stored = _spot(folder, folder.next_number - 1), 0
    if mark is None:
        with fetcher.database.transaction() as session:
            bookmarks.begin(session, end, now)
        return 0
    for number in _new(folder, mark):
        if fetcher.stop.is_set():
            return stored
        stored += _take(fetcher, folder, number, now)
    with fetcher.database.transaction() as session:
        bookmarks.move(session, end, read_at=now)
    return stored


def _new(folder: Folder, mark: Bookmark) -> list[int]:
    if mark.is_in(folder.place, folder.validity):
        return folder.numbers_from(mark.number + 1)
    return folder.numbers_since((mark.read_at - MARGIN).date())


def _take(fetcher: Fetcher, folder: Folder, number: int, now: datetime) -> bool:
    """Whether it was ours, and new."""
    try:
        raw = _ours(fetcher.mailbox.sieve, folder, number)
    except FetchFailed as failed:
        _stumble(fetcher, _spot(folder, number), failed)
        return False
    with fetcher.database.transaction() as session:
        bookmarks.move(session, _spot(folder, number))
        return raw is not None and inbound.store(session, fetcher.vault, raw, now) is not None


def _ours(sieve: Sieve, folder: Folder, number: int) -> bytes | None:
    """The email as it came, if it is ours; its text is asked for only where it may be."""
    head = folder.head(number)
    sight = Sight.FOREIGN if head is None else sieve.look(head)
    if sight is Sight.FOREIGN:
        return None
    raw = folder.email(number)
    seen = raw is not None and (sight is Sight.OURS or sieve.is_about_us(raw))
    return raw if seen else None


def _stumble(fetcher: Fetcher, spot: Spot, failed: FetchFailed) -> None:
    """One that the server won't give is waited for, and not for ever. Raises MailboxClosed."""
    folder = fetcher.mailbox.options.folder
    with fetcher.database.transaction() as session:
        past = bookmarks.stumble(session, spot)
    if not past:
        raise MailboxClosed(f"The mail server won't give us an email in {folder}.", str(failed))
    log.error("Email %d in %s can't be had from the server: passed over.", spot.number, folder)


def _spot(folder: Folder, number: int) -> Spot:
    return Spot(folder.place, folder.validity, number)
