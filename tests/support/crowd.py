"""Readers by the hundred thousand, written straight into the tables."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, String, cast, func, insert, literal, select, update

from course.database import Database
from course.enrolments import Enrolment, State
from course.subscribers import Subscriber
from tests.support.houses import COURSE, MONDAY, ZONE

SOME_DAY = datetime(2027, 3, 2, 7, tzinfo=UTC)


def fill(database: Database, number: int) -> None:
    """So many readers under way in the course, whose next letter is due some day."""
    running = select(literal(1, BigInteger).label("n")).cte("running", recursive=True)
    running = running.union_all(select(running.c.n + 1).where(running.c.n < number))
    digits = cast(running.c.n + 10**12, String)
    _insert(
        database,
        Subscriber,
        running,
        id=running.c.n,
        email="reader" + digits + "@example.com",
        digest="0" * 51 + digits,
        mailbox="0" * 51 + digits,
        name=literal("Ana"),
        zone=literal(ZONE),
        created_at=literal(MONDAY),
    )
    _insert(
        database,
        Enrolment,
        running,
        id=running.c.n,
        code=digits,
        subscriber_id=running.c.n,
        course=literal(COURSE),
        state=literal(State.ACTIVE),
        signed_up_at=literal(MONDAY),
        confirmed_at=literal(MONDAY),
        next_due_at=literal(SOME_DAY),
        postponed=literal(False),
    )
    with database.engine.begin() as connection:
        for table in ("subscribers", "enrolments"):
            if database.is_postgresql:
                connection.execute(select(func.setval(f"{table}_id_seq", number)))
            # As the database would do by itself after so many new rows, and only where they are:
            # a table analysed while it is empty is thought to be empty for ever.
            connection.exec_driver_sql(f"ANALYZE {table}")


def _insert(database: Database, model: Any, running: Any, **columns: Any) -> None:
    query = select(*columns.values()).select_from(running)
    with database.engine.begin() as connection:
        connection.execute(insert(model).from_select(list(columns), query))


def make_due(database: Database, number: int, total: int, at: datetime) -> None:
    """So many of them, evenly spread over all, are due a letter at `at`."""
    with database.engine.begin() as connection:
        connection.execute(
            update(Enrolment)
            .where(Enrolment.id % (total // number) == 0)
            .values(next_due_at=at, last_sent_at=None)
        )
