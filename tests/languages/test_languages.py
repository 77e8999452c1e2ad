"""Every language says everything, with the same blanks to fill in, and says it as its people do."""

import re
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from course import spoken, zones
from course.language import ENGLISH, language_of, languages
from course.lessons import WEEKDAYS
from tests.languages.gathering import files, gather, pairs, read

BLANK = re.compile(r"%\((\w+)\)s|%(?!%)")
# Given with every count, and with every hour.
ALWAYS_KNOWN = {"count", "num", "hour24"}
TAG = re.compile(r"</?\w+[^>]*>")
each_catalogue = pytest.mark.parametrize("file", files(), ids=lambda file: file.stem)
each_language = pytest.mark.parametrize("tag", languages())


def test_german_and_spanish_are_there() -> None:
    assert {"en", "de", "es"} <= set(languages())


@each_catalogue
def test_a_catalogue_has_each_sentence_of_ours_and_no_other(file: Path) -> None:
    ours = {forms for forms, _ in pairs(gather())}
    assert {forms for forms, _ in pairs(read(file))} == ours


@each_catalogue
def test_each_sentence_is_translated_in_all_its_forms(file: Path) -> None:
    catalogue = read(file)
    for forms, words in pairs(catalogue):
        assert all(words), forms
        assert len(words) == (1 if len(forms) == 1 else catalogue.num_plurals), forms


@each_catalogue
def test_a_translation_has_the_same_blanks_and_tags(file: Path) -> None:
    for forms, words in pairs(read(file)):
        known = {blank for form in forms for blank in BLANK.findall(form)} | {
            "count",
            "num",
            "hour24",
        }
        for said in words:
            assert set(BLANK.findall(said)) <= known, forms
            assert sorted(TAG.findall(said)) == sorted(TAG.findall(forms[-1])), forms
        if len(forms) == 1:
            assert sorted(BLANK.findall(words[0])) == sorted(BLANK.findall(forms[0])), forms


@each_catalogue
def test_a_translation_can_stand_in_a_page_as_it_is(file: Path) -> None:
    """A sentence of ours isn't escaped, since some hold links."""
    for forms, words in pairs(read(file)):
        for said in words:
            assert not set('"<>&') & set(TAG.sub("", said)), forms


def test_what_has_no_catalogue_is_english() -> None:
    assert language_of("xx") is ENGLISH
    assert language_of("en-GB") is ENGLISH
    assert language_of("de-AT") is not ENGLISH
    assert language_of("de-AT").tag == "de"


@each_language
def test_every_zone_hour_and_day_can_be_said(tag: str) -> None:
    language = language_of(tag)
    for zone in zones.zone_names():
        assert spoken.zone_name(zone, language)
    for weekday in WEEKDAYS:
        assert spoken.weekly(weekday, 8, language)
    said = {spoken.hour(time(minute // 60, minute % 60), language) for minute in range(24 * 60)}
    assert len(said) == 24 * 60


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ((8, 0), "8 in the morning"),
        ((12, 0), "noon"),
        ((12, 30), "12:30 in the middle of the day"),
        ((0, 0), "midnight"),
        ((0, 30), "12:30 at night"),
        ((20, 30), "8:30 in the evening"),
    ],
)
def test_an_hour_as_people_say_it(at: tuple[int, int], words: str) -> None:
    assert spoken.hour(time(*at), ENGLISH) == words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("America/New_York", "New York time"),
        ("UTC", "UTC"),
        ("Europe/Lisbon", "Lisbon time"),
        ("Asia/Calcutta", "Kolkata time"),
    ],
)
def test_a_zone_as_people_say_it(name: str, words: str) -> None:
    assert spoken.zone_name(name, ENGLISH) == words


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("en", "Tuesday, 8 December, at 8 in the morning, Lisbon time"),
        ("de", "Dienstag, 8. Dezember, um 8 Uhr morgens, Ortszeit Lissabon"),
        ("es", "martes, 8 de diciembre, a las 8 de la mañana, hora de Lisboa"),
    ],
)
def test_a_moment_in_each_language(tag: str, words: str) -> None:
    at = datetime(2026, 12, 8, 8, tzinfo=UTC)
    assert spoken.moment(at, "Europe/Lisbon", language_of(tag)) == words


def test_a_date_is_written_in_the_order_of_its_language() -> None:
    day = date(2026, 12, 8)
    written = [spoken.day(day, language_of(tag), spoken.DAY_AND_YEAR) for tag in ("en", "de", "es")]
    assert written == [
        "Tuesday, 8 December 2026",
        "Dienstag, 8. Dezember 2026",
        "martes, 8 de diciembre de 2026",
    ]
