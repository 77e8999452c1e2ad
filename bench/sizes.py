"""What a reader and a letter weigh in PostgreSQL, with indexes: `python -m bench.sizes`.

And what one letter costs from due to accepted when the provider is free: the unit of docs/scale.md.
"""

import sys
import time
from dataclasses import replace

from sqlalchemy import text

from bench.stage import databases, open_house
from course.database import Database
from emails.providers.memory import MemoryProvider
from tests.support.crowd import fill, make_due
from tests.support.houses import TUESDAY

READERS = 20_000
TABLES = ("subscribers", "enrolments", "deliveries", "batches", "progress")


def main(readers: int) -> None:
    with databases() as kinds:
        url = kinds["PostgreSQL"]()
        database = Database(url)
        empty = _sizes(database)
        fill(database, readers)
        signed_up = _sizes(database)
        make_due(database, readers, readers, TUESDAY)
        seconds = _deliver(url)
        sent = _sizes(database)
        database.engine.dispose()
    print(f"{'bytes':14}{'a reader':>12}{'a letter':>12}")
    for table in TABLES:
        reader = (signed_up[table] - empty[table]) / readers
        letter = (sent[table] - signed_up[table]) / readers
        print(f"{table:14}{reader:12.0f}{letter:12.0f}")
    print(f"\n{seconds / readers * 1e6:.0f} microseconds a letter, planned, composed and recorded")


def _deliver(url: str) -> float:
    house = replace(open_house(url, "http://127.0.0.1:1"), provider=MemoryProvider())
    start = time.perf_counter()
    house.engine.tick(TUESDAY)
    house.life.end()
    return time.perf_counter() - start


def _sizes(database: Database) -> dict[str, int]:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in TABLES:
            # One that is tidied while it is empty is planned for as if it stayed so.
            if connection.execute(text(f"SELECT FROM {table} LIMIT 1")).all():
                connection.execute(text(f"VACUUM FULL {table}"))
        size = text("SELECT pg_total_relation_size(CAST(:table AS regclass))")
        return {t: connection.execute(size, {"table": t}).scalar_one() for t in TABLES}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else READERS)
