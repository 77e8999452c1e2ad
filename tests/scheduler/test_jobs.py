"""Law 14: APScheduler ticks a visible list and remembers nothing."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from app.bootstrap import House
from course.database import Database
from emails.providers.memory import MemoryProvider
from scheduler import jobs
from tests.support.houses import TUESDAY, counts, go_to, join, make_house


@pytest.fixture
def house(sqlite: Database) -> Iterator[House]:
    house = make_house(sqlite, provider=MemoryProvider())
    yield house
    house.life.end()


@pytest.fixture
def ticking(house: House) -> Iterator[BackgroundScheduler]:
    scheduler = jobs.start(house.engine, repr)
    yield scheduler
    scheduler.shutdown()


def test_the_jobs_are_those_of_the_list_and_never_pile_up(ticking: BackgroundScheduler) -> None:
    running = ticking.get_jobs()
    assert [job.name for job in running] == [job.name for job in jobs.JOBS]
    assert all(job.coalesce and job.max_instances == 1 for job in running)


def test_no_learner_is_a_row_of_the_job_store(house: House, ticking: BackgroundScheduler) -> None:
    join(house)
    house.engine.tick(TUESDAY)
    assert len(ticking.get_jobs()) == len(jobs.JOBS)


def test_the_ticking_sends_what_is_due(house: House, ticking: BackgroundScheduler) -> None:
    join(house)
    go_to(house, TUESDAY + timedelta(seconds=1))
    deadline = time.monotonic() + 20
    while counts(house) != {"accepted": 1} and time.monotonic() < deadline:
        time.sleep(0.05)
    assert counts(house) == {"accepted": 1}
    assert ticking.running
