"""The key file: made once, for its owner only, and older lines stay good."""

import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from course.keys import load_or_make, new_secret, parse_keys

RACERS = 24


def digest_of(path: str) -> str:
    return load_or_make(Path(path)).digest("ana@example.com")


def test_a_new_key_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "data" / "keys"
    before = os.umask(0)
    try:
        load_or_make(file)
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_same_keys_are_read_again(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    assert load_or_make(file).encryption == load_or_make(file).encryption
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys"]


def test_racing_threads_all_get_the_same_keys(tmp_path: Path) -> None:
    for n in range(20):
        file, start = tmp_path / str(n) / "keys", Barrier(RACERS)

        def race(file: Path = file, start: Barrier = start) -> str:
            start.wait()
            return digest_of(str(file))

        with ThreadPoolExecutor(RACERS) as pool:
            runners = [pool.submit(race) for _ in range(RACERS)]
            assert len({runner.result() for runner in runners}) == 1
        assert [entry.name for entry in file.parent.iterdir()] == ["keys"]


def test_racing_processes_all_get_the_same_keys(tmp_path: Path) -> None:
    file = str(tmp_path / "keys")
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        assert len(set(pool.map(digest_of, [file] * 16, chunksize=1))) == 1


def test_a_digest_is_stable_when_keys_are_added() -> None:
    old, new = new_secret(), new_secret()
    before, after = parse_keys(old), parse_keys(f"# since May\n{old}\n\n{new}\n")
    assert after.digest("ana@example.com") == before.digest("ana@example.com")
    assert after.newest_id != before.newest_id
    assert set(before.encryption) < set(after.encryption)


@pytest.mark.parametrize("written", ["ana@example.com", " ANA@Example.com ", "Ana@EXAMPLE.COM\n"])
def test_a_digest_knows_an_address_in_any_spelling(written: str) -> None:
    keys = parse_keys(new_secret())
    assert keys.digest(written) == keys.digest("ana@example.com")


def test_a_digest_cannot_be_made_with_another_installations_keys() -> None:
    mine, theirs = parse_keys(new_secret()), parse_keys(new_secret())
    assert mine.digest("ana@example.com") != theirs.digest("ana@example.com")


@pytest.mark.parametrize("text", ["", "\n# nothing but a remark\n"])
def test_an_empty_key_file_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="needs at least one line"):
        parse_keys(text)


@pytest.mark.parametrize("line", ["short", "A" * 40, "ключ", "=" * 44])
def test_a_line_that_is_no_secret_is_refused_and_not_shown(line: str) -> None:
    with pytest.raises(ValueError, match="isn't a secret of 32 bytes") as caught:
        parse_keys(line)
    assert line not in str(caught.value)


def test_each_secret_gives_three_different_keys() -> None:
    keys = parse_keys(new_secret())
    assert keys.signing[0] != keys.encryption[keys.newest_id]
    assert {len(keys.signing[0]), len(keys.encryption[keys.newest_id])} == {32}


def test_a_key_file_that_is_no_text_is_refused_as_one_without_a_secret(tmp_path: Path) -> None:
    (tmp_path / "keys").write_bytes(b"\xff\xfe\x00secret")
    with pytest.raises(ValueError, match="isn't a secret of 32 bytes"):
        load_or_make(tmp_path / "keys")
