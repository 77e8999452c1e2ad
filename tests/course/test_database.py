"""Two ways to look: at what is so now, and at one moment as a whole."""

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from course.database import Database
from course.tallies import Tally
from tests.support.houses import MONDAY


def keep(database: Database, key: str) -> None:
    with database.transaction() as session:
        session.add(Tally(key=key, times=[], forget_at=MONDAY))


def tallies(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Tally)) or 0


def test_a_snapshot_is_of_one_moment_however_long_it_is_looked_at(database: Database) -> None:
    keep(database, "before")
    with database.snapshot() as session:
        seen = session.execute(select(Tally.key).execution_options(yield_per=1))
        assert next(seen).key == "before"
        keep(database, "meanwhile")
        assert tallies(session) == 1
        assert list(seen) == []
    with database.reading() as session:
        assert tallies(session) == 2


def test_whoever_reads_on_postgresql_leaves_no_transaction_open(postgresql: Database) -> None:
    idle = text("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'")
    with postgresql.reading() as session, postgresql.reading() as other:
        assert tallies(session) == 0
        assert other.scalar(idle) == 0
    with postgresql.snapshot() as session, postgresql.reading() as other:
        assert tallies(session) == 0
        assert other.scalar(idle) == 1


def test_a_transaction_after_them_is_as_whole_as_ever(database: Database) -> None:
    with database.reading() as session:
        tallies(session)
    with database.transaction() as session:
        session.add(Tally(key="undone", times=[], forget_at=MONDAY))
        session.flush()
        session.rollback()
    with database.snapshot() as session:
        assert tallies(session) == 0
