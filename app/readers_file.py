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


@contextmanager
def rows_of(file: Path) -> Iterator[Iterator[Row]]:
    """The rows below the names, one by one. Raises CommandError where it isn't such a file."""
    with file.open(newline="", encoding="utf-8-sig") as lines:
        yield _rows(lines)


def _rows(lines: TextIO) -> Iterator[Row]:
    try:
        yield from _read(lines)
    except UnicodeDecodeError as error:
        raise CommandError(
            "The file's letters aren't written in UTF-8. Save it once more as "
            '"CSV UTF-8", as spreadsheets call it; a repeat changes nothing.'
        ) from error
    except csv.Error as error:
        raise CommandError(
            f"The file can't be read as CSV ({error}). Mend that line; a repeat changes nothing."
        ) from error


def _read(lines: TextIO) -> Iterator[Row]:
    first = lines.readline()
    separator = max(SEPARATORS, key=first.count)
    names = [name.strip().lower() for name in next(csv.reader([first], delimiter=separator), [])]
    if "email" not in names:
        found = ", ".join(filter(None, names)) or "nothing"
        raise CommandError(
            f"The file's first line has to name the columns, such as {','.join(COLUMNS)}; email "
            f"is needed. It names: {found}."
        )
    reader = csv.DictReader(lines, fieldnames=names, delimiter=separator)
    for row in reader:
        values = {name: row.get(name) or "" for name in COLUMNS}
        yield Row(reader.line_num + 1, values)
