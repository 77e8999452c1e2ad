"""An email is a function of its facts (law 12), and words in it stay words."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from emails import compose as compose_module
from emails import rendering
from emails.frame import SIZE_LIMIT_BYTES
from emails.message import Message
from emails.rendering import Templates
from emails.sheet import Sheet
from tests.emails.specimens import (
    BASE_URL,
    COURSE,
    FIRST,
    KINDS,
    STATIONERY,
    compose,
    lesson_with,
    message,
    named,
)

steady = settings(derandomize=True, deadline=None, max_examples=60)
every_kind = pytest.mark.parametrize("kind", KINDS)
every_lesson = pytest.mark.parametrize("slug", COURSE.by_slug)


def with_words(words: str) -> Message:
    course, lesson = lesson_with(body=words, title=words, preheader=words, exercise=words)
    return message(course=course, lesson=lesson)


def tags_of(sent: Message) -> list[tuple[str, tuple[str, ...]]]:
    """Every tag with the names of its attributes."""
    return [
        (tag.name, tuple(tag.attrs)) for tag in BeautifulSoup(sent.html, "html.parser").find_all()
    ]


@every_kind
def test_the_same_facts_make_the_same_email_to_the_byte(kind: str) -> None:
    first, second = message(kind), message(kind, stationery=STATIONERY)
    assert (first.subject, first.html, first.text) == (second.subject, second.html, second.text)
    assert dict(first.headers) == dict(second.headers)
    assert first.attachments == second.attachments


@pytest.mark.parametrize("module", [rendering, compose_module])
def test_rendering_knows_no_clock_no_database_and_no_chance(module: object) -> None:
    source = Path(str(getattr(module, "__file__", ""))).read_text(encoding="utf-8")
    imported = {
        name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None) or "", *(a.name for a in node.names)]
    }
    forbidden = (
        "sqlalchemy",
        "course.database",
        "time",
        "random",
        "secrets",
        "uuid",
        "os",
        "httpx",
    )
    assert not imported & set(forbidden)
    assert not re.search(r"\.now\(|\.today\(|\.utcnow\(", source)


@every_lesson
def test_every_shipped_letter_renders_without_a_problem(slug: str) -> None:
    sent = message(lesson=COURSE.by_slug[slug])
    assert sent.subject == COURSE.by_slug[slug].subject
    assert COURSE.by_slug[slug].title in sent.html


def test_one_template_compiled_once_serves_every_reader() -> None:
    templates = Templates()
    sheet = Sheet("lesson", COURSE, STATIONERY, FIRST)
    values = dict.fromkeys(("action_url", "why", "leave_url", "letters_url"), "x")
    ana = templates.render(sheet, values | {"greeting": "Dear Ana,"})
    eve = templates.render(sheet, values | {"greeting": "Dear Eve,"})
    assert eve.html == ana.html.replace("Dear Ana,", "Dear Eve,")


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another title"},
        {"sender": "Another sender"},
        {"language": "de"},
        {"lessons": COURSE.lessons[:3]},
        {"call_to_action": COURSE.call_to_action.model_copy(update={"text": "Another text."})},
    ],
)
def test_a_changed_course_is_rendered_anew(change: dict[str, object]) -> None:
    templates = Templates()
    links = ("action_url", "leave_url", "letters_url", "reflect_url", "keepsake_url")
    values = dict.fromkeys((*links, "why", "greeting"), "x")
    changed = replace(COURSE, **change)  # type: ignore[arg-type]
    before, after = (
        templates.render(Sheet("lesson", course, STATIONERY, FIRST, course.call_to_action), values)
        for course in (COURSE, changed)
    )
    if "title" not in change:  # Each letter has a title of its own.
        assert before.html != after.html
    sheet = Sheet("lesson", changed, STATIONERY, FIRST, changed.call_to_action)
    assert after == Templates().render(sheet, values)


@pytest.mark.parametrize(
    "words",
    [
        "{{ 7*7 }}", "{% if x %}", "{# x #}", "{{ slot.leave_url }}", "{{{", "5 < 6 & 7 > 3",
        "\ue000 7*7 \ue001", "\ue002 if x \ue003", "\ue004 x \ue005", "<script>alert(1)</script>",
        "&lt;script&gt;", "<mj-raw>x</mj-raw>", "</mj-text>", "]]> <!-- x", '" onclick="x',
    ],
)  # fmt: skip
def test_signs_in_a_letter_stay_words(words: str) -> None:
    plain, sent = with_words("plain"), with_words(words)
    shown = "".join(re.sub("[\ue000-\ue005]", "", words).split())
    assert shown in "".join(BeautifulSoup(sent.html, "html.parser").get_text().split())
    assert shown in "".join(sent.text.split())
    assert tags_of(sent) == tags_of(plain)


@steady
@given(st.text(min_size=1).filter(lambda text: text.strip()))
def test_no_words_of_an_author_break_out_of_their_place(words: str) -> None:
    course, lesson = lesson_with(title=" ".join(words.split()) or "x", body=f"Words: {words}")
    composed = compose("lesson", course=course, lesson=lesson)
    if composed.message is None:
        assert composed.problems
        return
    strange = {"script", "img", "iframe", "form", "input", "svg", "link", "mj-text"}
    assert not strange & {name for name, _ in tags_of(composed.message)}


@pytest.mark.parametrize("name", ["<script>x</script>", 'Ana "An" O\'Neil & Co', "{{ 7*7 }}"])
def test_a_name_is_escaped_in_html_and_plain_in_text(name: str) -> None:
    sent = message(reader=named(name))
    assert f"Dear {name}," in sent.text
    assert "<script" not in sent.html
    escaped = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = escaped.replace('"', "&#34;").replace("'", "&#39;")
    assert f"Dear {escaped}," in sent.html


@steady
@given(st.text(max_size=80))
def test_no_name_breaks_out_of_its_place(name: str) -> None:
    bare = message(reader=named("NAME"))
    sent = message(reader=named(name or None))
    assert sent.html.count("<") == bare.html.count("<")
    assert sent.html.count('"') == bare.html.count('"')


def test_without_a_name_the_greeting_is_hello() -> None:
    assert "\nHello,\n" in message(reader=named(None)).text


@every_kind
def test_a_subject_is_one_line(kind: str) -> None:
    course, lesson = lesson_with(subject="One\u2028line\x0band\tmore")
    subject = message(kind, course=course, lesson=lesson).subject
    assert subject
    assert len(subject.splitlines()) == 1


def test_an_email_too_long_for_gmail_is_a_problem() -> None:
    course, lesson = lesson_with(body="word " * (SIZE_LIMIT_BYTES // 5))
    composed = compose("lesson", course=course, lesson=lesson)
    assert composed.message is None
    assert any("make it shorter" in problem for problem in composed.problems)


def test_the_course_can_name_its_own_sender() -> None:
    sent = message(course=replace(COURSE, sender="Dr. Ana Lima"))
    assert (sent.sender.name, sent.sender.email) == ("Dr. Ana Lima", STATIONERY.sender.email)
    assert sent.text.startswith("Dr. Ana Lima · letter 1 of 6")


def test_only_links_of_ours_stand_in_a_letter() -> None:
    sent = message()
    links = set(re.findall(r"https?://[^\s\"'<>)]+", sent.html + sent.text))
    names = {"http://www.w3.org/1999/xhtml"}
    assert all(link.startswith(f"{BASE_URL}/") for link in links - names)
