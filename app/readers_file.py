"""A list of readers as other programs write it: CSV, with the columns named in its first line."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO

from app.errors import CommandError

COLUMNS = ("email", "name", "timezone")
# A spreadsheet in a country that writes 1,5 for one and a half separates by semicolons.
SEPARATORS = ",;\t"


class Row(NamedTuple):
    line: int
    values: dict[str, str]


class Table(NamedTuple):
    """`unread` are the columns that say nothing to us."""

    rows: Iterator[Row]
    unread: list[str]


@contextmanager
def open_table(file: Path) -> Iterator[Table]:
    """The rows below the names, read one by one. Raises CommandError where it isn't such a file."""
    with file.open(newline="", encoding="utf-8-sig") as lines, _told():
        first = lines.readline()
        separator = max(SEPARATORS, key=first.count)
        names = _names(first, separator)
        unread = [name for name in names if name and name not in COLUMNS]
        yield Table(_rows(lines, names, separator), unread)


@contextmanager
def _told() -> Iterator[None]:
    """What is wrong with such a file, in sentences."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise CommandError(
            "The file's letters aren't written in UTF-8. Save it once more as "
            '"CSV UTF-8", as spreadsheets call it; a repeat changes nothing.'
        ) from error
    except csv.Error as error:
        raise CommandError(
            f"The file can't be read as CSV ({error}). Mend that line; a repeat changes nothing."
        ) from error


def _names(first: str, separator: str) -> list[str]:
    names = [name.strip().lower() for name in next(csv.reader([first], delimiter=separator), [])]
    if "email" not in names:
        found = ", ".join(filter(None, names)) or "nothing"
        raise CommandError(
            f"The file's first line has to name the columns, such as {','.join(COLUMNS)}; email "
            f"is needed. It names: {found}."
        )
    return names


def _rows(lines: TextIO, names: list[str], separator: str) -> Iterator[Row]:
    reader = csv.DictReader(lines, fieldnames=names, delimiter=separator)
    for row in reader:
        values = {name: row.get(name) or "" for name in COLUMNS}
        yield Row(reader.line_num + 1, values)
