"""Where a reader stands, in a sentence."""

from datetime import datetime

from app.web import words
from course.enrolments import Enrolment, State

SENTENCES = {
    State.FINISHED: "You have had all the letters. They stay here for you to read again.",
    State.LEFT: "You have left, so no letters come.",
    State.PENDING: "Your address isn’t confirmed yet, so no letters come for now.",
}


def coming(enrolment: Enrolment, now: datetime) -> str:
    """What comes next for this reader, and when."""
    state, due_at = State(enrolment.state), enrolment.next_due_at
    if state in SENTENCES:
        return SENTENCES[state]
    if state == State.PAUSED:
        return " ".join([f"Your letters rest{_until(enrolment)}.", *_date(enrolment)])
    if due_at is None or due_at <= now:
        return f"{_which(enrolment)} is on its way to you."
    return " ".join(_date(enrolment))


def _until(enrolment: Enrolment) -> str:
    if enrolment.paused_until is None:
        return " for now"
    return f" until {words.local_day(enrolment.paused_until, enrolment.subscriber.zone)}"


def _date(enrolment: Enrolment) -> list[str]:
    """One sentence, or none while a letter is still being taken back."""
    if enrolment.next_due_at is None:
        return []
    when = words.moment(enrolment.next_due_at, enrolment.subscriber.zone)
    return [f"{_which(enrolment)} comes on {when}."]


def _which(enrolment: Enrolment) -> str:
    return "The first letter" if enrolment.last_sent_at is None else "The next letter"
