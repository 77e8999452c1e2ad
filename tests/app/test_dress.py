"""The owner's own colour and sign, on her pages and in her letters."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from bs4 import BeautifulSoup

from app.bootstrap import House
from app.errors import SettingsError
from app.settings import load_settings
from course.database import Database
from emails.providers.memory import MemoryProvider
from tests.support.houses import TUESDAY, join, make_house, shipped_settings, tick
from tests.support.pages import pages_of
from tests.support.providers import Scripted

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><circle r="20"/></svg>'
PLUM = "#7A3E9D"


@pytest.fixture
def logo(tmp_path: Path) -> Path:
    file = tmp_path / "sign.svg"
    file.write_text(SVG)
    return file


@pytest.fixture
def dressed(sqlite: Database, logo: Path) -> Iterator[httpx.Client]:
    house = make_house(sqlite, provider=MemoryProvider(), owner=owner(logo=str(logo)))
    with pages_of(house) as client:
        yield client
    house.life.end()


def owner(**more: str) -> dict[str, Any]:
    return shipped_settings().owner.model_dump() | {"accent": PLUM, **more}


def test_her_colour_and_sign_stand_on_the_course_page(dressed: httpx.Client) -> None:
    page = BeautifulSoup(dressed.get("/").text, "html.parser")
    styles = [str(link["href"]) for link in page.select("link[rel=stylesheet]")]
    assert f"--accent: {PLUM};" in dressed.get(styles[-1]).text
    picture = page.select_one(".sign img")
    assert picture is not None
    assert picture["alt"] == "Your practice"
    shown = dressed.get(str(picture["src"]))
    assert (shown.text, shown.headers["content-type"]) == (SVG, "image/svg+xml")
    assert "sandbox" in shown.headers["content-security-policy"]


def test_without_them_nothing_more_is_asked_for(pages: httpx.Client) -> None:
    text = pages.get("/").text
    assert "/dress/" not in text
    assert pages.get("/dress/logo").status_code == 404


def test_her_colour_is_in_her_letters(sqlite: Database, house: House) -> None:
    house = make_house(sqlite, provider=Scripted(), owner=owner())
    join(house)
    tick(house, TUESDAY)
    assert isinstance(house.provider, Scripted)
    assert PLUM.lower() in house.provider.sent[-1].html.lower()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ACCENT", "plum", "owner.accent"),
        ("LOGO", "/nowhere/sign.svg", "there is no file"),
        ("LOGO", __file__, "can't be shown"),
    ],
)
def test_what_can_t_be_worn_is_told(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"LETTERCOURSE_OWNER__{name}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert said in caught.value.mistakes[0]


def test_a_picture_too_large_for_a_phone_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sign.png").write_bytes(bytes(300_000))
    monkeypatch.setenv("LETTERCOURSE_OWNER__LOGO", str(tmp_path / "sign.png"))
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "200 KB" in caught.value.mistakes[0]
