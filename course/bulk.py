"""Rows by the hundred: asked for, changed and inserted by one statement with a few parameters.

A list goes to the database as one parameter, an array to PostgreSQL and JSON to SQLite: a hundred
parameters take longer to spell out and to read than the rows behind them. SQLite, which lives in
this process, is given new values row by row.

All of it is past the session: whoever holds one of these rows as an object has to refresh it.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    any_,
    bindparam,
    column,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session

from course.database import Insert, insert_into, is_postgresql

Row = Mapping[str, Any]


def among(session: Session, attribute: Any, values: Collection[int | str]) -> ColumnElement[bool]:
    """Whether it is one of these values, however many they are."""
    if is_postgresql(session):
        each: ColumnElement[bool] = attribute == any_(literal(list(values), ARRAY(attribute.type)))
        return each
    listed = func.json_each(json.dumps(list(values))).table_valued("value")
    within: ColumnElement[bool] = attribute.in_(select(listed.c.value))
    return within


def write_alike(session: Session, model: Any, changes: Mapping[int, Row]) -> None:
    """Write these values to these rows, by id: one statement for all rows that become alike."""
    alike: dict[tuple[tuple[str, Any], ...], list[int]] = {}
    for row, values in changes.items():
        alike.setdefault(tuple(values.items()), []).append(row)
    for items, ids in alike.items():
        change = update(model.__table__).where(among(session, model.__table__.c.id, ids))
        session.connection().execute(change.values(dict(items)))


def write_each(session: Session, model: Any, changes: Mapping[int, Row]) -> None:
    """Write each of these rows its own values, by id: one statement for those of like columns."""
    same_columns: dict[tuple[str, ...], list[Row]] = {}
    for row, values in changes.items():
        same_columns.setdefault(tuple(values), []).append({"row": row, **values})
    table = model.__table__
    for names, rows in same_columns.items():
        if is_postgresql(session):
            new = _listed({"row": table.c.id, **{name: table.c[name] for name in names}}, rows)
            change = update(table).where(table.c.id == new.pop("row")).values(new)
            session.connection().execute(change)
        else:
            change = update(table).where(table.c.id == bindparam("row"))
            session.connection().execute(change, rows)


def insert_each(
    session: Session, model: Any, rows: Sequence[Row], on_conflict: Callable[[Insert], Insert]
) -> int:
    """Insert these rows, which name the same columns; returns how many are new or changed."""
    if not rows:
        return 0
    statement, given = insert_into(session, model), [rows]
    if is_postgresql(session):
        new = _listed({name: model.__table__.c[name] for name in rows[0]}, rows)
        statement, given = statement.from_select(list(new), select(*new.values())), []
    counted = on_conflict(statement).execution_options(preserve_rowcount=True)
    # By the connection: the session's own way of inserting takes twice the time.
    return session.connection().execute(counted, *given).rowcount


def _listed(
    columns: Mapping[str, Column[Any]], rows: Sequence[Row]
) -> dict[str, ColumnElement[Any]]:
    """These values as expressions: what is alike in all rows, else an array of what isn't."""
    first = rows[0]
    same = {name for name in columns if all(row[name] == first[name] for row in rows)}
    # With one row nothing differs, and an array there must be.
    differing = [name for name in columns if name not in same] or list(columns)[:1]
    arrays = (literal([row[name] for row in rows], ARRAY(columns[name].type)) for name in differing)
    table = func.unnest(*arrays).table_valued(
        *(column(name, columns[name].type) for name in differing)
    )
    listed = table.render_derived()
    return {
        name: listed.c[name] if name in differing else literal(first[name], columns[name].type)
        for name in columns
    }
