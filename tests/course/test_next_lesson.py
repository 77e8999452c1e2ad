"""Which letter comes next when the author has changed a running course (law 10)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.pacing import next_lesson
from tests.course.specimens import make_course

steady = settings(derandomize=True, deadline=None, max_examples=300)

SLUGS = ("a", "b", "c", "d", "e", "f")
orders = st.permutations(SLUGS)
subsets = st.sets(st.sampled_from(SLUGS))


def following(order: tuple[str, ...] | list[str], had: set[str]) -> str | None:
    lesson = next_lesson(make_course(*order), had)
    return lesson.slug if lesson else None


def read_to_the_end(order: list[str], had: set[str]) -> list[str]:
    """What a reader still gets when nothing more is changed."""
    seen, letters = set(had), []
    while (slug := following(order, seen)) is not None:
        letters.append(slug)
        seen.add(slug)
    return letters


@pytest.mark.parametrize(
    ("change", "order", "had", "expected"),
    [
        ("nothing", "abc", "a", "b"),
        ("nothing, at the start", "abc", "", "a"),
        ("nothing, at the end", "abc", "abc", None),
        ("inserted ahead", "axbc", "a", "x"),
        ("inserted behind", "axbc", "ab", "c"),
        ("inserted behind the last", "axbc", "abc", None),
        ("appended after the end", "abcd", "abc", "d"),
        ("the next one removed", "ac", "a", "c"),
        ("one she had removed", "bc", "a", "b"),
        ("all she had removed", "xyz", "abc", "x"),
        ("moved ahead of her", "bac", "b", "a"),
        ("moved behind her", "acb", "ac", "b"),
        ("moved behind where she is", "cab", "ab", None),
    ],
)
def test_a_changed_course_goes_on_from_the_last_letter_had(
    change: str, order: str, had: str, expected: str | None
) -> None:
    assert following(tuple(order), set(had)) == expected, change


@steady
@given(orders, subsets)
def test_no_letter_comes_twice_in_any_order(order: list[str], had: set[str]) -> None:
    letters = read_to_the_end(order, had)
    assert not had & set(letters)
    assert len(set(letters)) == len(letters)


@steady
@given(orders, subsets)
def test_letters_come_in_todays_order_and_only_after_the_last_one_had(
    order: list[str], had: set[str]
) -> None:
    last = max((order.index(slug) for slug in had), default=-1)
    assert read_to_the_end(order, had) == order[last + 1 :]


@steady
@given(orders, st.integers(0, len(SLUGS)))
def test_a_reader_of_an_unchanged_course_gets_every_letter(order: list[str], number: int) -> None:
    assert order[:number] + read_to_the_end(order, set(order[:number])) == order


@steady
@given(orders, st.integers(0, len(SLUGS)), subsets)
def test_removed_letters_are_passed_over_and_no_other_is_lost(
    order: list[str], number: int, removed: set[str]
) -> None:
    left = [slug for slug in order if slug not in removed]
    had = set(order[:number])
    ahead = [slug for slug in order[number:] if slug not in removed]
    assert read_to_the_end(left, had) == ahead


@steady
@given(orders, st.integers(0, len(SLUGS)), st.integers(0, len(SLUGS)))
def test_an_inserted_letter_reaches_those_who_are_not_yet_there_and_nobody_else(
    order: list[str], number: int, place: int
) -> None:
    longer = [*order[:place], "new", *order[place:]]
    letters = read_to_the_end(longer, set(order[:number]))
    assert ("new" in letters) == (place >= number)
    assert [slug for slug in letters if slug != "new"] == order[number:]
