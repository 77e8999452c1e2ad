"""How every email looks and reads aloud: size, structure, colours, and nothing fetched."""

import re

import pytest
from bs4 import BeautifulSoup, Tag
from hypothesis import given
from hypothesis import strategies as st

from emails.palette import DARK, LIGHT, Palette, contrast, in_accent
from tests.emails.specimens import BASE_URL, CALLS, COURSE, KINDS, READER_KINDS, message

every_kind = pytest.mark.parametrize("kind", KINDS)
SIZE_LIMIT = 80_000


def soup(kind: str) -> BeautifulSoup:
    return BeautifulSoup(message(kind).html, "html.parser")


@every_kind
def test_it_stays_under_eighty_kilobytes(kind: str) -> None:
    assert len(message(kind).html.encode()) < SIZE_LIMIT


@every_kind
def test_it_has_one_h1_and_says_its_language_and_what_it_is(kind: str) -> None:
    page = soup(kind)
    assert len(page.find_all("h1")) == 1
    assert isinstance(page.html, Tag)
    assert page.html["lang"] == COURSE.language
    article = page.find(role="article")
    assert isinstance(article, Tag)
    assert article["lang"] == COURSE.language
    assert article["aria-label"]
    assert page.title is not None
    assert page.title.get_text()


@every_kind
def test_tables_that_only_lay_out_are_silent(kind: str) -> None:
    assert all(table.get("role") == "presentation" for table in soup(kind).find_all("table"))


@every_kind
def test_no_words_are_smaller_than_sixteen_pixels(kind: str) -> None:
    html = re.sub(r"<!--.*?-->", "", message(kind).html, flags=re.DOTALL)
    for element in BeautifulSoup(html, "html.parser").find_all(string=True):
        words = element.strip()
        sized = next((p for p in element.parents if "font-size" in str(p.get("style", ""))), None)
        if not words or sized is None or "display:none" in str(sized.get("style")):
            continue
        size = re.search(r"font-size:\s*(\d+)px", str(sized["style"]))
        assert size is not None
        assert int(size[1]) >= 16, words
    sheets = "".join(re.findall(r"<style.*?</style>", html, re.DOTALL))
    assert all(int(size) >= 16 for size in re.findall(r"font-size:\s*(\d+)px", sheets))


@every_kind
def test_it_loads_nothing_and_has_no_pixel(kind: str) -> None:
    html = message(kind).html
    found = soup(kind).find_all(["img", "link", "script", "iframe", "object", "embed", "form"])
    assert found == []
    assert not re.search(r"url\(|@import|\bsrc=|\bbackground=", html)


@every_kind
def test_every_link_leads_to_us(kind: str) -> None:
    links = [str(link["href"]) for link in soup(kind).find_all(href=True)]
    assert links
    assert all(link.startswith(f"{BASE_URL}/") for link in links)


@every_kind
def test_every_link_says_where_it_leads(kind: str) -> None:
    for link in soup(kind).find_all("a"):
        words = link.get_text().strip()
        assert len(words) > 3
        assert words.casefold() not in {"here", "click here", "link"}


@every_kind
def test_every_button_has_a_border_for_clients_that_invert_colours(kind: str) -> None:
    buttons = soup(kind).select("td[bgcolor]")
    assert buttons
    for button in buttons:
        assert re.search(r"border:\s*1px solid #", str(button["style"]))


@pytest.mark.parametrize("kind", READER_KINDS)
def test_the_invitation_is_a_button_to_the_booking_page(kind: str) -> None:
    button = soup(kind).find("a", string=CALLS.get(kind, COURSE.call_to_action).button)
    assert isinstance(button, Tag)
    assert str(button["href"]).startswith(f"{BASE_URL}/book/")


@every_kind
def test_pure_black_and_pure_white_are_not_used(kind: str) -> None:
    styles = " ".join(
        style
        for style in re.findall(r'style="[^"]*"', message(kind).html)
        if "display:none" not in style
    )
    assert not re.search(r"#000000|#ffffff|#fff\b|#000\b", styles, re.IGNORECASE)


@every_kind
def test_lines_of_the_text_part_fit_a_window(kind: str) -> None:
    for line in message(kind).text.splitlines():
        assert len(line) <= 78 or "http" in line, line


PAIRS = [
    ("ink", "ground"), ("ink", "sheet"), ("quiet", "ground"), ("quiet", "sheet"),
    ("accent", "ground"), ("accent", "sheet"), ("on_accent", "accent"),
    ("trouble", "ground"), ("trouble", "sheet"),
]  # fmt: skip


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("words", "behind"), PAIRS)
def test_words_can_be_read_on_their_ground(palette: Palette, words: str, behind: str) -> None:
    assert contrast(getattr(palette, words), getattr(palette, behind)) >= 4.5


def test_the_contrast_is_counted_as_wcag_counts_it() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@given(st.from_regex("#[0-9A-Fa-f]{6}", fullmatch=True))
def test_any_colour_of_hers_can_be_read(colour: str) -> None:
    for dressed in in_accent(colour):
        for words, behind in PAIRS:
            assert contrast(getattr(dressed, words), getattr(dressed, behind)) >= 4.5


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert in_accent("#7A3E9D")[0].accent == "#7A3E9D"
    assert in_accent("") == (LIGHT, DARK)
