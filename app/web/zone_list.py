"""The time zones as a list to choose from, by region."""

from functools import cache

from course import zones

Choice = tuple[str, str]


def grouped(chosen: str) -> list[tuple[str, list[Choice]]]:
    """(region, [(zone, what to read)]), with the chosen one first when no region holds it."""
    if chosen in zones.zone_names():
        return _regions()
    return [("Chosen", [(chosen, chosen.replace("_", " "))]), *_regions()]


@cache
def _regions() -> list[tuple[str, list[Choice]]]:
    regions: dict[str, list[Choice]] = {}
    for name in zones.zone_names():
        region, _, place = name.partition("/")
        regions.setdefault(region, []).append((name, place.replace("_", " ").replace("/", ", ")))
    return list(regions.items())
