"""Many readers at once, put straight into the tables: signing up one by one would take longer."""

from datetime import datetime

from sqlalchemy import insert

from course.database import Database
from course.enrolments import Enrolment, State, new_code
from course.keys import parse_keys
from course.subscribers import Subscriber
from tests.support.houses import COURSE, SECRET, ZONE

CHUNK = 5000


def address(number: int) -> str:
    return f"reader{number}@example.com"


def move_in(database: Database, readers: int, due_at: datetime, *, first: int = 0) -> None:
    """`readers` people who have confirmed, and whose first letter is due at `due_at`."""
    keys = parse_keys(SECRET)
    for start in range(first, first + readers, CHUNK):
        numbers = range(start, min(start + CHUNK, first + readers))
        people = [
            {
                "id": n + 1,
                "email": address(n),
                "digest": keys.digest(address(n)),
                "mailbox": keys.digest(address(n)),
                "name": "Ana",
                "zone": ZONE,
                "created_at": due_at,
            }
            for n in numbers
        ]
        enrolled = [
            {
                "id": n + 1,
                "code": new_code(),
                "subscriber_id": n + 1,
                "course": COURSE,
                "state": State.ACTIVE,
                "signed_up_at": due_at,
                "confirmed_at": due_at,
                "next_due_at": due_at,
                "postponed": False,
            }
            for n in numbers
        ]
        with database.transaction() as session:
            session.execute(insert(Subscriber), people)
            session.execute(insert(Enrolment), enrolled)
