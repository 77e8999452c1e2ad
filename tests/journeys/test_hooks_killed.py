"""The server is killed while vendors tell it things: what it has acknowledged is there."""

import hashlib
from pathlib import Path

from sqlalchemy import select

from course.database import Database
from emails.hook_calls import HookCall
from tests.support.served import serving
from tests.support.vendor_calls import ACCOUNT, post_events

CALLS, KILLED_AFTER = 400, 150


def test_nothing_acknowledged_is_lost_by_a_kill(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'lettercourse.sqlite3'}"
    with serving(tmp_path, url, **ACCOUNT) as served:
        port = int(served.base_url.rpartition(":")[2])

        def after(answers: int) -> None:
            if answers == KILLED_AFTER:
                served.process.kill()

        answered = post_events(port, CALLS, after)
    assert KILLED_AFTER <= len(answered) < CALLS
    database = Database(url)
    with database.reading() as session:
        kept = set(session.scalars(select(HookCall.digest)))
    database.engine.dispose()
    assert {hashlib.sha256(body).hexdigest() for body in answered} <= kept
