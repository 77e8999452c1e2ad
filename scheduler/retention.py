"""What is no longer wanted or needed: deleted for good, wherever it lies."""

from datetime import datetime

from sqlalchemy.orm import Session

from course import drafts, reflections, review, tallies
from course.database import Database
from course.reflections import UNDO_LIFE
from course.vault import Vault
from emails import inbound
from scheduler import unconfirmed

CHUNK = 100


def forget_words(database: Database, vault: Vault, now: datetime) -> int:
    """Reflections put away, with the emails they came by, and old drafts; returns how many."""
    forgotten, more = 0, True
    while more:
        with database.transaction() as session:
            counts = (_reflections(session, vault, now), drafts.forget(session, now, CHUNK))
        forgotten += sum(counts)
        more = CHUNK in counts
    return forgotten


def forget_sign_ups(database: Database, now: datetime) -> int:
    """Those nobody let in or confirmed for weeks, and what no limit counts any more; how many."""
    forgotten, more = 0, True
    while more:
        with database.transaction() as session:
            counts = (
                review.forget(session, now, CHUNK),
                tallies.forget(session, now, CHUNK),
                unconfirmed.forget(session, now, CHUNK),
            )
        forgotten += sum(counts)
        more = CHUNK in counts
    return forgotten


def _reflections(session: Session, vault: Vault, now: datetime) -> int:
    until = now - UNDO_LIFE
    found = reflections.put_away_until(session, until, CHUNK)
    # Emails before reflections, as in `erasure`, so that the two never wait for each other.
    inbound.lock(session, filter(None, found.values()))
    gone = reflections.delete_put_away(session, found, until)
    for received_id in filter(None, (found[reflection] for reflection in gone)):
        inbound.empty(session, vault, received_id)
    return len(gone)
