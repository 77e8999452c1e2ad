"""The owner's own calendars, looked into now and then for the times at which she is busy."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from zoneinfo import ZoneInfo

from course import busy
from course.database import Database
from course.slots import Slot
from emails.agenda import busy_times
from emails.agenda_hosts import PATIENCE_SECONDS, AgendaHost
from emails.errors import CalendarClosed
from scheduler.clock import steady

BEFORE = timedelta(days=1)
# Past the last time that can be booked, so that what is known holds when it can't be read for long.
BEYOND = timedelta(days=14)


@dataclass(frozen=True)
class Agendas:
    """`hosts` by a keyed hash of their address; `is_ours` tells our sessions' UIDs.

    Whole days and times without a zone are those of `zone`.
    """

    database: Database
    hosts: Mapping[str, AgendaHost]
    zone: ZoneInfo
    horizon: timedelta
    is_ours: Callable[[str], bool]

    def spans(
        self, host: AgendaHost, now: datetime, seconds: float = PATIENCE_SECONDS
    ) -> list[Slot]:
        """When she is busy, by this calendar. Raises CalendarClosed."""
        window = Slot(now - BEFORE, now + self.horizon + BEYOND)
        return busy_times(host.read(window, steady, seconds), window, self.zone, self.is_ours)


def read_agendas(agendas: Agendas, now: datetime, stop: Event) -> int:
    """Each that is due; returns how many there were. What goes wrong is noted with the calendar.

    Once `stop` is set, the one at hand is the last.
    """
    with agendas.database.reading() as session:
        if busy.is_settled(session, agendas.hosts, now):
            return 0
    with agendas.database.transaction() as session:
        busy.keep_only(session, agendas.hosts)
        due = [name for name in agendas.hosts if busy.claim(session, name, now)]
    for name in due:
        if not stop.is_set():
            _read(agendas, name, now)
    return len(due)


def _read(agendas: Agendas, name: str, now: datetime) -> None:
    try:
        spans = agendas.spans(agendas.hosts[name], now)
    except CalendarClosed as closed:
        with agendas.database.transaction() as session:
            busy.stumble(session, name, str(closed))
        return
    with agendas.database.transaction() as session:
        busy.record(session, name, spans, now)
