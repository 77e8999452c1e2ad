"""The same in small, for every run of the tests; `python -m tests.bombing` plays ten thousand."""

import random

from course.database import Database
from emails.providers.memory import MemoryProvider
from tests.bombing.attack import STRIKES, Attack, three_courses
from tests.support.houses import make_house
from tests.support.pages import pages_of

SIGN_UPS = 20 * len(STRIKES)


def test_a_crowd_fills_no_mailbox_and_keeps_no_visitor_out(sqlite: Database) -> None:
    # A quarter of eight an hour is soon used up by those who do no work.
    limits = {"per_hour": 8, "per_network": 4}
    provider = MemoryProvider()
    house = make_house(sqlite, provider=provider, catalogue=three_courses(), sign_ups=limits)
    with pages_of(house) as web:
        attack = Attack(house, provider, web, 8, random.Random(4))
        outcome = attack.play(SIGN_UPS, 1)
    house.life.end()
    assert outcome.too_soon == []
    assert outcome.too_many == []
    assert outcome.kept_out == []
    assert len(outcome.mailboxes) > len(STRIKES)
    assert len(outcome.sentences) == 1
