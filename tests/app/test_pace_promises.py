"""No sequence of clicks and times breaks a law, and what the page promised is what was sent."""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.bootstrap import House
from app.web import letters, pace_view, unsubscribe
from app.web.pace_view import Stand, View
from app.web.pages import Site
from app.web.readers import course_of, reader_of
from app.web.troubles import Trouble
from course import changes, zones
from course.catalogue import Course
from course.changes import UNDO_LIFE
from course.enrolments import State
from course.lessons import WEEKDAYS
from course.pacing import instant, rest_end
from course.wishes import GoOn, NextNow, Rest, Wish, times_of
from emails.compose import Composer
from emails.links import Purpose
from emails.providers.base import TryLater
from emails.providers.memory import MemoryProvider, accept
from scheduler.audit import audit
from scheduler.workers import LonelyLife
from tests.course.specimens import make_rules
from tests.simulation.courses import INVITATION, POOL, catalogue
from tests.simulation.silence import SILENT
from tests.simulation.stock import memory, templates
from tests.support.houses import COURSE, enrolment, go_to, join, make_house, now, tick

# More by hand: PACE_EXAMPLES=2000 nice python -m pytest tests/app/test_pace_promises.py
EXAMPLES = int(os.environ.get("PACE_EXAMPLES", "30"))
ZONES = ("Europe/Lisbon", "America/New_York", "Pacific/Kiritimati", "Australia/Lord_Howe")
SLUGS = {lesson.subject: slug for slug, lesson in POOL.items()}
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LONG = timedelta(days=800)

zone_names = st.sampled_from(ZONES)
hours = st.integers(0, 23)
weekdays = st.sampled_from(WEEKDAYS)
clicks = st.integers(1, 2)
courses = st.builds(
    lambda names, rules: Course(
        slug=COURSE,
        title="A walk in the wood",
        description="",
        sender=None,
        language="en",
        call_to_action=INVITATION,
        rules=rules,
        lessons=tuple(POOL[name] for name in names),
    ),
    st.lists(st.sampled_from(sorted(POOL)), min_size=2, max_size=4, unique=True),
    st.builds(
        make_rules,
        weekday=weekdays,
        hour=hours,
        minimum_gap_days=st.sampled_from((1, 3, 7)),
        first_letter=st.sampled_from(("at once", "next slot")),
        send_between=st.sampled_from((None, "07:00-21:00")),
    ),
)


def open_house(course: Course, at: datetime) -> House:
    database = memory()
    database.start_anew()
    house = make_house(database, provider=MemoryProvider(), at=at, catalogue=catalogue(course))
    house.__dict__["life"] = LonelyLife()
    house.__dict__["composer"] = Composer(templates(), house.links, house.stationery)
    return house


def shown(view: View) -> tuple[object, ...]:
    return view.version, view.steps, view.change and view.change.wish, view.may_undo


