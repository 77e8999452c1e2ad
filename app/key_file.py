"""The keys this installation works with: made once, and never in the place of lost ones."""

from sqlalchemy import inspect, select

from app.errors import SettingsError
from app.installation import read_mark
from app.settings import Security
from course.database import Database
from course.keys import Keys, load_or_make, new_secret, parse_keys
from course.review import HeldSignUp
from course.subscribers import Subscriber
from emails.hook_calls import HookCall
from emails.inbound import ReceivedEmail
from emails.suppression import Suppression

# Sealed with keys, or found again by them alone. Nothing else is, as long as these hold nothing.
KEYED = (Subscriber, HeldSignUp, ReceivedEmail, HookCall, Suppression)


def open_keys(security: Security, database: Database, *, to_keep: bool) -> Keys:
    """Raises SettingsError for keys that can't be used, or are gone while their words are there.

    Where nothing is to be kept, missing ones are made up for as long as this process lives.
    """
    secret, file = security.keys, security.key_store
    try:
        if secret is not None:
            return parse_keys(secret.get_secret_value())
        if not (to_keep or file.exists()):
            return parse_keys(new_secret())
        if mistake := lost(security, database):
            raise SettingsError([mistake])
        return load_or_make(file)
    except ValueError as error:
        raise SettingsError([f"security.keys: {error}"]) from error


def lost(security: Security, database: Database) -> str | None:
    """A sentence where new keys would be made for a database that needs its old ones.

    Only for our own database: a copy of one that is opened elsewhere is held for being a copy.
    """
    file = security.key_store
    if security.keys is not None or file.exists() or not read_mark(file):
        return None
    if not _is_keyed(database):
        return None
    return (
        f"security.key_store: there is no file {file}, and new keys wouldn't open what the "
        f"database holds. Put your copy of the key file at {file}, or name the place where it is."
    )


def _is_keyed(database: Database) -> bool:
    if database.file is not None and not database.file.exists():
        return False
    there = inspect(database.reader).get_table_names()
    asked = [select(table.id).limit(1) for table in KEYED if table.__tablename__ in there]
    with database.reading() as session:
        return any(session.scalar(query) is not None for query in asked)
