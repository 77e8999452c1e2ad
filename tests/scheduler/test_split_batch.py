"""A batch refused as a whole for a moment: what was tried alone isn't sent again with the rest."""

from collections import Counter
from contextlib import closing
from datetime import timedelta

from course.database import Database
from tests.players import resend
from tests.players.faults import Fault, Kind
from tests.support.houses import TUESDAY, join_many, make_house, tick


def test_a_split_batch_is_never_repeated_as_a_whole(sqlite: Database) -> None:
    with (
        resend.make_resend() as player,
        closing(resend.PLAYED.provider(player.url)) as provider,
    ):
        house = make_house(sqlite, provider=provider)
        join_many(house, 3)
        # The whole call is refused; alone, the first is taken, the second is taken unanswered.
        player.faults.extend([Fault(Kind.STATUS, status=422), Fault(Kind.NONE), Fault(Kind.DROP)])
        tick(house, TUESDAY)
        tick(house, TUESDAY + timedelta(minutes=10))
        house.life.end()
    taken = Counter(entry["to"] for entry in player.journal.entries)
    assert set(taken.values()) == {1}, taken
    assert len(taken) == 3
