"""Law 15: every question a tick asks is answered by an index, however many readers there are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from app.bootstrap import House
from course.database import Database
from emails import inbound
from emails.inbound import ReceivedEmail
from emails.providers.memory import MemoryProvider
from scheduler import retention
from tests.support.houses import (
    TUESDAY,
    deliveries,
    go_to,
    join,
    make_house,
    now,
    shipped_settings,
)

Asked = list[tuple[str, Any]]


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    house = make_house(database, provider=MemoryProvider())
    # Nobody is due: what is asked all the same is asked at every tick.
    join(house)
    house.engine.tick()
    yield house
    house.life.end()


@contextmanager
def listening(engine: Engine) -> Iterator[Asked]:
    asked: Asked = []

    def note(_c: object, _k: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith("SELECT") and "FROM" in statement:
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def plan_of(database: Database, statement: str, parameters: Any) -> str:
    with database.engine.connect() as connection:
        if database.is_postgresql:
            # On a table of one row a scan is cheapest; the question is whether an index would do.
            connection.execute(text("SET enable_seqscan = off"))
            connection.execute(text("SET enable_sort = off"))
        explain = "EXPLAIN " if database.is_postgresql else "EXPLAIN QUERY PLAN "
        rows = connection.exec_driver_sql(explain + statement, parameters).all()
        return "\n".join(str(row[-1]) for row in rows)


def scans(database: Database, ask: Callable[[], object]) -> list[str]:
    with listening(database.engine) as asked:
        ask()
    assert asked
    plans = [(statement, plan_of(database, statement, given)) for statement, given in asked]
    return [f"{statement}\n{plan}" for statement, plan in plans if is_scan(database, plan)]


def is_scan(database: Database, plan: str) -> bool:
    if database.is_postgresql:
        return "Seq Scan" in plan
    lines = [line for line in plan.splitlines() if line.startswith("SCAN")]
    # A list that is given, and the batches that are open: an index that holds nothing else.
    harmless = ("VIRTUAL TABLE", "CONSTANT ROW", "ix_batches_open")
    return any(not any(word in line for word in harmless) for line in lines) or "B-TREE" in plan


def test_a_tick_with_nothing_due_scans_no_table(database: Database, house: House) -> None:
    assert scans(database, house.engine.tick) == []


def test_a_tick_with_a_word_about_her_pace_to_answer_scans_no_table(
    database: Database, house: House
) -> None:
    with house.database.transaction() as session:
        received = inbound.store(session, house.vault, b"PAUSE", house.clock.now())
        kept = session.get_one(ReceivedEmail, received)
        kept.route_due_at, kept.enrolment_id, kept.pace_due_at = None, 1, house.clock.now()
    assert scans(database, house.engine.tick) == []
    assert [delivery.state for delivery in deliveries(house, "pace")] == ["accepted"]


def test_a_tick_that_sends_again_in_doubt_scans_no_table(database: Database) -> None:
    emails = shipped_settings().emails.model_dump() | {"when_in_doubt": "resend"}
    house = make_house(database, provider=MemoryProvider(), emails=emails)
    assert scans(database, house.engine.tick) == []
    house.life.end()


def test_forgetting_who_never_confirmed_scans_no_table(database: Database, house: House) -> None:
    later = now(house) + timedelta(days=60)
    assert scans(database, lambda: retention.forget_sign_ups(database, later)) == []


def test_a_tick_with_a_letter_due_scans_no_table(database: Database, house: House) -> None:
    go_to(house, TUESDAY)
    assert scans(database, house.engine.tick) == []
