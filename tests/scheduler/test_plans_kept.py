"""Law 15, as PostgreSQL plans for whoever asks the same again and again: for any moment at all.

Then it doesn't know which moment is asked about, and guesses how many rows will be due by it.
"""

from sqlalchemy import text

from course.database import Database
from emails.providers.memory import MemoryProvider
from tests.support.crowd import fill, make_due
from tests.support.houses import MONDAY, TUESDAY, counts, make_house

READERS, LETTERS = 20_000, 1_000
# The driver keeps a statement from its sixth time on, and PostgreSQL its plan from the sixth after.
TICKS = 15
SCANS = text("SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname IN (:a, :b)")


def scans(database: Database) -> dict[str, int]:
    """How often each was looked through from end to end; told when all connections have ended."""
    database.engine.dispose()
    with database.engine.connect() as connection:
        rows = connection.execute(SCANS, {"a": "enrolments", "b": "deliveries"}).all()
    database.engine.dispose()
    return {name: int(number) for name, number in rows}


def test_nothing_due_is_seen_without_a_look_through_all_readers(postgresql: Database) -> None:
    fill(postgresql, READERS)
    make_due(postgresql, LETTERS, READERS, TUESDAY)
    house = make_house(postgresql, provider=MemoryProvider())
    house.engine.tick(TUESDAY)
    assert counts(house) == {"accepted": LETTERS}
    with postgresql.engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    before = scans(postgresql)
    for _ in range(TICKS):
        house.engine.tick(MONDAY)
    assert scans(postgresql) == before
    house.life.end()
