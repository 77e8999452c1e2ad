"""A copied database, opened elsewhere by the real commands: nothing leaves until it is released."""

import json
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.schema import METADATA
from course.database import Database
from course.keys import new_secret
from tests.support.postgres import Cluster
from tests.support.served import installation, run, serving

PATIENCE_SECONDS = 20

Environment = Mapping[str, str]


@dataclass(frozen=True)
class Pair:
    """An installation with two confirmations to send, and a copy of its database elsewhere."""

    original: Environment
    copy: Environment


@pytest.fixture(params=["sqlite", "postgresql"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    if request.param == "sqlite":
        file = here / "lettercourse.sqlite3"
        original = populated(here, f"sqlite:///{file}")
        shutil.copy(file, there)
        yield Pair(original, installation(there, f"sqlite:///{there / file.name}"))
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    url: str = request.getfixturevalue("postgresql_url")
    empty(url)
    original = populated(here, url)
    copied = cluster.copy_database(url)
    yield Pair(original, installation(there, copied))
    cluster.drop_database(copied)


def empty(url: str) -> None:
    database = Database(url)
    METADATA.drop_all(database.engine)
    database.engine.dispose()


def populated(folder: Path, url: str) -> Environment:
    environment = installation(folder, url)
    readers = folder / "readers.csv"
    readers.write_text("email,name,timezone\nana@example.com,,\nbo@example.com,,\n")
    for words in (("migrate",), ("readers", "import", str(readers), "--course", "six-letters")):
        done = run(environment, *words)
        assert done.returncode == 0, done.stderr
    return environment


def told(environment: Environment, *words: str) -> Any:
    return json.loads(run(environment, *words, "--json").stdout)


def test_nothing_leaves_a_copy_until_it_is_released(pair: Pair) -> None:
    ticked = told(pair.copy, "tick")
    assert (ticked["planned"], ticked["accepted"], ticked["this_tick"]["calls"]) == (2, 0, 0)
    assert "lettercourse release" in ticked["held"]
    assert "another installation" in run(pair.copy, "tick").stdout.splitlines()[0]
    assert "another installation" in told(pair.copy, "status")["held"]
    assert "another installation" in run(pair.copy, "status").stdout.splitlines()[0]

    looked = run(pair.copy, "release")
    assert looked.returncode == 1
    assert "Would leave now: 2 emails to 2 readers." in looked.stdout
    assert "confirmation" in looked.stdout
    assert told(pair.copy, "tick")["accepted"] == 0

    assert run(pair.copy, "release", "--yes").returncode == 0
    ticked = told(pair.copy, "tick")
    assert (ticked["accepted"], ticked["held"]) == (2, None)
    assert told(pair.copy, "status")["held"] is None


def test_a_copy_opened_elsewhere_does_not_disturb_the_original(pair: Pair) -> None:
    run(pair.copy, "tick")
    ticked = told(pair.original, "tick")
    assert (ticked["accepted"], ticked["held"]) == (2, None)


def test_a_serving_copy_is_held_and_goes_on_when_it_is_released(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    populated(here, f"sqlite:///{here / 'one.sqlite3'}")
    shutil.copy(here / "one.sqlite3", there)
    with serving(there, f"sqlite:///{there / 'one.sqlite3'}") as served:
        assert told(served.environment, "tick")["planned"] == 2
        assert "another installation" in served.log.read_text()
        served.run("release", "--yes")
        # Who is quicker sends them: this tick, or the server, which may be at it just then.
        until = time.monotonic() + PATIENCE_SECONDS
        while told(served.environment, "tick")["accepted"] < 2 and time.monotonic() < until:
            time.sleep(0.2)
        assert told(served.environment, "status")["accepted"] == 2


def test_hold_and_release_on_one_installation(tmp_path: Path) -> None:
    home = populated(tmp_path, f"sqlite:///{tmp_path / 'one.sqlite3'}")
    assert run(home, "release").stdout == "Nothing is held.\n"
    assert run(home, "hold", "--because", "I move house.").returncode == 0
    assert "I move house." in told(home, "tick")["held"]
    assert run(home, "release", "--yes").returncode == 0
    assert told(home, "tick")["accepted"] == 2


def test_several_processes_of_one_installation_share_its_mark(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'one.sqlite3'}"
    populated(tmp_path, url)
    with_keys = installation(tmp_path, url, LETTERCOURSE_SECURITY__KEYS=new_secret())
    assert [told(with_keys, "tick")["held"] for _ in range(2)] == [None, None]


def test_with_keys_from_the_environment_the_mark_is_kept_beside_the_key_store(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'one.sqlite3'}"
    home = installation(tmp_path, url, LETTERCOURSE_SECURITY__KEYS=new_secret())
    assert run(home, "migrate").returncode == 0
    assert not (tmp_path / "keys").exists()
    assert (tmp_path / "keys.installation").exists()
    assert told(home, "tick")["held"] is None
