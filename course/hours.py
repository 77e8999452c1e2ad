"""Spans of wall time within a day, as people write them."""

from datetime import time

Hours = tuple[time, time]


def parse_hours(words: str) -> Hours:
    """From "09:00-12:00". Raises ValueError, with the cure, when it isn't that or ends first."""
    opens, _, closes = words.partition("-")
    try:
        hours = time.fromisoformat(opens), time.fromisoformat(closes)
    except ValueError:
        hours = time.max, time.min
    if hours[0] >= hours[1]:
        raise ValueError(f"{words!r} isn't a span of hours; write one such as 09:00-12:00")
    return hours
