"""A reader's own words beside the questions, as a page and as a PDF: every one of them."""

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bootstrap import House
from app.keepsake import NO_LETTER, NO_LONGER, Chapter, Entry, Keepsake, gather
from app.keepsake_pdf import typeset
from course import enrolments, reflections
from course.catalogue import Catalogue
from course.language import ENGLISH
from tests.support.houses import COURSE, MONDAY, enrolment, join, now

ARABIC = "كتبت ثلاث جمل ولم أرسلها."
HEBREW = "היד שלי נשארה על הדלת."
# No clock that is read is at a full second.
NOW = MONDAY + timedelta(microseconds=1)
# In no font: it will never be a character.
NO_SIGN = "\U0003fffe"

needs_pdftotext = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext (Debian: poppler-utils) isn't here"
)


def write(house: House, reader: int, lesson: str | None, words: str, *, days: int = 0) -> None:
    with house.database.transaction() as session:
        found = enrolments.by_id(session, reader)
        assert found is not None
        at = now(house) + timedelta(days=days)
        reflections.keep(
            session, house.vault, enrolment=found, lesson=lesson, words=words, at=at, shared=False
        )


def page(house: House, reader: int) -> str:
    return f"/keepsake/{house.links.keepsake(enrolment(house, reader).code).rpartition('/')[2]}"


def gathered(house: House, reader: int) -> Keepsake:
    with house.database.reading() as session:
        return gather(session, house, enrolment(house, reader))


def keepsake(*words: str) -> Keepsake:
    entries = [Entry("Tuesday, 3 November 2026", each) for each in words]
    chapter = Chapter("one", "Hard to see", "Catch *one*. Write it down.", entries)
    return Keepsake("A course", "en", ENGLISH, "November 2026", [chapter])


def read(pdf: bytes | None, folder: Path) -> str:
    """The words as another program finds them."""
    assert pdf is not None
    file = folder / "words.pdf"
    file.write_bytes(pdf)
    done = subprocess.run(["pdftotext", "-raw", file, "-"], capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


def test_in_the_order_of_the_course_with_what_belongs_to_no_letter_last(house: House) -> None:
    reader = join(house)
    first, second = list(house.catalogue[COURSE].by_slug)[:2]
    write(house, reader, None, "Just thanks.")
    write(house, reader, second, "The second.", days=1)
    write(house, reader, first, "The first again.", days=90)
    write(house, reader, first, "The first.", days=2)
    write(house, reader, "long-gone", "Of another time.")
    found = gathered(house, reader)
    assert [(one.slug, [e.words for e in one.entries]) for one in found.chapters] == [
        (first, ["The first.", "The first again."]),
        (second, ["The second."]),
        ("long-gone", ["Of another time."]),
        (None, ["Just thanks."]),
    ]
    assert [one.title for one in found.chapters][2:] == [NO_LONGER, NO_LETTER]
    assert found.span == "November 2026 to January 2027"
    assert found.chapters[0].entries[0].day == "Wednesday, 4 November 2026"


def test_her_words_outlive_the_course(house: House) -> None:
    reader = join(house)
    write(house, reader, "hard-to-see", "The first.")
    [chapter] = gathered(replace(house, catalogue=Catalogue({})), reader).chapters
    assert (chapter.title, [one.words for one in chapter.entries]) == (NO_LONGER, ["The first."])


def test_the_page_holds_question_and_words_and_leads_to_the_pdf(
    pages: httpx.Client, house: House
) -> None:
    reader = join(house)
    write(house, reader, "hard-to-see", "The kettle.")
    shown = pages.get(page(house, reader))
    assert "The kettle." in shown.text
    assert "rewind about ten seconds" in shown.text
    path = re.search(r'href="([^"]+[.]pdf)"', shown.text)
    assert path is not None
    pdf = pages.get(path[1])
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-")


def test_before_anything_is_kept_the_page_says_what_it_is_for(
    pages: httpx.Client, house: House
) -> None:
    reader = join(house)
    assert "Nothing is here yet." in pages.get(page(house, reader)).text
    answer = pages.get(f"{page(house, reader)}/your-words.pdf")
    assert answer.status_code == 404
    assert "There are no words yet" in answer.text


def test_a_script_that_no_font_holds_is_left_to_the_browser(
    pages: httpx.Client, house: House
) -> None:
    reader = join(house)
    # Letters of a script that isn't written yet, for all that our fonts know.
    write(house, reader, "hard-to-see", "\U00012000\U00012001")
    answer = pages.get(f"{page(house, reader)}/your-words.pdf")
    assert answer.status_code == 404
    assert "print it instead" in answer.text
    assert "\U00012000" in pages.get(page(house, reader)).text


@needs_pdftotext
def test_markup_is_only_words(tmp_path: Path) -> None:
    words = '#read("/etc/hostname") *x* $y$ \\ `z` <label> @ref // no /* no */ https://a.example'
    assert words in read(typeset(keepsake(words), NOW), tmp_path)


@needs_pdftotext
def test_each_line_and_paragraph_is_there_in_order(tmp_path: Path) -> None:
    text = read(typeset(keepsake("One.\nTwo.\n\n\nThree.", "Four — “Œ”."), NOW), tmp_path)
    places = [text.index(word) for word in ("One.", "Two.", "Three.", "Four — “Œ”.")]
    assert places == sorted(places)
    assert "Catch one. Write it down." in text


@needs_pdftotext
def test_right_to_left_scripts_are_set_and_can_be_read_out(tmp_path: Path) -> None:
    text = read(typeset(keepsake(HEBREW, ARABIC), NOW), tmp_path)
    assert {"שלי", "הדלת"} <= set(re.split(r"[\s.\u202a-\u202e]+", text))
    assert "جمل" in text


@needs_pdftotext
def test_a_sign_without_a_shape_is_written_in_words(tmp_path: Path) -> None:
    assert "Here [a sign] too." in read(typeset(keepsake(f"Here {NO_SIGN} too."), NOW), tmp_path)


def test_the_same_words_make_the_same_bytes() -> None:
    assert typeset(keepsake("Again."), NOW) == typeset(keepsake("Again."), NOW)


@settings(max_examples=15, deadline=None)
@given(st.text(max_size=60))
def test_whatever_was_written_it_is_set_or_left_to_the_browser(words: str) -> None:
    pdf = typeset(keepsake(words), NOW)
    assert pdf is None or pdf.startswith(b"%PDF-")
