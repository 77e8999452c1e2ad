"""Arabic runs from the right, on pages and in letters, with nothing of another language in it."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.screenshots import tongues
from tests.screenshots.stage import Sight

LATIN_SENTENCE = re.compile(r"\b[A-Za-z]{2,}(?: [a-z’]{2,}){2,}")
# What the owner's settings say stays in her words.
OWNERS = "footer, .frame, .why, .before-you-write, .place, nav.kinds"


@pytest.fixture(scope="module")
def sights(tmp_path_factory: pytest.TempPathFactory) -> list[Sight]:
    folder: Path = tmp_path_factory.mktemp("sights")
    return [sight for sight in tongues.sights(folder) if sight.name.startswith("arabic-")]


def test_pages_and_letters_run_from_the_right(sights: list[Sight]) -> None:
    assert len(sights) >= 8
    for sight in sights:
        html = BeautifulSoup(sight.html, "html.parser").html
        assert html is not None
        assert (html["lang"], html["dir"]) == ("ar", "rtl"), sight.name


def test_no_english_sentence_is_left_among_them(sights: list[Sight]) -> None:
    for sight in sights:
        if sight.is_email:
            continue
        page = BeautifulSoup(sight.html, "html.parser")
        for owners in page.select(f"{OWNERS}, select, script, style"):
            owners.decompose()
        assert LATIN_SENTENCE.findall(page.get_text(" ")) == [], sight.name


def test_letters_begin_their_lines_at_the_right(sights: list[Sight]) -> None:
    for sight in sights:
        if sight.is_email:
            assert "text-align:right" in sight.html.replace(" ", ""), sight.name
            assert "direction:ltr" not in sight.html.replace(" ", ""), sight.name
