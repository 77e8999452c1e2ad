"""Received emails that wait are understood, each in a transaction of its own."""

from datetime import datetime

from course.database import Database
from emails import inbound
from emails.inbound import Router


def route_waiting(database: Database, router: Router, now: datetime) -> int:
    """Route everything received up to `now`; returns how many there were."""
    routed = 0
    while True:
        with database.transaction() as session:
            found = inbound.waiting(session, now, limit=1)
            for received in found:
                inbound.route(session, router, received, now)
        if not found:
            return routed
        routed += 1
