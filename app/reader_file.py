"""Everything kept of one reader as one file: a page to read, and in it the same for programs."""

from datetime import datetime
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app import file_words
from app.bootstrap import House
from app.file_words import LABELS, TITLES
from app.web.pages import TEMPLATES
from course import spoken, zones
from course.language import Language
from emails import speaking
from emails.booking_tools.registry import title_of

FILE_NAME = "everything-of-yours.html"
# What is told in sentences on top.
ABOUT_HER = ("email", "name", "timezone", "since", "courses")


def as_file(house: House, found: dict[str, Any]) -> str:
    """One HTML file from what `export` has found; needs nothing else to be read.

    In the language of her first course.
    """
    zone: str = found["timezone"]
    language = house.catalogue.language(next((one["course"] for one in found["courses"]), ""))
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    speaking.teach(templates)
    templates.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "indent": 1}
    return templates.get_template("everything.html").render(
        language=language,
        found=found,
        owner=house.settings.owner.name,
        made=_moment(house.clock.now(), zone, language),
        since=_moment(datetime.fromisoformat(found["since"]), zone, language),
        zone=spoken.zone_name(zone, language),
        courses=[(_title(house, one["course"]), one["coming"]) for one in found["courses"]],
        sections=[
            (language.say(TITLES.get(name, name)), _rows(house, found[name], zone, language))
            for name in dict.fromkeys([*TITLES, *found])
            if name not in ABOUT_HER and found.get(name)
        ],
    )


def _rows(
    house: House, rows: list[dict[str, Any]], zone: str, language: Language
) -> list[list[tuple[str, str, str]]]:
    """Name, label and value as a person reads them: instants on her own clock, nothing empty."""
    return [
        [
            (
                name,
                language.say(LABELS.get(name, name)),
                _said(house, row, name, value, zone, language),
            )
            for name, value in row.items()
            if value is not None
        ]
        for row in rows
    ]


def _said(
    house: House, row: dict[str, Any], name: str, value: Any, zone: str, language: Language
) -> str:
    if name == "course":
        return _title(house, value)
    if name == "lesson":
        course = house.catalogue.get(row.get("course", ""))
        lesson = course.by_slug.get(value) if course else None
        return lesson.title if lesson else str(value)
    if name == "tool":
        return title_of(value)
    if isinstance(value, bool):
        return language.say("yes") if value else language.say("no")
    if name.endswith(("_at", "_until")) or name == "at":
        return _moment(datetime.fromisoformat(value), zone, language)
    if name == "kind" and (kind := house.diary.kinds.get(value)):
        return kind.name
    return file_words.said(name, value, language)


def _title(house: House, slug: str) -> str:
    course = house.catalogue.get(slug)
    return course.title if course else slug


def _moment(at: datetime, zone: str, language: Language) -> str:
    """Such as "Tuesday, 3 November 2026, 08:00"."""
    local = at.astimezone(zones.zone(zone))
    return spoken.at_clock(local, language, spoken.DAY_AND_YEAR)
