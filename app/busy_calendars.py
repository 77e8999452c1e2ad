"""Whether the owner's own calendars can be read."""

from app.bootstrap import House
from app.findings import CALL_SECONDS, Finding, ok, wrong
from course import busy
from emails.agenda_hosts import AgendaHost
from emails.errors import CalendarClosed

WHAT = "calendar"
CURE = "What it said last goes on holding. Its address is under [booking.busy]."


def calendar(house: House, host: AgendaHost) -> list[Finding]:
    try:
        spans = house.agendas.spans(host, house.clock.now(), CALL_SECONDS)
    except CalendarClosed as closed:
        return [wrong(WHAT, str(closed), CURE)]
    return [ok(WHAT, f"it can be read; busy times ahead: {len(busy.merged(spans))}.")]
