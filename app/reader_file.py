"""Everything kept of one reader as one file: a page to read, and in it the same for programs."""

from datetime import datetime
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.bootstrap import House
from app.web.pages import TEMPLATES
from course import spoken, zones
from course.language import Language, mark
from emails import speaking
from emails.booking_tools.registry import title_of

FILE_NAME = "everything-of-yours.html"
# In this order; what is missing here comes last, under its own name.
TITLES = {
    "reflections": mark("Your words"),
    "answers": mark("What was answered to you"),
    "drafts": mark("What you have begun to write"),
    "wishes": mark("Your courses"),
    "letters_had": mark("Letters you have had"),
    "letters_skipped": mark("Letters you have skipped"),
    "last_change": mark("The last change of your pace"),
    "sessions": mark("Your sessions"),
    "consents": mark("What you agreed to, in the words you were shown"),
    "suppressed": mark("Where you asked for silence"),
    "received": mark("Emails from you"),
    "emails": mark("Every email to you"),
    "receipts": mark("What became of them, as far as our provider told us"),
    "trial_mailbox": mark("Emails in the trial mailbox"),
}
# Every name in what `export` finds.
LABELS = {
    "course": mark("Course"),
    "lesson": mark("Lesson"),
    "turn": mark("Turn"),
    "weekday": mark("Weekday"),
    "hour": mark("Hour"),
    "paused_until": mark("Paused until"),
    "confirmed_at": mark("Confirmed"),
    "finished_at": mark("Finished"),
    "left_at": mark("Left"),
    "sent_at": mark("Sent"),
    "answered_at": mark("Answered"),
    "skipped_at": mark("Skipped"),
    "wish": mark("Wish"),
    "wished_at": mark("Wished"),
    "received_at": mark("Received"),
    "changed_at": mark("Changed"),
    "by_email": mark("By email"),
    "shared": mark("Shared"),
    "words": mark("Words"),
    "written_at": mark("Written"),
    "saved_at": mark("Saved"),
    "kind": mark("Kind"),
    "name": mark("Name"),
    "zone": mark("Zone"),
    "starts_at": mark("Starts"),
    "ends_at": mark("Ends"),
    "booked_at": mark("Booked"),
    "moved_at": mark("Moved"),
    "cancelled_at": mark("Cancelled"),
    "note": mark("Note"),
    "verdict": mark("Verdict"),
    "accepted_at": mark("Accepted"),
    "delivered_at": mark("Delivered"),
    "deferred_at": mark("Deferred"),
    "soft_bounced_at": mark("Soft bounced"),
    "hard_bounced_at": mark("Hard bounced"),
    "complained_at": mark("Complained"),
    "rejected_at": mark("Rejected"),
    "unsubscribed_at": mark("Unsubscribed"),
    "subject": mark("Subject"),
    "act": mark("Act"),
    "wording": mark("Wording"),
    "means": mark("Means"),
    "at": mark("At"),
    "reason": mark("Reason"),
    "state": mark("State"),
    "due_at": mark("Due"),
    "planned_at": mark("Planned"),
    "settled_at": mark("Settled"),
    "provider": mark("Provider"),
    "provider_id": mark("Provider id"),
}
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
    return str(value)


def _title(house: House, slug: str) -> str:
    course = house.catalogue.get(slug)
    return course.title if course else slug


def _moment(at: datetime, zone: str, language: Language) -> str:
    """Such as "Tuesday, 3 November 2026, 08:00"."""
    local = at.astimezone(zones.zone(zone))
    return spoken.at_clock(local, language, spoken.DAY_AND_YEAR)
