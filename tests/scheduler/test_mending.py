"""An email that can't be composed waits for its file to be mended, and holds up nobody else."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from app.bootstrap import House
from course.database import Database
from emails.providers.memory import MemoryProvider
from scheduler import outbox
from scheduler.outbox import Lane
from tests.support.houses import (
    MONDAY,
    TUESDAY,
    counts,
    deliveries,
    go_to,
    join,
    leave,
    sign_up,
    tick,
)

Houses = Callable[..., House]
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("mistake", ["{% if %}", "{{ nobody.knows.this }}", ""])
def test_a_broken_template_holds_letters_until_the_file_is_mended(
    sqlite: Database, houses: Houses, tmp_path: Path, mistake: str
) -> None:
    subject = tmp_path / "lesson" / "subject.txt"
    subject.parent.mkdir()
    subject.write_text(mistake)
    provider = MemoryProvider()
    house = houses(sqlite, provider=provider, content={"templates": str(tmp_path)})
    join(house)
    tick(house, TUESDAY)
    [letter] = deliveries(house)
    assert (letter.state, letter.attempts, provider.calls) == ("waiting", 0, [])
    assert letter.reason
    subject.write_text("A letter that is whole again, and long enough")
    tick(house, TUESDAY + 14 * MINUTE)
    assert provider.sent == []
    tick(house, TUESDAY + 15 * MINUTE)
    assert counts(house) == {"accepted": 1}


def test_one_that_cannot_be_composed_does_not_hold_up_its_neighbours(
    database: Database, houses: Houses
) -> None:
    provider = MemoryProvider()
    house = houses(database, provider=provider)
    sign_up(house, "new@example.com")
    reader = join(house)
    with database.transaction() as session:
        lost = {
            "kind": "answer",
            "about": f"no-such-answer@{MONDAY.isoformat()}",
            "lane": Lane.NOW,
            "enrolment_id": reader,
            "lesson": None,
            "due_at": MONDAY,
        }
        outbox.plan(session, [lost], MONDAY)
    tick(house)
    assert [mail.to for mail in provider.sent] == ["new@example.com"]
    [held] = deliveries(house, "answer")
    assert (held.state, held.batch_id) == ("waiting", None)


def test_a_letter_taken_out_of_the_course_waits_for_the_owner(
    database: Database, houses: Houses
) -> None:
    house = houses(database, provider=MemoryProvider())
    join(house)
    with database.transaction() as session:
        row = {
            "kind": "lesson",
            "about": "1/no-such-letter",
            "lane": Lane.LESSONS,
            "enrolment_id": 1,
            "lesson": "no-such-letter",
            "due_at": MONDAY,
        }
        outbox.plan(session, [row], MONDAY)
    tick(house)
    [letter] = deliveries(house)
    assert letter.state == "waiting"
    assert "no longer in the course" in (letter.reason or "")


def test_whoever_has_left_waits_for_no_mending(
    sqlite: Database, houses: Houses, tmp_path: Path
) -> None:
    """Or her letter would stand on the owner's list for good."""
    subject = tmp_path / "lesson" / "subject.txt"
    subject.parent.mkdir()
    subject.write_text("{% if %}")
    house = houses(sqlite, provider=MemoryProvider(), content={"templates": str(tmp_path)})
    reader = join(house)
    go_to(house, TUESDAY)
    house.engine.plan()
    leave(house, reader)
    tick(house, TUESDAY)
    assert counts(house) == {"withheld": 1}
