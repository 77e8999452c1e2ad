"""Sealed words open with the right key at the right place, and nowhere else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.errors import KeyMissing
from course.keys import new_secret, parse_keys
from course.vault import Vault
from tests.course.specimens import make_keys

steady = settings(derandomize=True, deadline=None, max_examples=200)

OLD, NEW = new_secret(), new_secret()
VAULT = Vault(parse_keys(OLD))
PLACE = "reflections.words:1"


@steady
@given(st.binary(max_size=5000), st.text(max_size=80))
def test_what_is_sealed_opens_again(words: bytes, place: str) -> None:
    sealed = VAULT.seal(words, place)
    assert VAULT.open(sealed, place) == words
    assert len(words) < 4 or words not in sealed


@steady
@given(st.binary(), st.text(), st.text())
def test_words_moved_to_another_place_dont_open(words: bytes, here: str, there: str) -> None:
    sealed = VAULT.seal(words, here)
    if here != there:
        with pytest.raises(KeyMissing):
            VAULT.open(sealed, there)


def test_no_changed_bit_opens() -> None:
    sealed = VAULT.seal(b"private", PLACE)
    for position in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(KeyMissing):
            VAULT.open(bytes(changed), PLACE)


def test_no_part_of_sealed_words_opens() -> None:
    sealed = VAULT.seal(b"private", PLACE)
    for length in range(len(sealed)):
        with pytest.raises(KeyMissing):
            VAULT.open(sealed[:length], PLACE)


def test_the_same_words_never_look_the_same() -> None:
    assert len({VAULT.seal(b"private", PLACE) for _ in range(100)}) == 100


def test_old_words_stay_readable_after_the_key_is_changed() -> None:
    sealed = VAULT.seal(b"private", PLACE)
    rotated = Vault(parse_keys(f"{OLD}\n{NEW}"))
    assert rotated.open(sealed, PLACE) == b"private"


def test_new_words_use_the_new_key() -> None:
    sealed = Vault(parse_keys(f"{OLD}\n{NEW}")).seal(b"private", PLACE)
    assert Vault(parse_keys(NEW)).open(sealed, PLACE) == b"private"
    with pytest.raises(KeyMissing, match="bring that key back"):
        VAULT.open(sealed, PLACE)


def test_neither_words_nor_keys_show_in_a_repr_or_an_error() -> None:
    secret = new_secret()
    keys = parse_keys(secret)
    vault = Vault(keys)
    shown = f"{keys!r} {keys} {vault!r} {vault}"
    with pytest.raises(KeyMissing) as caught:
        Vault(make_keys()).open(vault.seal(b"private", PLACE), PLACE)
    shown += repr(caught.value)
    assert secret not in shown
    assert "private" not in shown
    assert not any(key.hex() in shown for key in keys.encryption.values())
