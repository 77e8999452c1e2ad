"""Where a reader stands, in a sentence."""

from datetime import datetime

from course import spoken
from course.enrolments import Enrolment, State
from course.language import Language, mark

SENTENCES = {
    # All of them, or those that came before a session ended them.
    State.FINISHED: mark(
        "No more letters are to come. Those you have had stay here to be read again."
    ),
    State.LEFT: mark("You have left, so no letters come."),
    State.PENDING: mark("Your address isn’t confirmed yet, so no letters come for now."),
}


def coming(enrolment: Enrolment, now: datetime, language: Language) -> str:
    """What comes next for this reader, and when."""
    state, due_at = State(enrolment.state), enrolment.next_due_at
    if state in SENTENCES:
        return language.say(SENTENCES[state])
    if state == State.PAUSED:
        return " ".join([_rests(enrolment, language), *_date(enrolment, language)])
    if due_at is None or due_at <= now:
        return language.say("%(letter)s is on its way to you.", letter=_which(enrolment, language))
    return " ".join(_date(enrolment, language))


def _rests(enrolment: Enrolment, language: Language) -> str:
    if enrolment.paused_until is None:
        return language.say("Your letters rest for now.")
    zone = enrolment.subscriber.zone
    day = spoken.local_day(enrolment.paused_until, zone, language)
    return language.say("Your letters rest until %(day)s.", day=day)


def _date(enrolment: Enrolment, language: Language) -> list[str]:
    """One sentence, or none while a letter is still being taken back."""
    if enrolment.next_due_at is None:
        return []
    when = spoken.moment(enrolment.next_due_at, enrolment.subscriber.zone, language)
    which = _which(enrolment, language)
    return [language.say("%(letter)s comes on %(moment)s.", letter=which, moment=when)]


def _which(enrolment: Enrolment, language: Language) -> str:
    if enrolment.last_sent_at is None:
        return language.say("The first letter")
    return language.say("The next letter")