class Reader(RuleBasedStateMachine):
    """One reader, her page open in some windows, and the true engine behind it."""

    @initialize(
        course=courses, zone=zone_names, day=st.integers(0, 364), minutes=st.integers(0, 1439)
    )
    def begin(self, course: Course, zone: str, day: int, minutes: int) -> None:
        at = datetime(2026, 1, 1, tzinfo=UTC) + day * DAY + minutes * MINUTE
        self.house, self.course = open_house(course, at), course
        self.reader = join(self.house, zone=zone)
        code = enrolment(self.house, self.reader).code
        self.token = self.house.tokens.sign(Purpose.LETTERS, code)
        self.goodbye = self.house.tokens.sign(Purpose.UNSUBSCRIBE, code)
        # What has been sent: on which turn, which letter, when.
        self.sent: list[tuple[int, str, datetime]] = []
        self.old_versions: list[str] = []
        # When she last changed anything, and how many letters had come by then.
        self.changed = (at, 0)
        self.rests_until: datetime | None = None
        self.gone = False
        self.refusing = False

    # What she sees.

    @property
    def site(self) -> Site:
        return Site(self.house, SILENT, now(self.house))

    def look(self) -> View:
        with self.house.database.reading() as session:
            found = reader_of(session, self.site, Purpose.LETTERS, self.token)
            return pace_view.look(session, found, course_of(self.site, found), now(self.house))

    # What she does.

    def click(self, times: int, act: Callable[[str], Any]) -> View:
        """The same button once or twice on one page; the second click does nothing more."""
        before = self.look()
        act(before.version)
        after = self.look()
        for _ in range(times - 1):
            act(before.version)
            assert shown(self.look()) == shown(after)
        if before.version != after.version:
            self.old_versions.append(before.version)
            self.changed = (now(self.house), len(self.sent))
        self.rests_until = after.enrolment.paused_until
        return after

    @rule(weeks=st.sampled_from((1, 2, 4)), times=clicks)
    def rest_for_weeks(self, weeks: int, times: int) -> None:
        before = self.look()
        after = self.click(
            times, lambda seen: letters.pause(self.token, self.site, seen, str(weeks))
        )
        if before.to_come:
            assert after.resting
            local = now(self.house).astimezone(zones.zone(after.zone))
            ends = (local.replace(tzinfo=None) + timedelta(weeks=weeks)).date()
            until = after.enrolment.paused_until
            assert until is not None
            assert until.astimezone(zones.zone(after.zone)).date() - ends <= DAY

    @rule(days=st.integers(-1, 40), times=clicks)
    def rest_until_a_day(self, days: int, times: int) -> None:
        before = self.look()
        day = now(self.house).astimezone(zones.zone(before.zone)).date() + days * DAY
        after = self.click(
            times, lambda seen: letters.pause(self.token, self.site, seen, until=str(day))
        )
        if days < 1:
            assert after.version == before.version
        elif before.to_come:
            local = [
                step.at.astimezone(zones.zone(after.zone)) for step in after.to_come if step.at
            ]
            assert all(at.date() >= day for at in local)

    @rule(times=clicks)
    def go_on(self, times: int) -> None:
        after = self.click(times, lambda seen: letters.resume(self.token, self.site, seen))
        assert not after.resting

    @rule(times=clicks)
    def next_now(self, times: int) -> None:
        before = self.look()
        after = self.click(times, lambda seen: letters.next_now(self.token, self.site, seen))
        if before.soonest is not None:
            assert after.to_come[0].at == before.soonest
        else:
            assert after.version == before.version

    @rule(times=clicks)
    def skip(self, times: int) -> None:
        before = self.look()
        step = before.next_step
        slug = step.lesson.slug if step else "none"
        after = self.click(times, lambda seen: letters.skip(self.token, self.site, seen, slug))
        assert (after.version != before.version) == before.may_skip
        if before.may_skip:
            coming = [step.lesson.slug for step in before.to_come]
            assert [step.lesson.slug for step in after.to_come] == coming[1:]

    @rule(weekday=weekdays, hour=hours, zone=zone_names, times=clicks)
    def other_times(self, weekday: str, hour: int, zone: str, times: int) -> None:
        act = lambda seen: letters.times(self.token, self.site, seen, weekday, hour, zone)  # noqa: E731
        after = self.click(times, act)
        if after.to_come:
            assert times_of(after.enrolment, self.course) == (weekday, hour, zone)

    @rule(times=clicks)
    def begin_again(self, times: int) -> None:
        before = self.look()
        after = self.click(times, lambda seen: letters.begin_again(self.token, self.site, seen))
        if before.may_begin_again:
            assert len(after.to_come) == len(self.course.lessons)

    @rule(times=clicks)
    def take_back(self, times: int) -> None:
        before = self.look()
        after = self.click(times, lambda seen: letters.undo(self.token, self.site, seen))
        if before.may_undo and before.change is not None:
            at, sent = self.changed
            assert now(self.house) - at <= UNDO_LIFE
            assert len(self.sent) == sent
            assert after.version == before.change.seen
        else:
            assert after.version == before.version

    @precondition(lambda self: self.old_versions)
    @rule(data=st.data())
    def press_in_an_old_window(self, data: st.DataObject) -> None:
        before = self.look()
        version = data.draw(st.sampled_from(self.old_versions))
        if version != before.version:
            letters.begin_again(self.token, self.site, version)
            letters.resume(self.token, self.site, version)
            letters.undo(self.token, self.site, version)
            assert shown(self.look()) == shown(before)

    @rule(what=st.sampled_from(("PAUSE", "NEXT", "RESUME")))
    def write(self, what: str) -> None:
        """The same by mail, as routing does it."""
        zone = zones.zone(self.look().zone)
        wishes: dict[str, Wish] = {
            "PAUSE": Rest(rest_end(now(self.house), 2, zone)),
            "NEXT": NextNow(),
            "RESUME": GoOn(),
        }
        with self.house.database.transaction() as session:
            found = reader_of(session, self.site, Purpose.LETTERS, self.token, for_update=True)
            changes.make(session, self.house.catalogue, found, wishes[what], now(self.house))
        self.changed = (now(self.house), len(self.sent))
        self.rests_until = self.look().enrolment.paused_until

    @rule()
    def leave(self) -> None:
        unsubscribe.stop(self.goodbye, self.site, leaves=True)
        self.gone, self.rests_until = True, None
        assert self.look().to_come == []

    @rule()
    def come_back(self) -> None:
        with suppress(Trouble):
            unsubscribe.undo(self.goodbye, self.site, pressed=True)
        self.gone = self.look().enrolment.state == State.LEFT

    # What happens.

    @rule()
    def the_provider_refuses(self) -> None:
        self.provider.verdict = lambda _: TryLater("busy", HOUR)
        self.refusing = True

    @rule()
    def the_provider_takes_mail_again(self) -> None:
        self.provider.verdict, self.refusing = accept, False

    @rule(
        span=st.one_of(
            st.integers(0, 9).map(MINUTE.__mul__), st.integers(1, 30 * 24).map(HOUR.__mul__)
        )
    )
    def time_passes(self, span: timedelta) -> None:
        self.live_through(now(self.house) + span)

    @rule(span=st.integers(1, 20 * 24).map(HOUR.__mul__))
    def nobody_is_at_work(self, span: timedelta) -> None:
        go_to(self.house, now(self.house) + span)
        tick(self.house)
        self.collect()

    @invariant()
    def the_promise_keeps_the_laws(self) -> None:
        if not hasattr(self, "house"):
            return
        view = self.look()
        zone, gap = zones.zone(view.zone), timedelta(self.course.rules.minimum_gap_days)
        dates = [step.at for step in view.to_come if step.at is not None]
        for before, after in pairwise(dates):
            assert after.astimezone(zone).date() - before.astimezone(zone).date() >= gap
            self.at_her_hour(view, after)
        if self.sent and dates and not view.out_of_reach:
            last = self.sent[-1][2].astimezone(zone).date()
            assert dates[0].astimezone(zone).date() - last >= gap
        until = view.enrolment.paused_until
        assert until is None or all(until <= at for at in dates)
        shown = [step for step in view.steps if step.stand == Stand.SKIPPED]
        assert all(step.readable for step in shown)

    def at_her_hour(self, view: View, at: datetime) -> None:
        local = at.astimezone(zones.zone(view.zone))
        hours = [lesson.timing.hour for lesson in self.course.lessons]
        own, usual = view.enrolment.hour, [self.course.rules.hour]
        wanted = [own] if own is not None else usual + [hour for hour in hours if hour is not None]
        zone = zones.zone(view.zone)
        assert any(instant(local.date(), time(hour), zone) == at for hour in wanted)
        weekday = view.enrolment.weekday or self.course.rules.weekday
        assert WEEKDAYS[local.weekday()] == weekday

    # What comes of it.

    @property
    def provider(self) -> MemoryProvider:
        assert isinstance(self.house.provider, MemoryProvider)
        return self.house.provider

    def live_through(self, until: datetime) -> None:
        """Letter for letter, what comes until then is what the page says now."""
        view, begun = self.look(), len(self.sent)
        promised = [
            (step.lesson.slug, max(step.at, now(self.house)))
            for step in view.to_come
            if step.at is not None and step.at <= until
        ]
        certain = not self.refusing and not view.out_of_reach
        moment: datetime | None = now(self.house)
        while moment is not None:
            tick(self.house, moment)
            self.collect()
            moment = next_moment(self.house, until)
        tick(self.house, until)
        self.collect()
        if certain:
            assert [(slug, at) for _, slug, at in self.sent[begun:]] == promised

    def collect(self) -> None:
        """What has just gone out: each letter once a turn, in time, and to her who reads on."""
        for message in self.provider.sent:
            view, at, slug = self.look(), now(self.house), SLUGS[message.subject]
            assert not self.gone
            assert self.rests_until is None or self.rests_until <= at
            turn = view.enrolment.turn
            assert (turn, slug) not in [(turn, slug) for turn, slug, _ in self.sent]
            assert next(step for step in view.steps if step.lesson.slug == slug).stand == Stand.HAD
            if self.sent:
                zone = zones.zone(view.zone)
                days = at.astimezone(zone).date() - self.sent[-1][2].astimezone(zone).date()
                assert days.days >= self.course.rules.minimum_gap_days
            self.sent.append((turn, slug, at))
        self.provider.sent.clear()

    def teardown(self) -> None:
        if not hasattr(self, "house"):
            return
        self.the_provider_takes_mail_again()
        self.live_through(now(self.house) + LONG)
        view = self.look()
        # What a provider refuses for too long waits for the owner, and so does what follows it.
        if not self.gone and view.count(Stand.HELD_UP) == 0:
            assert view.enrolment.state == State.FINISHED
            assert view.count(Stand.HAD) + view.count(Stand.SKIPPED) == len(self.course.lessons)
        with self.house.database.snapshot() as session:
            assert not list(audit(session, self.house.catalogue, now(self.house)))


def next_moment(house: House, until: datetime) -> datetime | None:
    from scheduler.horizon import next_moment as after  # noqa: PLC0415

    with house.database.reading() as session:
        moment = after(session, now(house))
    return moment if moment is not None and moment <= until else None


TestReader = Reader.TestCase
TestReader.settings = settings(
    derandomize=True,
    deadline=None,
    max_examples=EXAMPLES,
    stateful_step_count=20,
    suppress_health_check=list(HealthCheck),
)
