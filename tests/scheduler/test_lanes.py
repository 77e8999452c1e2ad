"""Must show 6: what somebody waits for at a screen never waits behind the week's letters."""

from collections.abc import Callable
from datetime import datetime, timedelta

from app.bootstrap import House
from course.database import Database
from emails.providers.memory import MemoryProvider
from scheduler.planning import CHUNK, plan
from tests.support.crowd import fill, make_due
from tests.support.houses import TUESDAY, counts, deliveries, go_to, now, sign_up
from tests.support.providers import Interrupted

Houses = Callable[..., House]
MANY = 2_000
SECOND = timedelta(seconds=1)
NEW = "new@example.com"


def ask(house: House) -> None:
    """A second later somebody fills in the form, and the confirmation is planned."""
    go_to(house, now(house) + SECOND)
    sign_up(house, NEW)
    house.engine.plan()


def test_a_confirmation_goes_out_in_the_very_next_call(sqlite: Database, houses: Houses) -> None:
    provider = Interrupted()
    house = houses(sqlite, provider=provider)
    fill(sqlite, MANY)
    make_due(sqlite, MANY, MANY, TUESDAY)
    go_to(house, TUESDAY)
    house.engine.plan()
    asked: list[int] = []

    def ask_in_the_third_call() -> None:
        asked.append(len(provider.calls))
        if len(asked) == 3:
            ask(house)

    provider.during = ask_in_the_third_call
    house.engine.deliver()
    _, fourth = provider.calls[3]
    assert [mail.to for mail in fourth] == [NEW]
    assert counts(house) == {"accepted": MANY + 1}


def test_a_confirmation_is_planned_between_two_chunks_of_lessons(
    database: Database, houses: Houses
) -> None:
    house = houses(database, provider=MemoryProvider())
    fill(database, 2 * CHUNK + 1)
    make_due(database, 2 * CHUNK + 1, 2 * CHUNK + 1, TUESDAY)
    rounds: list[datetime] = []

    def clock() -> datetime:
        rounds.append(TUESDAY + len(rounds) * SECOND)
        go_to(house, rounds[-1])
        if len(rounds) == 2:
            sign_up(house, NEW)
        return rounds[-1]

    plan(database, house.catalogue, clock)
    kinds = [delivery.kind for delivery in deliveries(house)]
    assert kinds.index("confirmation") == CHUNK
    assert len(kinds) == 2 * CHUNK + 2
