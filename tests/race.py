"""Two browsers press for the same time at the same moment: `python -m tests.race --times 100`."""

import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import click
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from app.bootstrap import House
from app.schema import METADATA
from course.bookings import Booking
from course.database import Database
from course.lessons import WEEKDAYS
from emails.providers.memory import MemoryProvider
from tests.support.browser import PHONE, chromium
from tests.support.houses import SHIPPED_SETTINGS, enrolment, join, make_house
from tests.support.pages import pages_of

# Both browsers have sent their clicks to their pages by then.
SOON_MS = 150
BOOKED = "We have a time"
# Both stand on one machine, so they read one clock.
PRESS_AT = """(button, at) => {
  const press = () => Date.now() < at ? setTimeout(press, 0) : button.click();
  setTimeout(press, at - Date.now() - 5);
}"""


@dataclass(frozen=True)
class Course:
    """Where they race: two browsers that know nothing of each other, before one house."""

    house: House
    base_url: str
    pages: tuple[Page, Page]

    def run(self) -> int:
        """Both want the first free time there is; which of the two got it. All else is asserted."""
        wanted = {self._fill_in(page) for page in self.pages}
        (time,) = wanted
        at = self.pages[0].evaluate("Date.now()") + SOON_MS
        for page in self.pages:
            page.get_by_role("button", name="Book this time").evaluate(PRESS_AT, at)
        for page in self.pages:
            booked = page.get_by_role("heading", name=BOOKED)
            expect(booked.or_(page.get_by_role("alert"))).to_be_visible()
        (winner,) = (n for n, page in enumerate(self.pages) if self._has_won(page))
        _offered_another(self.pages[1 - winner], time)
        assert self._bookings(time) == 1
        return winner

    def _fill_in(self, page: Page) -> str:
        reader = join(self.house, f"{uuid4().hex}@example.com")
        url = self.house.links.book(enrolment(self.house, reader).code)
        page.goto(url.replace(self.house.settings.web.public_url, self.base_url))
        first = page.get_by_role("radio").first
        first.check()
        page.get_by_label("A note").fill(_note(page))
        return first.input_value()

    def _has_won(self, page: Page) -> bool:
        return page.get_by_role("heading", level=1).inner_text() == BOOKED

    def _bookings(self, time: str) -> int:
        with self.house.database.reading() as session:
            slots = [each.starts_at for each in session.scalars(select(Booking))]
        return slots.count(datetime.fromisoformat(time))


def _offered_another(page: Page, lost: str) -> None:
    """The nearest times, and her words still there."""
    expect(page.get_by_role("alert")).to_contain_text("This time has just gone to somebody else")
    expect(page.get_by_role("alert")).to_contain_text("These are the nearest free times")
    offered = page.get_by_role("radio").evaluate_all("all => all.map((one) => one.value)")
    assert len(offered) == 3
    assert lost not in offered
    assert page.get_by_label("A note").input_value() == _note(page)


def _note(page: Page) -> str:
    return f"Ring twice, please. {id(page)}"


@contextmanager
def course(database: Database, browser: Browser) -> Iterator[Course]:
    """With hours enough for hundreds of sessions."""
    shipped = tomllib.loads(SHIPPED_SETTINGS.read_text(encoding="utf-8"))["booking"]
    hours = {day: ["06:00-22:00"] for day in WEEKDAYS}
    house = make_house(database, provider=MemoryProvider(), booking={**shipped, "hours": hours})
    contexts = [browser.new_context(viewport=PHONE, locale="en-GB") for _ in range(2)]
    one, other = (context.new_page() for context in contexts)
    with pages_of(house) as pages:
        yield Course(house, str(pages.base_url).rstrip("/"), (one, other))
        for context in contexts:
            context.close()
    house.life.end()


@click.command(help=__doc__)
@click.option("--times", default=100, show_default=True)
def main(times: int) -> None:
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        database = Database(f"sqlite:///{Path(folder) / 'race.sqlite3'}")
        METADATA.create_all(database.engine)
        with course(database, browser) as where:
            won = Counter(where.run() for _ in range(times))
        database.engine.dispose()
    click.echo(f"{times} races, one winner in each: the one {won[0]} times, the other {won[1]}.")


if __name__ == "__main__":
    main()
