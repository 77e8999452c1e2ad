"""A few hundred of what `python -m tests.mutations` plays by the thousand."""

from random import Random

import pytest

from course.database import Database
from tests.mutations.monsters import MONSTERS, Monster
from tests.mutations.run import SMALL, Specimen, run, specimens
from tests.mutations.scene import scene

COUNT = 100


def test_mutated_mail_is_taken_worked_in_time_and_found_again(database: Database) -> None:
    with scene(database) as (house, web, to):
        outcome = run(house, web, specimens(to, COUNT, 1, large=False))
    assert outcome.wrong == []
    assert outcome.count == sum(outcome.verdicts.values()) == COUNT
    # Not all was spoilt: some of it is still a reader's own answer, and some a report.
    assert outcome.verdicts["reflection"]
    assert outcome.verdicts["bounce"]


@pytest.mark.parametrize("monster", MONSTERS, ids=lambda monster: monster.__name__)
def test_a_monster_is_taken_worked_in_time_and_found_again(
    monster: Monster, sqlite: Database
) -> None:
    with scene(sqlite) as (house, web, to):
        made = monster(Random(2), to, SMALL)
        outcome = run(house, web, iter([Specimen(0, monster.__name__, made)]))
    assert outcome.wrong == []
