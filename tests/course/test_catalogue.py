"""A course folder with a mistake is refused, with the file, the line and the cure."""

from pathlib import Path

import pytest

from app.settings import SHIPPED_COURSES
from course.catalogue import Catalogue, Shelf, load_catalogue, unnumbered
from course.errors import ContentError, Fault

TOML = """title = "A course"
weekday = "tuesday"
hour = 8

[call_to_action]
text = "Come and talk."
button = "Choose a time"
"""
LESSON = """---
slug: {slug}
title: About {slug}
subject: On {slug}
preheader: One line.
theme: One theme.
exercise: |
  Write three lines.
---

A paragraph.
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A course of two letters, without a mistake."""
    home = tmp_path / "my-course"
    home.mkdir()
    (home / "course.toml").write_text(TOML, encoding="utf-8")
    for n, slug in enumerate(("one", "two"), 1):
        (home / f"{n:02}-{slug}.md").write_text(LESSON.format(slug=slug), encoding="utf-8")
    return home


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def faults_of(home: Path) -> list[Fault]:
    with pytest.raises(ContentError) as caught:
        load_catalogue(home.parent)
    assert str(caught.value) == "\n".join(map(str, caught.value.faults))
    return caught.value.faults


def load(home: Path) -> Catalogue:
    return load_catalogue(home.parent)


def test_the_shipped_course_loads_with_its_six_letters_in_order() -> None:
    course = load_catalogue(SHIPPED_COURSES)["six-letters"]
    assert [course.number(lesson) for lesson in course.lessons] == [1, 2, 3, 4, 5, 6]
    assert course.lessons[0].slug == "hard-to-see"
    assert course.description


def test_a_course_without_mistakes_loads(home: Path) -> None:
    course = load(home)["my-course"]
    assert [lesson.slug for lesson in course.lessons] == ["one", "two"]
    assert load(home).only() == course
    assert load(home).get("another") is None


def test_the_tenth_letter_comes_after_the_ninth(home: Path) -> None:
    for n in (3, 10, 9):
        (home / f"{n}-x.md").write_text(LESSON.format(slug=f"number-{n}"), encoding="utf-8")
    slugs = [lesson.slug for lesson in load(home)["my-course"].lessons]
    assert slugs == ["one", "two", "number-3", "number-9", "number-10"]


def test_files_with_windows_line_ends_and_a_byte_order_mark_load(home: Path) -> None:
    for file in home.iterdir():
        text = file.read_text(encoding="utf-8").replace("\n", "\r\n")
        file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load(home)["my-course"].by_slug["two"].body == "A paragraph."


@pytest.mark.parametrize(
    ("old", "new", "line", "cure"),
    [
        ("theme: One theme.\n", "", 1, "`theme` is missing; add a line"),
        ("theme:", "thema:", 6, "`thema` isn't a fact we know"),
        ("theme: One theme.", "theme: One: theme.", 6, "Put the text in quotes"),
        ("theme: One theme.", "theme: 2026", 6, "`theme` is read as a number or a list; put"),
        ("theme: One theme.", "theme: 2026-13-45", 2, "Put the text in quotes"),
        ("theme: One theme.", "theme: One\x07theme.", 6, "invisible sign"),
        ("theme: One theme.", "theme: [", 7, "can't be read"),
        ("theme: One theme.", "theme:", 6, "`theme` is empty; write"),
        ("exercise: |\n  Write three lines.", "exercise: |\n", 7, "`exercise` is empty; write"),
        ("exercise: |\n  Write three lines.", 'exercise: "  "', 7, "`exercise` is empty; write"),
        ("slug: two", "slug: Number Two", 2, "use small letters and digits with single dashes"),
        ("\n---\n\nA para", "\ntiming:\n  weekday: funday\n---\n\nA para", 10, "such as tuesday"),
        ("\n---\n\nA para", "\ntiming:\n  hour: 24\n---\n\nA para", 10, "less than or equal to 23"),
        ("A paragraph.", "", 10, "`body` is empty; write"),
        ("A paragraph.", "A paragraph.\n\n# A title", 13, "use ## for headings"),
        ("A paragraph.", "A title\n=======\n", 11, "use ## for headings"),
        ("  Write three", "  # Task\n\n  Write three", 7, "use ## for headings"),
        ("---\nslug", "slug", 1, "between two lines of three dashes"),
    ],
)
def test_a_mistake_in_a_letter_is_told_with_its_line_and_its_cure(
    home: Path, old: str, new: str, line: int, cure: str
) -> None:
    file = home / "02-two.md"
    change(file, old, new)
    told = [fault for fault in faults_of(home) if cure in fault.sentence]
    assert [(fault.file, fault.line) for fault in told] == [(file, line)]


def test_facts_that_are_no_facts_are_refused(home: Path) -> None:
    (home / "02-two.md").write_text("---\njust words\n---\n\nA paragraph.\n", encoding="utf-8")
    (fault,) = faults_of(home)
    assert fault.line == 2
    assert "lines such as `title: Hard to see`" in fault.sentence


