"""What a form may hold, and the one row per address that comes of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from course import zones
from course.errors import SignUpError
from course.keys import Keys
from course.subscribers import (
    NAME_LENGTH,
    by_email,
    clean_email,
    clean_name,
    clean_zone,
    find_or_add,
)
from tests.course.specimens import NOW

steady = settings(derandomize=True, deadline=None, max_examples=300)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("ana@example.com", "ana@example.com"),
        ("  Ana.Lima@Example.COM \n", "ana.lima@example.com"),
        ("ana+letters@example.com", "ana+letters@example.com"),
        ("ana@exämple.de", "ana@xn--exmple-cua.de"),
        ("ana@practice.test", "ana@practice.test"),
    ],
)
def test_an_address_is_kept_in_one_spelling_that_any_provider_takes(
    written: str, kept: str
) -> None:
    assert clean_email(written) == kept
    assert clean_email(kept) == kept


@pytest.mark.parametrize(
    "written",
    [
        "",
        "ana",
        "ana@",
        "@example.com",
        "ana@localhost",
        "ana@example",
        "a b@example.com",
        "ana@example.com, eve@example.com",
        "ana@example.com\r\nBcc: eve@example.com",
        "Ana <ana@example.com>",
        '"ana b"@example.com',
        "ana@[127.0.0.1]",
        "änä@example.com",
        "ana..b@example.com",
        f"{'a' * 65}@example.com",
        f"ana@{'a' * 250}.com",
        "ana@exa\x00mple.com",
    ],
)
def test_what_is_no_address_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(SignUpError, match=r"like this: name@example\.com") as caught:
        clean_email(written)
    assert caught.value.field == "email"


@steady
@given(st.text())
def test_whatever_is_typed_becomes_a_plain_address_or_a_sentence(written: str) -> None:
    try:
        kept = clean_email(written)
    except SignUpError:
        return
    assert kept.isascii()
    assert kept.isprintable()
    assert kept == clean_email(kept)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (None, None),
        ("", None),
        (" \t ", None),
        ("Ana", "Ana"),
        ("  Ana\n Lima ", "Ana Lima"),
        ("Zoë-Marie O’Neil", "Zoë-Marie O’Neil"),
        ("李雷", "李雷"),
        ("A\u202ena", "A na"),
        ('Ana "An"', 'Ana "An"'),
        ("{{ 7*7 }}", "{{ 7*7 }}"),
    ],
)
def test_a_name_is_one_line(written: str | None, kept: str | None) -> None:
    assert clean_name(written) == kept


@pytest.mark.parametrize(
    "written",
    ["<b>Ana</b>", "see https://x.example", "www.x.example", "ana@example.com", "a" * 81],
)
def test_a_name_can_carry_no_markup_link_or_essay(written: str) -> None:
    with pytest.raises(SignUpError) as caught:
        clean_name(written)
    assert caught.value.field == "name"


@steady
@given(st.text())
def test_whatever_is_typed_becomes_a_short_printable_name_or_a_sentence(written: str) -> None:
    try:
        kept = clean_name(written)
    except SignUpError:
        return
    assert kept is None or (0 < len(kept) <= NAME_LENGTH and kept.isprintable())


@pytest.mark.parametrize("name", ["Europe/Lisbon", " America/New_York ", "UTC", "Asia/Kathmandu"])
def test_a_zone_from_the_list_is_kept(name: str) -> None:
    assert clean_zone(name) == name.strip()


@pytest.mark.parametrize(
    "name", ["", "Lisbon", "europe/lisbon", "../../etc/passwd", "Europe/Lisbon\x00", "+01:00"]
)
def test_any_other_zone_is_refused(name: str) -> None:
    with pytest.raises(SignUpError, match="such as Europe/Lisbon") as caught:
        clean_zone(name)
    assert caught.value.field == "timezone"


def test_every_zone_that_is_offered_can_be_used() -> None:
    assert len(zones.zone_names()) > 300
    for name in zones.zone_names():
        assert zones.zone(clean_zone(name)).key == name


def test_a_strangers_form_doesnt_change_a_known_reader(session: Session, keys: Keys) -> None:
    ana = find_or_add(session, keys, email="a@x.com", name="Ana", zone="Europe/Lisbon", now=NOW)
    eve = find_or_add(session, keys, email="a@x.com", name="Eve", zone="Asia/Tokyo", now=NOW)
    assert eve.id == ana.id
    assert (eve.name, eve.zone) == ("Ana", "Europe/Lisbon")
    assert by_email(session, "a@x.com") is ana
    assert ana.digest == keys.digest("A@X.com")
