"""What `status` says first."""

from datetime import timedelta
from typing import Any

from app.bootstrap import House
from app.overview import Overview, look
from course.database import Database
from emails.providers.memory import MemoryProvider
from tests.support.houses import TUESDAY, join_many, make_house, now, shipped_settings, tick


def seen(house: House, held: str | None = None) -> Overview:
    with house.database.reading() as session:
        return look(session, house.provider.name, now(house), held, house.terms.limits)


def limited_house(sqlite: Database, **limits: Any) -> House:
    emails = shipped_settings().emails.model_dump() | {"provider": "postmark", **limits}
    return make_house(sqlite, provider=MemoryProvider(name="postmark"), emails=emails)


def test_that_it_is_held_comes_before_all_else(house: House) -> None:
    overview = seen(house, held="Held by me.")
    assert overview.sentence == "Held by me."
    assert overview.as_json()["held"] == "Held by me."
    assert seen(house).as_json()["held"] is None


def test_letters_that_wait_for_the_next_day_need_nobody(sqlite: Database) -> None:
    house = limited_house(sqlite, per_day=10)
    join_many(house, 12)
    assert seen(house).limits == []
    tick(house, TUESDAY)
    overview = seen(house)
    assert (len(overview.limits), overview.attention) == (1, [])
    assert overview.as_json()["limits"] == overview.limits
    tick(house, TUESDAY + timedelta(days=1))
    assert seen(house).limits == []
    house.life.end()
