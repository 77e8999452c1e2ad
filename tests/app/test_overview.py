"""What `status` says first."""

from datetime import timedelta
from typing import Any

from app.bootstrap import House
from app.overview import SHOWN, Overview, look
from course.database import Database
from emails.providers.base import Rejected
from emails.providers.memory import MemoryProvider
from tests.support.houses import TUESDAY, join_many, leave, make_house, now, shipped_settings, tick


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


def test_what_is_about_to_leave_is_told_before_what_comes_later(house: House) -> None:
    assert seen(house).sentence == "All is well. No letter is planned."
    join_many(house, 2)
    assert "next letter goes out on Tuesday" in seen(house).sentence
    house.engine.plan(TUESDAY)
    assert seen(house).sentence == "All is well. 2 emails will leave with the next rounds."


def test_of_many_that_need_her_a_few_are_named_and_all_are_counted(sqlite: Database) -> None:
    provider = MemoryProvider(verdict=lambda _: Rejected("no such mailbox"))
    house = make_house(sqlite, provider=provider)
    join_many(house, SHOWN + 3)
    tick(house, TUESDAY)
    overview = seen(house)
    assert (len(overview.attention), overview.unnamed, overview.needs) == (SHOWN, 3, SHOWN + 3)
    assert overview.sentence.startswith(f"{SHOWN + 3} things need you.")
    with house.database.reading() as session:
        everything = look(session, house.provider.name, now(house), most=None)
    assert (len(everything.attention), everything.unnamed) == (SHOWN + 3, 0)
    house.life.end()


def test_readers_of_a_course_that_is_away_are_told_of(house: House) -> None:
    leave(house, join_many(house, 3)[0])
    with house.database.reading() as session:
        here = look(session, "", now(house), courses=house.catalogue.courses)
        gone = look(session, "", now(house), courses={"another"})
    assert here.attention == []
    [told] = gone.attention
    assert told.startswith("2 readers of the course six-letters wait: there is no such course now.")


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