def test_a_pound_sign_inside_code_is_no_title(home: Path) -> None:
    change(home / "02-two.md", "A paragraph.", "A paragraph.\n\n    # a remark\n")
    assert load(home)


@pytest.mark.parametrize(
    ("old", "new", "line", "cure"),
    [
        ('weekday = "tuesday"', 'weekday = "funday"', 2, "write a day such as tuesday"),
        ("hour = 8", "hour = 24", 3, "less than or equal to 23"),
        ("hour = 8", "hour = ", 3, "This can't be read"),
        ('title = "A course"', 'title = "A course', 1, "close every quote"),
        ('title = "A course"\n', "", 1, "`title` is missing; add a line"),
        ('button = "Choose a time"\n', "", 5, "`call_to_action.button` is missing"),
        ("hour = 8", 'hour = 8\nlanguage = "English"', 4, "write a language such as en"),
        ("hour = 8", 'hour = 8\nfirst_letter = "soon"', 4, "'at once' or 'next slot'"),
        ("hour = 8", "hour = 8\nminimum_gap = 5", 4, "`minimum_gap` isn't a fact we know"),
    ],
)
def test_a_mistake_in_the_course_file_is_told_with_its_line_and_its_cure(
    home: Path, old: str, new: str, line: int, cure: str
) -> None:
    change(home / "course.toml", old, new)
    (fault,) = faults_of(home)
    assert (fault.file, fault.line) == (home / "course.toml", line)
    assert cure in fault.sentence


@pytest.mark.parametrize("key", ["slug", "subject"])
def test_two_letters_never_share_a_slug_or_a_subject(home: Path, key: str) -> None:
    fact = {"slug": ("slug: two", "slug: one"), "subject": ("subject: On two", "subject: On one")}
    change(home / "02-two.md", *fact[key])
    (fault,) = faults_of(home)
    assert fault.line == {"slug": 2, "subject": 4}[key]
    assert f"`{key}` is the same as in 01-one.md" in fault.sentence


@pytest.mark.parametrize("name", ["course.toml", "02-two.md", "description.md"])
def test_a_file_in_another_encoding_is_refused(home: Path, name: str) -> None:
    (home / name).write_bytes("Café".encode("latin-1"))
    (fault,) = faults_of(home)
    assert (fault.file, fault.line) == (home / name, 1)
    assert "UTF-8" in fault.sentence


def test_a_course_without_letters_is_refused(home: Path) -> None:
    for file in home.glob("*.md"):
        file.unlink()
    (fault,) = faults_of(home)
    assert fault.file == home
    assert "01-hello.md" in fault.sentence


@pytest.mark.parametrize("folder", ["empty", "nowhere"])
def test_a_folder_without_a_course_is_refused(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ContentError, match=r"a course is a folder with a course\.toml"):
        load_catalogue(tmp_path / folder)


def test_a_folders_name_must_be_fit_for_an_address(home: Path) -> None:
    (fault,) = faults_of(home.rename(home.parent / "My course"))
    assert "small letters, digits and dashes" in fault.sentence


def test_all_mistakes_of_all_files_are_told_at_once(home: Path) -> None:
    change(home / "course.toml", 'weekday = "tuesday"', 'weekday = "funday"')
    change(home / "01-one.md", "theme: One theme.\n", "")
    change(home / "01-one.md", "A paragraph.", "# A title")
    change(home / "02-two.md", "slug: two", "slug: Two")
    (home / "03-three.md").write_bytes(b"\xff")
    told = {(fault.file.name, fault.line) for fault in faults_of(home)}
    assert told == {
        ("course.toml", 2),
        ("01-one.md", 1),
        ("01-one.md", 10),
        ("02-two.md", 2),
        ("03-three.md", 1),
    }


def test_what_cannot_be_opened_is_named_like_any_other_mistake(home: Path) -> None:
    (home / "03-folder.md").mkdir()
    (home / "04-away.md").symlink_to(home / "nowhere.md")
    assert [(fault.file.name, fault.line) for fault in faults_of(home)] == [
        ("03-folder.md", 1),
        ("04-away.md", 1),
    ]


def test_a_letter_without_a_number_is_found_and_a_note_is_not(home: Path) -> None:
    (home / "three.md").write_text(LESSON.format(slug="three"), encoding="utf-8")
    (home / "notes.md").write_text("To do.", encoding="utf-8")
    (home / "description.md").write_text("About it.", encoding="utf-8")
    [fault] = unnumbered(home.parent)
    assert fault.file.name == "three.md"
    assert "Name it such as 07-three.md" in fault.sentence
    assert len(load(home)["my-course"].lessons) == 2


def test_courses_are_read_when_one_is_asked_for(home: Path) -> None:
    shelf = Shelf(home.parent)
    (home / "03-odd.md").write_text("No facts.", encoding="utf-8")
    with pytest.raises(ContentError):
        len(shelf)
    (home / "03-odd.md").unlink()
    assert (list(shelf), shelf["my-course"].title) == (["my-course"], "A course")
