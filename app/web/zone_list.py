"""The time zones as a list to choose from, by region."""

from functools import cache

from babel.dates import get_timezone_location
from markupsafe import Markup

from course import zones
from course.language import Language, mark

Choice = tuple[str, str]
REGIONS = {
    "Africa": mark("Africa"),
    "America": mark("America"),
    "Antarctica": mark("Antarctica"),
    "Arctic": mark("Arctic"),
    "Asia": mark("Asia"),
    "Atlantic": mark("Atlantic"),
    "Australia": mark("Australia"),
    "Europe": mark("Europe"),
    "Indian": mark("Indian Ocean"),
    "Pacific": mark("Pacific"),
}


def options(chosen: str, language: Language) -> Markup:
    """As they stand in a select, with the chosen one first when no region holds it."""
    regions = _regions(language)
    value = Markup('value="{}"').format(chosen)
    if value in regions:
        return Markup(regions.replace(value, Markup("{} selected").format(value), 1))  # noqa: S704
    other = _group(language.say("Chosen"), [(chosen, chosen.replace("_", " "))])
    return Markup(other.replace(value, Markup("{} selected").format(value))) + regions  # noqa: S704


@cache
def _regions(language: Language) -> Markup:
    """Hundreds of options on every form, so they are written once; sorted as they read."""
    return Markup("\n").join(
        _group(language.say(shown), sorted(_places(region, language), key=_as_read))
        for region, shown in REGIONS.items()
    )


def _group(region: str, places: list[Choice]) -> Markup:
    option = Markup('<option value="{}">{}</option>')
    written = Markup("\n").join(option.format(zone, place) for zone, place in places)
    return Markup('<optgroup label="{}">\n{}\n</optgroup>\n').format(region, written)


def _places(region: str, language: Language) -> list[Choice]:
    """One that is known by two names is read by the older one the second time."""
    found: dict[str, str] = {}
    for zone in zones.zone_names():
        if zone.startswith(f"{region}/"):
            place = get_timezone_location(zone, locale=language.locale, return_city=True)
            own = zone.rpartition("/")[2].replace("_", " ")
            found[own if place in found else place] = zone
    return [(zone, place) for place, zone in found.items()]


def _as_read(choice: Choice) -> str:
    return choice[1].casefold()
