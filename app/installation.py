"""The mark of this installation: a file beside the key store, and the same word in its database.

The file isn't part of any backup of the database. That is the point of it: a copy comes without.
"""

from pathlib import Path
from uuid import uuid4

from course.database import Database
from course.keys import make_private
from scheduler import holding

REMARK = (
    "# Tells this installation from a copy of its database, which starts held. Another machine\n"
    "# that works on the same database gets a copy of this file; backups don't.\n"
)


def mark_file(key_store: Path) -> Path:
    return key_store.with_name(f"{key_store.name}.installation")


def read_mark(key_store: Path) -> str:
    """The mark; empty while there is none."""
    file = mark_file(key_store)
    text = file.read_text() if file.exists() else ""
    lines = (line.strip() for line in text.splitlines())
    return next((line for line in lines if line and not line.startswith("#")), "")


def make_mark(key_store: Path, mark: str | None = None) -> str:
    """This installation's mark, made (or taken over, when one is given) if there is none yet."""
    if not read_mark(key_store):
        make_private(mark_file(key_store), f"{REMARK}{mark or uuid4().hex}\n")
    return read_mark(key_store)


def move_in(database: Database, key_store: Path) -> str:
    """Before work begins: this installation's mark, and where the database is nobody's, on it too.

    A database that has an owner, and nothing in it yet, gives its mark to whoever has none, so that
    no order of first starts ends in being held.
    """
    with database.reading() as session:
        owner = holding.mark_of(session)
        empty = owner is not None and holding.is_empty(session)
    mark = make_mark(key_store, owner if empty else None)
    if owner is None:
        with database.transaction() as session:
            holding.claim_for(session, mark)
    return mark
