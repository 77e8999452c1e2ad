"""A list given to a statement as one parameter: an array to PostgreSQL, JSON to SQLite.

A hundred parameters take longer to spell out and to read than the rows behind them.
"""

import json
from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Dialect,
    Integer,
    Text,
    TypeDecorator,
    bindparam,
    column,
    literal,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import NullType, TypeEngine


class Listed(TypeDecorator[Collection[Any]]):
    """A list as one parameter."""

    impl = Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        # A foreign key has no type before the table it points to is there: let it name its own.
        assert not isinstance(item, NullType)
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        listed = ARRAY(self.item) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(listed)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        if dialect.name != "postgresql":
            return _as_json
        # Numbers spelled out here: its driver looks at each of a list for how to spell it.
        return _as_numbers if isinstance(self.item, Integer) else list


def _as_json(values: Collection[Any]) -> str:
    return json.dumps(list(values))


def _as_numbers(values: Collection[int]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


class each_of(GenericFunction[Any]):  # noqa: N801  it is spelled as SQL is
    """The items of such a list, each a row."""

    inherit_cache = True


@compiles(each_of, "sqlite")
def _each_on_sqlite(element: each_of, compiler: Any, **how: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **how)})"


@compiles(each_of, "postgresql")
def _each_on_postgresql(element: each_of, compiler: Any, **how: Any) -> str:
    return f"unnest({compiler.process(element.clauses, **how)})"


def among(attribute: Any, values: Collection[int | str]) -> ColumnElement[bool]:
    """Whether it is one of these values, however many they are."""
    return _within(attribute, literal(values, Listed(attribute.type)))


def among_given(attribute: Any, name: str) -> ColumnElement[bool]:
    """Whether it is one of the values that the statement is given under this name."""
    return _within(attribute, bindparam(name, type_=Listed(attribute.type)))


def items_given(attribute: Any, name: str) -> ColumnElement[Any]:
    """Each value of this column that the statement is given under this name, in a row."""
    return _items(attribute, bindparam(name, type_=Listed(attribute.type)))


def _items(attribute: Any, listed: BindParameter[Any]) -> ColumnElement[Any]:
    # Where a function's one column has no name of its own, it has that of the whole.
    table = each_of(listed).table_valued(column("value", attribute.type), name="value")
    return table.c.value


def _within(attribute: Any, listed: BindParameter[Any]) -> ColumnElement[bool]:
    # Not by PostgreSQL's ANY, which looks through the list for each row of a table still small.
    within: ColumnElement[bool] = attribute.in_(select(_items(attribute, listed)))
    return within
