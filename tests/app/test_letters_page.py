"""A reader's own page: where she is, what she changes, and what is hers."""

import html
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest

from app.bootstrap import House
from app.reader_export import export
from app.web import pace_view
from course import enrolments
from course.changes import UNDO_LIFE
from course.language import ENGLISH
from course.skips import skipped
from course.spoken import number
from emails.links import Purpose
from scheduler.planning import plan_due
from tests.support.houses import COURSE, TUESDAY, enrolment, go_to, now, tick
from tests.support.letters import PRESSED
from tests.support.lives import FOR_HERSELF, known, live
from tests.support.pages import press, version

ANA = "ana@example.com"
WEEK = timedelta(weeks=1)
SECOND = "what-gives-it-away"


@pytest.fixture
def own(house: House, reader: int) -> str:
    return path(house, Purpose.LETTERS, reader)


def path(house: House, purpose: Purpose, reader: int) -> str:
    return f"/{purpose}/{house.tokens.sign(purpose, enrolment(house, reader).code)}"


def read(page: str) -> str:
    """The words of a page, in one line."""
    main = page[page.index("<main>") : page.index("</main>")]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def test_it_says_where_she_is_and_what_comes_when(pages: httpx.Client, own: str) -> None:
    words = read(pages.get(own).text)
    assert (
        "You have had one of six letters. The second comes on Tuesday, 10 November, at 8 in the "
        "morning, Berlin time."
    ) in words
    assert "Hard to see from inside Tuesday, 3 November" in words
    assert "What helps Tuesday, 8 December" in words


def test_each_date_shown_is_the_one_its_letter_is_sent_at(
    pages: httpx.Client, house: House, reader: int, own: str
) -> None:
    press(pages, own, "times", weekday="sunday", hour="21", timezone="America/New_York")
    with house.database.reading() as session:
        found = enrolments.by_id(session, reader)
        assert found is not None
        course = house.catalogue[found.course]
        view = pace_view.look(session, found, course, now(house))
    words = read(pages.get(own).text)
    assert "From now on your letters come on Sundays at 9 in the evening, New York time." in words
    assert len(view.to_come) == 5
    for place, step in enumerate(view.to_come, 2):
        assert step.at is not None
        tick(house, step.at - timedelta(seconds=1))
        assert f"have had {number(place - 1, ENGLISH)} of" in read(pages.get(own).text)
        # A moment late, as in life, though her hour is the last of the kind ones.
        tick(house, step.at + timedelta(seconds=1))
    assert "You have had all six letters." in read(pages.get(own).text)


@pytest.mark.parametrize(
    ("act", "fields", "said"),
    [
        (
            *("pause", {"weeks": "2"}),
            "Your letters rest until Tuesday, 17 November. The second comes on Tuesday, 17 Nov",
        ),
        (
            *("pause", {"until": "2026-12-24"}),
            "Your letters rest until Thursday, 24 December. The second comes on Tuesday, 29 Dec",
        ),
        ("next", {}, "Sooner, as you wish. The second comes on Sunday, 8 November, at 8"),
        (
            *("skip", {"lesson": SECOND}),
            "“What gives it away” is skipped. You can read it here all the same. The third comes",
        ),
        ("again", {}, "You begin again. The first comes on Tuesday, 10 November, at 8"),
    ],
)
def test_each_change_is_told_with_its_consequence_and_can_be_undone(
    pages: httpx.Client, own: str, act: str, fields: dict[str, str], said: str
) -> None:
    before = version(pages.get(own).text)
    words = read(press(pages, own, act, **fields).text)
    assert said in words
    assert "Undo" in words
    undone = press(pages, own, "undo")
    assert "It is as before. The second comes on Tuesday, 10 November" in read(undone.text)
    assert "Undo" not in read(undone.text)
    assert version(undone.text) == before


def test_after_ten_minutes_it_is_no_longer_offered(
    pages: httpx.Client, house: House, own: str
) -> None:
    press(pages, own, "pause", weeks="2")
    go_to(house, now(house) + UNDO_LIFE + timedelta(seconds=1))
    assert "Undo" not in read(pages.get(own).text)
    assert "can’t be taken back any more" in read(press(pages, own, "undo").text)
    assert "rest until Tuesday, 17 November" in read(pages.get(own).text)


def test_many_hands_on_one_button_press_it_once(
    pages: httpx.Client, house: House, reader: int, own: str
) -> None:
    seen = version(pages.get(own).text)
    form = {"seen": seen, "lesson": SECOND, **PRESSED}
    with ThreadPoolExecutor(6) as hands:
        answers = list(hands.map(lambda _: pages.post(f"{own}/skip", data=form), range(6)))
    assert {"is skipped" in read(answer.text) for answer in answers} == {True}
    with house.database.reading() as session:
        assert skipped(session, reader, 1) == {SECOND}


