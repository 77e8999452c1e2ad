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
        ("inserted behind where she is", "axbc", "ab", "x"),
        ("inserted once she had all", "axbc", "abc", "x"),
        ("appended after the end", "abcd", "abc", "d"),
        ("the next one removed", "ac", "a", "c"),
        ("one she had removed", "bc", "a", "b"),
        ("all she had removed", "xyz", "abc", "x"),
        ("the next one moved to the front", "bac", "a", "b"),
        ("one she had moved to the end", "bca", "a", "b"),
    ],
)
def test_a_changed_course_goes_on_with_the_first_letter_not_had(
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
def test_every_letter_not_had_comes_in_todays_order(order: list[str], had: set[str]) -> None:
    assert read_to_the_end(order, had) == [slug for slug in order if slug not in had]


@steady
@given(orders, st.integers(0, len(SLUGS)), subsets)
def test_removed_letters_are_passed_over_and_no_other_is_lost(
    order: list[str], number: int, removed: set[str]
) -> None:
    left = [slug for slug in order if slug not in removed]
    ahead = [slug for slug in order[number:] if slug not in removed]
    assert read_to_the_end(left, set(order[:number])) == ahead


@steady
@given(orders, st.integers(0, len(SLUGS)), st.integers(0, len(SLUGS)))
def test_an_inserted_letter_reaches_everybody_still_in_the_course(
    order: list[str], number: int, place: int
) -> None:
    longer = [*order[:place], "new", *order[place:]]
    letters = read_to_the_end(longer, set(order[:number]))
    assert "new" in letters
    assert [slug for slug in letters if slug != "new"] == order[number:]
