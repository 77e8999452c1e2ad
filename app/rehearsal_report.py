"""A rehearsal on paper: every email as a file, a calendar to look at, a table to count in."""

import csv
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from app.rehearsal import Sent
from course import spoken
from course.catalogue import Course
from course.language import ENGLISH
from emails.message import to_mime

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Cell:
    """What readers of one zone get of one email: the first local time, and for how many."""

    when: datetime
    others: int
    # Daylight saving began or ended there since the email before.
    clock_changed: bool


def write_report(course: Course, sent: Sequence[Sent], folder: Path) -> Path:
    """Write everything below `folder`; returns the calendar page."""
    emails = folder / "emails"
    emails.mkdir(parents=True, exist_ok=True)
    _clear(emails)
    # Writing MIME is the slow part, and one email has nothing to do with another.
    with ProcessPoolExecutor() as processes:
        numbers = range(1, len(sent) + 1)
        names = list(processes.map(_write_email, repeat(emails), numbers, sent, chunksize=50))
    _write_table(folder / "calendar.csv", sent, names)
    return _write_calendar(folder / "calendar.html", course, sent, names)


def _clear(emails: Path) -> None:
    """Of the emails of an earlier rehearsal, and of nothing else."""
    for kind in ("eml", "html"):
        for old in emails.glob(f"[0-9]*-reader-[0-9]*.{kind}"):
            old.unlink()


def _write_email(folder: Path, number: int, item: Sent) -> str:
    reader = item.message.to.partition("@")[0]
    name = f"{number:05d}-{item.at:%Y-%m-%d}-{reader}"
    (folder / f"{name}.eml").write_bytes(to_mime(item.message, item.at))
    (folder / f"{name}.html").write_text(item.message.html, encoding="utf-8")
    return name


def _write_table(file: Path, sent: Sequence[Sent], names: Sequence[str]) -> None:
    with file.open("w", newline="", encoding="utf-8") as handle:
        table = csv.writer(handle)
        table.writerow(["utc", "local", "timezone", "reader", "subject", "email"])
        for item, name in zip(sent, names, strict=True):
            local = f"{item.local:%Y-%m-%d %H:%M}"
            row = [item.at.isoformat(), local, item.zone, item.message.to, item.message.subject]
            table.writerow([*row, f"emails/{name}.eml"])


def _write_calendar(file: Path, course: Course, sent: Sequence[Sent], names: Sequence[str]) -> Path:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    subjects = list(dict.fromkeys(item.message.subject for item in sent))
    page = environment.get_template("calendar.html").render(
        course=course,
        emails=len(sent),
        readers=len({item.message.to for item in sent}),
        first=sent[0].at,
        last=sent[-1].at,
        subjects=[(subject, _sample(subject, sent, names)) for subject in subjects],
        rows=[(spoken.zone_name(zone, ENGLISH), cells) for zone, cells in _rows(sent, subjects)],
    )
    file.write_text(page, encoding="utf-8")
    return file


def _sample(subject: str, sent: Sequence[Sent], names: Sequence[str]) -> str:
    pairs = zip(sent, names, strict=True)
    return next(name for item, name in pairs if item.message.subject == subject)


def _rows(sent: Sequence[Sent], subjects: Sequence[str]) -> list[tuple[str, list[Cell]]]:
    by_zone: dict[str, dict[str, list[datetime]]] = defaultdict(lambda: defaultdict(list))
    for item in sent:
        by_zone[item.zone][item.message.subject].append(item.local)
    return [(zone, _cells(times, subjects)) for zone, times in by_zone.items()]


def _cells(times: dict[str, list[datetime]], subjects: Sequence[str]) -> list[Cell]:
    cells: list[Cell] = []
    for subject in subjects:
        first = min(times[subject])
        before = cells[-1].when if cells else first
        changed = first.utcoffset() != before.utcoffset()
        cells.append(Cell(first, len(times[subject]) - 1, changed))
    return cells