def test_a_window_left_open_changes_nothing_and_says_so(pages: httpx.Client, own: str) -> None:
    old = version(pages.get(own).text)
    press(pages, own, "pause", weeks="4")
    answer = pages.post(f"{own}/skip", data={"seen": old, "lesson": SECOND, **PRESSED})
    assert "nothing was done" in read(answer.text)
    assert "Undo" not in read(answer.text)
    assert "rest until Tuesday, 1 December" in read(answer.text)


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        ("pause", {"until": "2026-12-24"}),
        *((act, {}) for act in ("next", "again", "resume", "undo")),
        ("skip", {"lesson": SECOND}),
        ("times", {"weekday": "friday", "hour": "9", "timezone": "Asia/Tokyo"}),
    ],
)
def test_a_form_that_nobody_pressed_changes_nothing(
    pages: httpx.Client, own: str, act: str, fields: dict[str, str]
) -> None:
    before = version(pages.get(own).text)
    answer = pages.post(f"{own}/{act}", data={"seen": before, **fields})
    assert version(answer.text) == before


@pytest.mark.parametrize("until", ["", "soon", "2026-11-03", "2028-01-01", "9999-12-31"])
def test_a_day_that_cannot_be_is_refused_in_a_sentence(
    pages: httpx.Client, own: str, until: str
) -> None:
    assert "on any day from tomorrow on" in read(press(pages, own, "pause", until=until).text)


def test_what_is_skipped_can_be_read_and_what_is_to_come_cannot(
    pages: httpx.Client, own: str
) -> None:
    assert pages.get(f"{own}/{SECOND}").status_code == 404
    press(pages, own, "skip", lesson=SECOND)
    assert pages.get(f"{own}/{SECOND}").status_code == 200
    assert pages.get(f"{own}/what-helps").status_code == 404


def test_a_letter_on_its_way_is_not_called_back(
    pages: httpx.Client, house: House, own: str
) -> None:
    go_to(house, TUESDAY + WEEK)
    plan_due(house.database, house.catalogue, now(house))
    page = pages.get(own).text
    assert "The second is on its way to you." in read(page)
    assert "Skip it" not in page
    before = version(page)
    assert "can’t be just now" in read(press(pages, own, "skip", lesson=SECOND).text)
    assert version(pages.get(own).text) == before


def test_who_takes_her_goodbye_back_is_not_offered_sooner_what_is_on_its_way(
    pages: httpx.Client, house: House, reader: int, own: str
) -> None:
    go_to(house, TUESDAY + WEEK)
    plan_due(house.database, house.catalogue, now(house))
    go_to(house, now(house) + timedelta(hours=1))
    leaving = path(house, Purpose.UNSUBSCRIBE, reader)
    pages.post(leaving, data=PRESSED)
    pages.post(f"{leaving}/undo", data=PRESSED)
    page = pages.get(own).text
    assert "The second is on its way to you." in read(page)
    assert "Send it" not in page
    assert "can’t be just now" in read(press(pages, own, "next").text)
    assert version(pages.get(own).text) == version(page)


def test_everything_is_one_file_to_read_and_for_programs(pages: httpx.Client, house: House) -> None:
    yours = path(house, Purpose.YOUR_DATA, live(house, ANA))
    assert "attachment" not in str(pages.post(f"{yours}/file").headers)
    answer = pages.post(f"{yours}/file", data=PRESSED)
    assert answer.headers["content-disposition"].startswith("attachment")
    shown, _, data = answer.text.partition('<script type="application/json" id="data">')
    assert FOR_HERSELF in shown
    assert "Hard to see from inside" in shown
    expected = json.loads(json.dumps(export(house, ANA)))
    assert json.loads(data.partition("</script>")[0]) == expected


def test_only_who_types_the_address_is_erased(pages: httpx.Client, house: House) -> None:
    reader = live(house, ANA)
    yours, own = path(house, Purpose.YOUR_DATA, reader), path(house, Purpose.LETTERS, reader)
    page = pages.get(yours).text
    assert ANA not in page
    assert "a•••@example.com" in page
    for typed in ("", "bo@example.com", "a•••@example.com"):
        assert pages.post(f"{yours}/erase", data={"email": typed}).status_code == 422
    assert known(house, ANA)
    assert "is erased" in pages.post(f"{yours}/erase", data={"email": " Ana@Example.com"}).text
    assert not known(house, ANA)
    for gone in (yours, own):
        assert "We no longer know this link" in pages.get(gone).text


def test_where_the_course_has_ended_what_is_hers_is_still_in_reach(
    pages: httpx.Client, house: House, reader: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = path(house, Purpose.LETTERS, reader)
    monkeypatch.delitem(house.catalogue.courses, COURSE)
    page = pages.get(own)
    assert page.status_code == 404
    assert path(house, Purpose.YOUR_DATA, reader) in page.text
    assert pages.get(path(house, Purpose.YOUR_DATA, reader)).status_code == 200
