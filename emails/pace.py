"""How a reader's letters stand, in the few words that answer her PAUSE, NEXT or RESUME."""

from dataclasses import dataclass
from datetime import datetime

from course import spoken
from course.language import Language, mark

HAD_ALL = mark("You have had all the letters. There are no more to come.")
ENDED_BY_SESSION = mark(
    "Your letters ended when you booked your session. On the page below you can let them go on."
)
ON_ITS_WAY = mark("The next letter is on its way to you.")
HELD_UP = mark("The next letter is held up on our side. It comes as soon as that is mended.")


@dataclass(frozen=True)
class Pace:
    """`next_at` is when the next letter comes, where there is a date for it."""

    zone: str
    rests_until: datetime | None = None
    next_at: datetime | None = None
    on_its_way: bool = False
    finished: bool = False
    ended_by_session: bool = False


def words(pace: Pace, language: Language) -> str:
    if pace.ended_by_session:
        return language.say(ENDED_BY_SESSION)
    if pace.finished:
        return language.say(HAD_ALL)
    if pace.rests_until is not None:
        day = spoken.local_day(pace.rests_until, pace.zone, language)
        return language.say("Your letters rest until %(day)s. They go on by themselves.", day=day)
    if pace.on_its_way:
        return language.say(ON_ITS_WAY)
    if pace.next_at is None:
        return language.say(HELD_UP)
    day = spoken.local_day(pace.next_at, pace.zone, language)
    return language.say("The next letter comes on %(day)s.", day=day)
