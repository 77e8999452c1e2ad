"""Time zones, always from the tzdata package, so that every machine has the same rules."""

import zoneinfo
from functools import cache
from zoneinfo import ZoneInfo

zoneinfo.reset_tzpath(to=())


@cache
def zone_names() -> tuple[str, ...]:
    """Every IANA zone a reader can choose, sorted; `Etc/` and other machine names left out."""
    places = (name for name in _all_names() if "/" in name)
    return tuple(sorted(name for name in places if not name.startswith(("Etc/", "SystemV/"))))


def is_zone(name: str) -> bool:
    return name in _all_names()


def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@cache
def _all_names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
