"""A reader's pace in sentences: where she is, what comes when, and what a change means for her."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from app.web import standing
from app.web.pace_view import Stand, Step, View
from course import spoken
from course.changes import UNDONE, Change
from course.enrolments import State
from course.language import Language, language_of, mark
from course.wishes import BeginAgain, GoOn, NextNow, Rest, SkipNext, Times, times_of

NO_MORE = mark("There are no more to come.")
ENDED_BY_SESSION = mark("They ended when you booked your session, so that there is room for it.")


class Said(StrEnum):
    """Why nothing was done, as a page's address says it."""

    STALE = "stale"
    REFUSED = "refused"
    DAY = "day"
    TOO_LATE = "too-late"


SENTENCES = {
    Said.STALE: mark(
        "Something has changed since that page was opened, so nothing was done. This is how it "
        "stands now; press again if you still want it."
    ),
    Said.REFUSED: mark("Nothing was changed: it is so already, or can’t be just now."),
    Said.DAY: mark(
        "Nothing was changed. A rest can end on any day from tomorrow on, within a year."
    ),
    Said.TOO_LATE: mark(
        "Nothing was changed: that can’t be taken back any more. This is how it stands."
    ),
}
STANDS = {
    Stand.SKIPPED: mark("skipped"),
    Stand.ON_ITS_WAY: mark("on its way"),
    Stand.HELD_UP: mark("held up"),
}


def where(view: View) -> str:
    """How far she has come."""
    language = _language(view)
    match view.enrolment.state:
        case State.LEFT | State.PENDING:
            return language.say(standing.SENTENCES[State(view.enrolment.state)])
        case State.FINISHED if view.ended_by_session:
            return f"{_had(view)} {language.say(ENDED_BY_SESSION)}"
        case State.FINISHED:
            return f"{_had(view)} {language.say(NO_MORE)}"
    return _had(view)


def coming(view: View) -> str:
    """What comes next, and when; nothing where nothing does."""
    step, language = view.next_step, _language(view)
    if step is None:
        return ""
    if view.resting:
        rests = language.say("Your letters rest until %(day)s.", day=_rest_ends(view))
        return " ".join([rests, *_date(view, step)])
    which = _which(view, step)
    if step.stand == Stand.HELD_UP:
        return language.say(
            "%(letter)s is held up on our side. It comes as soon as that is mended.", letter=which
        )
    if step.stand == Stand.ON_ITS_WAY or step.at is None or step.at <= view.now:
        return language.say("%(letter)s is on its way to you.", letter=which)
    return " ".join(_date(view, step))


def changed(view: View, change: Change) -> str:
    """What her last wish has made of her letters."""
    name, _, about = change.wish.partition(" ")
    return " ".join(part for part in (CHANGED[name](view, about), coming(view)) if part)


def when(view: View, step: Step) -> str:
    """A letter's date in the list; the sentence above it tells the hour."""
    language, stand = _language(view), step.stand
    if stand == Stand.COMING and step.at is not None and step.at <= view.now:
        stand = Stand.ON_ITS_WAY
    if stand in {Stand.HAD, Stand.COMING} and step.at is not None:
        return spoken.local_day(step.at, view.zone, language)
    return language.say(STANDS[stand]) if stand in STANDS else ""


def times(view: View) -> str:
    """Such as "They come on Tuesdays at 8 in the morning, Lisbon time."."""
    return _language(view).say("They come %(when)s, %(zone)s.", **_times(view))


def send_sooner(view: View, soonest: datetime) -> str:
    """What the button says that brings the next letter sooner."""
    language = _language(view)
    if soonest <= view.now:
        return language.say("Send it now")
    return language.say("Send it on %(day)s", day=spoken.local_day(soonest, view.zone, language))


def _language(view: View) -> Language:
    return language_of(view.course.language)


def _had(view: View) -> str:
    language = _language(view)
    had, skipped, of = view.count(Stand.HAD), view.count(Stand.SKIPPED), len(view.steps)
    count = spoken.number(of, language)
    if had == of:
        return language.plural(
            "You have had it.", "You have had all %(number)s letters.", of, number=count
        )
    had_so_far = (
        language.plural(
            "You have had one of %(of)s letters.",
            "You have had %(had)s of %(of)s letters.",
            had,
            had=spoken.number(had, language),
            of=count,
        )
        if had
        else _none(view, count)
    )
    if not skipped:
        return had_so_far
    passed_by = language.plural(
        "You have skipped one.",
        "You have skipped %(skipped)s.",
        skipped,
        skipped=spoken.number(skipped, language),
    )
    return f"{had_so_far} {passed_by}"


def _none(view: View, count: str) -> str:
    language, of = _language(view), len(view.steps)
    if view.enrolment.turn > 1:
        return language.plural(
            "The letter hasn’t come yet this time.",
            "None of the %(number)s letters has come yet this time.",
            of,
            number=count,
        )
    return language.plural(
        "The letter hasn’t come yet.",
        "None of the %(number)s letters has come yet.",
        of,
        number=count,
    )


def _which(view: View, step: Step) -> str:
    """By its place in the course, where the letters come in its order; begins a sentence."""
    language = _language(view)
    in_order = step.number == view.count(Stand.HAD) + view.count(Stand.SKIPPED) + 1
    place = spoken.ordinal(step.number, language) if in_order else None
    return language.say("The %(third)s", third=place) if place else language.say("The next")


def _date(view: View, step: Step) -> list[str]:
    if step.at is None:
        return []
    language = _language(view)
    return [
        language.say(
            "%(letter)s comes on %(moment)s.",
            letter=_which(view, step),
            moment=spoken.moment(step.at, view.zone, language),
        )
    ]


def _rest_ends(view: View) -> str:
    until = view.enrolment.paused_until
    assert until is not None  # or she wouldn't rest
    return spoken.local_day(until, view.zone, _language(view))


def _times(view: View) -> dict[str, str]:
    weekday, hour, zone = times_of(view.enrolment, view.course)
    language = _language(view)
    return {
        "when": spoken.weekly(weekday, hour, language),
        "zone": spoken.zone_name(zone, language),
    }


def _rests(_view: View, _about: str) -> str:
    """What `coming` says of a rest is all there is to say."""
    return ""


def _skipped(view: View, slug: str) -> str:
    language, lesson = _language(view), view.course.by_slug.get(slug)
    if lesson is None:
        return language.say("The letter is skipped. You can read it here all the same.")
    return language.say(
        "“%(title)s” is skipped. You can read it here all the same.", title=lesson.title
    )


def _at_new_times(view: View, _about: str) -> str:
    return _language(view).say("From now on your letters come %(when)s, %(zone)s.", **_times(view))


def _said(sentence: str) -> Callable[[View, str], str]:
    return lambda view, _about: _language(view).say(sentence)


CHANGED: dict[str, Callable[[View, str], str]] = {
    Rest.__name__: _rests,
    GoOn.__name__: _said(mark("Your letters go on.")),
    NextNow.__name__: _said(mark("Sooner, as you wish.")),
    SkipNext.__name__: _skipped,
    Times.__name__: _at_new_times,
    BeginAgain.__name__: _said(mark("You begin again.")),
    UNDONE: _said(mark("It is as before.")),
}
