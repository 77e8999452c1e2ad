"""What a reader's own file says is in words: no program's word of ours is left to her."""

import pytest

from app.file_words import VALUES, said
from course import due, wishes
from course.changes import UNDONE
from course.consents import Act, Means
from course.language import ENGLISH, language_of
from emails.inbound import CALLS, FOR_THE_OWNER, Verdict
from emails.suppression import Reason
from scheduler.outbox import State
from scheduler.reasons import Why

HERS = {verdict for verdict in Verdict if verdict not in FOR_THE_OWNER}
KINDS = {call.kind for call in (*due.CALLS, *CALLS)} | {"lesson"}


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("act", set(Act)),
        ("kind", KINDS),
        ("means", set(Means)),
        ("reason", {*Reason, *Why}),
        ("state", set(State)),
        ("verdict", HERS - {Verdict.ANSWER} | {Verdict.UNVERIFIED, Verdict.UNREADABLE}),
        ("wish", {wish.__name__ for wish in wishes.Wish.__args__} | {UNDONE}),
    ],
)
def test_each_value_that_a_field_may_have_has_words(field: str, values: set[str]) -> None:
    assert set(VALUES[field]) == {str(value) for value in values}


def test_days_hours_and_wishes_are_said_as_a_person_says_them() -> None:
    german = language_of("de")
    assert said("weekday", "tuesday", german) == "Dienstag"
    assert said("hour", 8, ENGLISH) == "8 in the morning"
    assert said("wish", "Rest 2026-12-08 09:00:00+00:00", german) == "Eine Pause"


def test_what_is_no_word_of_ours_stays_as_it_is() -> None:
    assert said("reason", "550 mailbox full", language_of("de")) == "550 mailbox full"
    assert said("provider", "resend", ENGLISH) == "resend"
