"""One file, four programs, one instant: wherever on earth, also in the night the clock jumps."""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import compress, pairwise
from zoneinfo import ZoneInfo

import pytest

from course.slots import Slot
from emails import calendar
from emails.message import Address
from tests.conftest import or_say_why
from tests.support.calendar_readers import READERS

ZONES = (
    # On the half-hour and the three quarters.
    *("Asia/Kolkata", "Asia/Kathmandu", "Asia/Tehran", "Asia/Kabul", "Asia/Yangon"),
    *("Australia/Adelaide", "Australia/Darwin", "Australia/Eucla", "Pacific/Chatham"),
    *("Pacific/Marquesas", "America/St_Johns"),
    # A clock that jumps by half an hour; summer time that ends for Ramadan; at midnight; in winter.
    *("Australia/Lord_Howe", "Africa/Casablanca", "Asia/Beirut", "Africa/Cairo", "Europe/Dublin"),
    # On either side of the date line.
    *("Pacific/Kiritimati", "Pacific/Apia", "Pacific/Tongatapu", "Pacific/Pago_Pago"),
    *("Pacific/Honolulu", "Pacific/Auckland"),
    # South of the equator.
    *("America/Santiago", "America/Asuncion", "America/Sao_Paulo", "Africa/Johannesburg"),
    # Where most readers are.
    *("Europe/London", "Europe/Berlin", "Europe/Lisbon", "Europe/Istanbul", "America/New_York"),
    *("America/Los_Angeles", "America/Phoenix", "America/Havana", "Asia/Tokyo", "Asia/Jerusalem"),
    "UTC",
)
YEAR = 2027
HOUR = timedelta(hours=1)
HALF_HOUR = timedelta(minutes=30)
SESSION = timedelta(minutes=50)


@cache
def jumps(name: str) -> list[datetime]:
    """The hours of the year after which this zone's clock tells another time than before."""
    zone = ZoneInfo(name)
    hours = [datetime(YEAR, 1, 1, tzinfo=UTC) + n * HOUR for n in range(366 * 24)]
    offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
    changed = (before != after for before, after in pairwise(offsets))
    return list(compress(hours[1:], changed))


@cache
def beginnings() -> dict[tuple[str, str], datetime]:
    """When sessions begin, by zone and local time, both times of an hour that comes twice."""
    return {
        (name, at.astimezone(zone).isoformat()): at.astimezone(zone)
        for name in ZONES
        for zone in [ZoneInfo(name)]
        for at in (
            datetime(YEAR, 1, 15, 9, tzinfo=zone),
            datetime(YEAR, 7, 15, 9, tzinfo=zone),
            *(jump + n * HALF_HOUR for jump in jumps(name) for n in range(-3, 3)),
        )
    }


@cache
def files() -> list[bytes]:
    return [
        calendar.invitation(
            uid=f"{n}@practice.example",
            slot=Slot(at, at.astimezone(UTC) + SESSION),
            title="Session with Your practice",
            place="1 Example Street, second floor; ring twice, and wait — the stairs are steep",
            organizer=Address("owner@practice.example", "Your practice"),
            attendee="zoe@example.com",
            attendee_name="Zoë “Zo” Müller, of Example City",
            stamped_at=datetime(2026, 11, 2, 12, tzinfo=UTC),
        ).content
        for n, at in enumerate(beginnings().values())
    ]


def test_there_are_37_zones_and_in_many_the_clock_jumps() -> None:
    assert len(set(ZONES)) == 37
    assert sum(1 for name in ZONES if jumps(name)) >= 14


@pytest.mark.parametrize("name", READERS)
def test_every_program_reads_the_same_instant(name: str) -> None:
    read = or_say_why(f"of calendar files with {name}", lambda: READERS[name](files()))
    expected = [(int(at.timestamp()), int(at.timestamp()) + 3000) for at in beginnings().values()]
    assert dict(zip(beginnings(), read, strict=True)) == dict(
        zip(beginnings(), expected, strict=True)
    )
