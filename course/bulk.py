"""Rows by the hundred: asked for, changed and inserted by one statement with a few parameters.

SQLite, which lives in this process, is given rows that have nothing in common one by one. What is
asked for each batch is put together once, since that takes longer than to run it.

All of it is past the session, which first writes out what it holds itself. Whoever holds one of
the rows written here as an object has to refresh it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Executable,
    Update,
    bindparam,
    column,
    func,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from course.database import Base, Insert, is_postgresql
from course.lists import among_given, items_given

Values = Mapping[str, Any]
Names = tuple[str, ...]
OnConflict = Callable[[Insert], Insert]


def read(session: Session, statement: Executable, **given: Any) -> Sequence[Any]:
    """All that is found. The session's own way of reading takes twice the time."""
    return _connection(session).execute(statement, given).all()


def write(session: Session, statement: Executable, **given: Any) -> None:
    """Whatever the statement changes."""
    _connection(session).execute(statement, given)


def write_alike(session: Session, model: type[Base], changes: Mapping[int, Values]) -> None:
    """Write these values to these rows, by id: one statement for all rows that become alike."""
    for values, ids in _alike(changes.items()):
        write(session, _change_alike(model), rows=ids, **values)


def write_each(session: Session, model: type[Base], changes: Mapping[int, Values]) -> None:
    """Write each of these rows its own values, by id: one statement for those of like columns."""
    same_columns: dict[Names, list[Values]] = {}
    for row, values in changes.items():
        same_columns.setdefault(tuple(values), []).append({"row": row, **values})
    for rows in same_columns.values():
        if is_postgresql(session):
            differing = _differing(rows)
            write(
                session, _change_listed(model, tuple(rows[0]), differing), **_given(rows, differing)
            )
        else:
            _connection(session).execute(_change_each(model), rows)


def insert_alike(
    session: Session, model: type[Base], name: str, rows: Iterable[tuple[Any, Values]]
) -> None:
    """Insert a row for each of these values of the column `name`; what is there already stays.

    One statement for all rows that are alike in everything else.
    """
    make = postgresql.insert if is_postgresql(session) else sqlite.insert
    for values, own in _alike(rows):
        given = {_new(other): value for other, value in values.items()}
        write(session, _insert_alike(make, model, name, tuple(values)), rows=own, **given)


def insert_each(
    session: Session, model: type[Base], rows: Sequence[Values], on_conflict: OnConflict
) -> int:
    """Insert these rows, which name the same columns; returns how many are new or changed."""
    if not rows:
        return 0
    if is_postgresql(session):
        differing = _differing(rows)
        insert = _insert_listed(model, tuple(rows[0]), differing, on_conflict)
        return _connection(session).execute(insert, _given(rows, differing)).rowcount
    return _connection(session).execute(_insert_each(model, on_conflict), rows).rowcount


def do_nothing(insert: Insert) -> Insert:
    """What is there already stays as it is."""
    return insert.on_conflict_do_nothing()


def _connection(session: Session) -> Connection:
    session.flush()
    return session.connection()


@cache
def _change_alike(model: type[Base]) -> Update:
    table: Any = model.__table__
    return update(table).where(among_given(table.c.id, "rows"))


@cache
def _change_each(model: type[Base]) -> Update:
    table: Any = model.__table__
    return update(table).where(table.c.id == bindparam("row"))


@cache
def _change_listed(model: type[Base], names: Names, differing: Names) -> Update:
    table: Any = model.__table__
    new = _listed(model, names, differing)
    return update(table).where(table.c.id == new.pop("row")).values(new)


@cache
def _insert_alike(
    make: Callable[[type[Base]], Insert], model: type[Base], name: str, others: Names
) -> Insert:
    columns: Any = model.__table__.c
    alike = (bindparam(_new(other), type_=columns[other].type) for other in others)
    # SQLite would take what follows a FROM without a WHERE for a join's condition.
    rows = select(items_given(columns[name], "rows"), *alike).where(true())
    return make(model).from_select([name, *others], rows).on_conflict_do_nothing()


@cache
def _insert_each(model: type[Base], on_conflict: OnConflict) -> Insert:
    return _counted(on_conflict(sqlite.insert(model)))


@cache
def _insert_listed(
    model: type[Base], names: Names, differing: Names, on_conflict: OnConflict
) -> Insert:
    new = _listed(model, names, differing)
    insert = postgresql.insert(model).from_select(list(new), select(*new.values()))
    return _counted(on_conflict(insert))


def _counted(insert: Insert) -> Insert:
    return insert.execution_options(preserve_rowcount=True)


def _alike(rows: Iterable[tuple[Any, Values]]) -> Iterator[tuple[Values, list[Any]]]:
    """The same values once, with all that have them."""
    alike: dict[tuple[tuple[str, Any], ...], list[Any]] = {}
    for key, values in rows:
        alike.setdefault(tuple(values.items()), []).append(key)
    return ((dict(items), keys) for items, keys in alike.items())


def _differing(rows: Sequence[Values]) -> Names:
    """The columns that aren't alike in all rows."""
    first = rows[0]
    found = [name for name in first if any(row[name] != first[name] for row in rows)]
    # With one row nothing differs, and an array there must be.
    return tuple(found or list(first)[:1])


def _given(rows: Sequence[Values], differing: Names) -> dict[str, Any]:
    """What is alike in all rows once, of the rest a list each."""
    first = rows[0]
    return {
        _new(name): [row[name] for row in rows] if name in differing else first[name]
        for name in first
    }


def _listed(model: type[Base], names: Names, differing: Names) -> dict[str, ColumnElement[Any]]:
    """By column, the values that `_given` gives; "row" is the id of a row that is there."""
    types = {name: model.__table__.c["id" if name == "row" else name].type for name in names}
    arrays = (bindparam(_new(name), type_=ARRAY(types[name])) for name in differing)
    table = func.unnest(*arrays).table_valued(*(column(name, types[name]) for name in differing))
    listed = table.render_derived()
    return {
        name: listed.c[name] if name in differing else bindparam(_new(name), type_=types[name])
        for name in names
    }


def _new(name: str) -> str:
    """A column's own name is SQLAlchemy's, for the value it writes to it."""
    return f"new_{name}"
