"""Every email carries its whole frame, whatever an owner's own template does (law 11)."""

from pathlib import Path
from shutil import copytree

import pytest

from emails.rendering import OUR_TEMPLATES
from tests.emails.specimens import CALLS, COURSE, KINDS, READER_KINDS, STATIONERY, compose, message

# Each part of the frame in our own layouts, and the name it is missed by.
HTML_PARTS = {
    "{{ letter | safe }}": "letter",
    "{{ call.text }}": "invitation",
    "{{ call.button }}": "invitation's button",
    "{{ slot.action_url }}": "call to action",
    "{{ slot.why }}": "reason",
    "{{ slot.leave_url }}": "way to leave",
    "{{ stationery.educational_note }}": "educational note",
    "{{ stationery.crisis_note }}": "crisis note",
    "{{ stationery.postal_address }}": "postal address",
}
TEXT_PARTS = {
    "{{ letter }}": "letter",
    "{{ call.text | wrap }}": "invitation",
    "{{ call.button }}": "invitation's button",
    "{{ slot.action_url }}": "call to action",
    "{{ slot.why }}": "reason",
    "{{ slot.leave_url }}": "way to leave",
    "{{ stationery.educational_note | wrap }}": "educational note",
    "{{ stationery.crisis_note | wrap }}": "crisis note",
    "{{ stationery.postal_address }}": "postal address",
}
LETTER_PARTS = {
    "html.mjml": {"{{ body_html }}": "lesson", "{{ exercise_html }}": "exercise"},
    "text.txt": {"{{ body_text }}": "lesson", "{{ exercise_text }}": "exercise"},
}


def missing(name: str, where: str) -> str:
    return f"The {name} is missing from the {where} part"


DROPS = [
    *(("layout.mjml", part, missing(name, "HTML")) for part, name in HTML_PARTS.items()),
    *(("layout.txt", part, missing(name, "text")) for part, name in TEXT_PARTS.items()),
    *(
        (f"lesson/{file}", part, missing(name, "HTML" if "mjml" in file else "text"))
        for file, parts in LETTER_PARTS.items()
        for part, name in parts.items()
    ),
]  # fmt: skip


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """An owner's folder with a copy of all our templates, to be changed."""
    return copytree(OUR_TEMPLATES, tmp_path / "own")


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(("file", "part", "problem"), DROPS)
def test_a_template_that_drops_a_part_is_told_so_and_sends_nothing(
    own: Path, file: str, part: str, problem: str
) -> None:
    change(own / file, part, "")
    composed = compose("lesson", templates=own)
    assert composed.message is None
    assert any(told.startswith(problem) for told in composed.problems), composed.problems


@pytest.mark.parametrize(("file", "part", "problem"), DROPS[: len(HTML_PARTS)])
def test_a_part_that_only_stands_in_a_comment_is_missing(
    own: Path, file: str, part: str, problem: str
) -> None:
    if "url" in part:
        change(own / file, f'"{part}"', '"#"')
    change(own / file, '<meta name="color', f'<!-- {part} --><meta name="color')
    if "url" not in part:
        change(own / file, part, "")
    assert any(told.startswith(problem) for told in compose("lesson", templates=own).problems)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_loses_its_message_with_the_postal_address(own: Path, kind: str) -> None:
    change(own / "layout.mjml", "{{ stationery.postal_address }}", "")
    assert compose(kind, templates=own).message is None


@pytest.mark.parametrize("file", ["html.mjml", "text.txt"])
def test_a_confirmation_without_its_link_is_not_sent(own: Path, file: str) -> None:
    change(own / "confirmation" / file, "{{ slot.confirm_url }}", "")
    (problem,) = compose("confirmation", templates=own).problems
    assert "way to confirm" in problem


def test_a_letter_alone_cannot_lose_the_frame(own: Path) -> None:
    (own / "lesson" / "html.mjml").write_text(
        "<mj-section><mj-column><mj-text><h1>{{ lesson.title }}</h1>"
        "{{ body_html }}{{ exercise_html }}</mj-text></mj-column></mj-section>"
    )
    sent = message(templates=own)
    assert STATIONERY.postal_address in sent.html
    assert "/unsubscribe/" in sent.html


@pytest.mark.parametrize("kind", READER_KINDS)
def test_both_parts_carry_the_invitation_the_way_out_and_the_address(kind: str) -> None:
    sent = message(kind)
    text = " ".join(sent.text.split())
    for body in (sent.html, text):
        assert CALLS.get(kind, COURSE.call_to_action).button in body
        assert STATIONERY.postal_address in body
        assert STATIONERY.crisis_note in body
        assert "https://letters.practice.example/unsubscribe/" in body
        assert "https://letters.practice.example/book/" in body


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("layout.mjml", "<mjml><mj-body>{{ letter | safe }}"),
        ("layout.mjml", "not a template"),
        ("layout.mjml", "{% if %}"),
        ("lesson/html.mjml", "<mj-section><p>unclosed</mj-section>"),
        ("lesson/html.mjml", "{{ lesson.nothing_of_the_kind }}"),
        ("lesson/html.mjml", "{{ slot.nobody_fills_this }}"),
        ("lesson/html.mjml", "{{ 1 / 0 }}"),
        ("lesson/text.txt", "{{ lesson.title + 1 }}"),
        ("lesson/text.txt", "{% include 'not/there.txt' %}"),
        ("lesson/subject.txt", ""),
    ],
)
def test_a_broken_template_is_a_problem_and_not_a_crash(own: Path, file: str, text: str) -> None:
    (own / file).write_text(text)
    composed = compose("lesson", templates=own)
    assert composed.message is None
    assert composed.problems


def test_a_template_in_another_encoding_is_a_problem(own: Path) -> None:
    (own / "lesson" / "text.txt").write_bytes(b"\xff\xfe")
    assert compose("lesson", templates=own).message is None


@pytest.mark.parametrize(
    "fetched",
    [
        '<mj-image src="https://x.example/pixel.png" />',
        '<mj-text><img src="https://x.example/pixel.png" alt="" /></mj-text>',
        "<mj-raw><script>1</script></mj-raw>",
        '<mj-text><div style="background: url(https://x.example/y)">x</div></mj-text>',
    ],
)
def test_a_template_that_would_load_something_is_not_sent(own: Path, fetched: str) -> None:
    change(own / "lesson" / "html.mjml", "<mj-column>", f"<mj-column>{fetched}")
    composed = compose("lesson", templates=own)
    assert composed.message is None
    assert any("load something from elsewhere" in told for told in composed.problems)


def test_a_well_known_font_is_not_fetched(own: Path) -> None:
    change(own / "layout.mjml", "'Iowan Old Style'", "Roboto, Ubuntu, 'Open Sans'")
    assert "googleapis" not in message(templates=own).html
