"""An author's Markdown, as HTML and as its plain twin."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.lessons import Lesson
from emails.markdown import WIDTH, to_html, to_text, wrap
from tests.emails.specimens import COURSE

steady = settings(derandomize=True, deadline=None, max_examples=200)
words = st.lists(st.text("abcdefgé’—", min_size=1, max_size=12), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("source", "html", "text"),
    [
        (
            "One *two* **three**.",
            "<p>One <em>two</em> <strong>three</strong>.</p>\n",
            "One two three.",
        ),
        ("One\ntwo", "<p>One\ntwo</p>\n", "One two"),
        ("One  \ntwo", "<p>One<br />\ntwo</p>\n", "One\ntwo"),
        ("One\n\ntwo", "<p>One</p>\n<p>two</p>\n", "One\n\ntwo"),
        ("## Title", "<h2>Title</h2>\n", "Title\n-----"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n", "- a\n- b"),
        ("1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n", "1. a\n2. b"),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>\n", "    said"),
        ("***", "<hr />\n", "* * *"),
        ("`x`", "<p><code>x</code></p>\n", "x"),
        ("    x\n    y", "<pre><code>x\ny\n</code></pre>\n", "    x\n    y"),
        (
            "[here](https://x.example)",
            '<p><a href="https://x.example">here</a></p>\n',
            "here (https://x.example)",
        ),
        (
            "<https://x.example>",
            '<p><a href="https://x.example">https://x.example</a></p>\n',
            "https://x.example",
        ),
        ("<b>x</b> & y", "<p>&lt;b&gt;x&lt;/b&gt; &amp; y</p>\n", "<b>x</b> & y"),
        ("", "", ""),
    ],
)
def test_both_forms_say_the_same(source: str, html: str, text: str) -> None:
    assert to_html(source) == html
    assert to_text(source) == text


@pytest.mark.parametrize(
    "source", ["[x](javascript:alert(1))", "[x](data:text/html,x)", "![x](vbscript:x)"]
)
def test_a_link_that_acts_is_no_link(source: str) -> None:
    assert "href" not in to_html(source)
    assert "src" not in to_html(source)


@steady
@given(words)
def test_wrapping_keeps_every_word_and_its_order(spoken: list[str]) -> None:
    wrapped = wrap(" ".join(spoken))
    assert wrapped.split() == spoken
    assert all(len(line) <= WIDTH for line in wrapped.splitlines())


@steady
@given(st.text())
def test_any_text_at_all_has_both_forms(source: str) -> None:
    assert isinstance(to_text(source), str)
    assert "<script" not in to_html(source)


@pytest.mark.parametrize("lesson", COURSE.lessons, ids=lambda lesson: lesson.slug)
def test_a_shipped_letter_loses_no_word_in_plain_text(lesson: Lesson) -> None:
    for source in (lesson.body, lesson.exercise):
        said = source.replace("*", "").split()
        assert [word for word in to_text(source).split() if word != "-"] == [
            w for w in said if w != "-"
        ]


def test_a_nested_list_keeps_its_levels() -> None:
    assert to_text("- a\n  - b\n  - c\n- d") == "- a\n  - b\n  - c\n- d"


def test_an_ordered_list_starts_where_its_author_says() -> None:
    assert to_text("3. c\n4. d") == "3. c\n4. d"
