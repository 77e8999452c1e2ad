"""One time, and two who press for it at the same moment."""

from course.database import Database
from tests.race import course
from tests.support.browser import chromium

ROUNDS = 3


def test_exactly_one_has_it_and_the_other_is_offered_the_nearest(sqlite: Database) -> None:
    with chromium() as browser, course(sqlite, browser) as where:
        for _ in range(ROUNDS):
            where.run()
