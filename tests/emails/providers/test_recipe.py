"""docs/providers.md, followed to the letter for a vendor nobody has, in a copy of the house."""

import os
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from emails.providers.registry import VENDORS as REGISTRY
from tests.players.played import Vendor
from tests.support.vendors import VENDORS

ROOT = Path(__file__).parents[3]
RECIPE = Path(__file__).parent / "recipe"
DOCUMENT = (ROOT / "docs" / "providers.md").read_text(encoding="utf-8")

PACKAGES = ("course", "emails", "scheduler", "app", "tests/players", "tests/support")
FILES = (
    "pyproject.toml",
    "settings.toml",
    "tests/__init__.py",
    "tests/emails/__init__.py",
    "tests/emails/providers/__init__.py",
    "tests/emails/providers/test_contract.py",
    "tests/emails/providers/test_hooks.py",
)
# Lines to add to a file that is there already, each in front of what it comes before.
LINES = [
    (
        "emails/providers/registry.py",
        "from emails.providers.pigeon import PigeonOptions, PigeonProvider\n",
        "from emails.providers.postmark ",
    ),
    (
        "emails/providers/registry.py",
        '    "pigeon": Entry(PigeonOptions, PigeonProvider),\n',
        '    "smtp": Entry(',
    ),
    ("tests/support/vendors.py", "    pigeon,\n", "    postmark,\n"),
    ("tests/support/vendors.py", "    pigeon.PLAYED,\n", "    smtp.PLAYED,\n"),
]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with everything in it that the recipe names, and nothing else."""
    house = tmp_path_factory.mktemp("house")
    for package in PACKAGES:
        # With what is compiled already, which saves seconds; not with what is being compiled.
        half_done = shutil.ignore_patterns("*.pyc.*")
        shutil.copytree(ROOT / package, house / package, ignore=half_done)
    for name in FILES:
        (house / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, house / name)
    for new in new_files():
        (house / new).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(RECIPE / new, house / new)
    for name, line, place in LINES:
        text = (house / name).read_text(encoding="utf-8")
        assert text.count(place) == 1
        (house / name).write_text(text.replace(place, line + place), encoding="utf-8")
    with (house / "settings.toml").open("a", encoding="utf-8") as settings:
        settings.write((RECIPE / "settings.toml").read_text(encoding="utf-8"))
    return house


def new_files() -> list[Path]:
    named = (file.relative_to(RECIPE) for file in RECIPE.glob("*/**/*.*"))
    return [file for file in named if file.suffix in {".py", ".json"}]


def run(house: Path, *words: str) -> str:
    """Python in the copy, which knows nothing of the house it was copied from."""
    ours = ("LETTERCOURSE_", "PYTEST_", "COV_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=house,
        env={**kept, "PYTHONPATH": str(house)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_whoever_follows_the_recipe_holds_to_the_contract(house: Path) -> None:
    said = run(house, "-m", "pytest", "-k", "pigeon", "-p", "no:cacheprovider")
    passed = re.search(r"^(\d+) passed", said, re.MULTILINE)
    assert passed is not None, said
    assert int(passed[1]) > 40


def test_the_settings_know_who_was_added(house: Path) -> None:
    ask = "from app.settings import load_settings; print(load_settings().emails.pigeon.base_url)"
    assert run(house, "-c", ask).strip() == "https://api.pigeon.example"


def test_the_recipe_names_every_file_and_line_that_it_takes() -> None:
    lines = [part for name, line, _ in LINES for part in (name, line.strip())]
    folders = [str(file if file.suffix == ".py" else file.parent) for file in new_files()]
    section = (RECIPE / "settings.toml").read_text(encoding="utf-8").strip().splitlines()[0]
    needed = [in_general(part) for part in (*lines, *folders, section)]
    assert [part for part in needed if part not in DOCUMENT] == []


def in_general(words: str) -> str:
    return words.replace("pigeon", "NAME").replace("Pigeon", "Name")


@pytest.mark.parametrize("played", VENDORS, ids=[vendor.name for vendor in VENDORS])
def test_the_table_tells_what_the_code_declares(played: Vendor) -> None:
    ours = played.provider(f"{played.scheme}://127.0.0.1:9")
    ours.close()
    call = "one" if played.one_call_each else f"up to {ours.max_batch}"
    [row] = re.findall(rf"^\| {played.name} \| (.+) \|$", DOCUMENT, re.MULTILINE)
    told = row.split(" | ")
    assert told[:2] == [call, in_words(ours.dedupe_window)]
    assert told[2].partition(":")[0] == signs(played)
    assert ("time" in told[2]) == played.dates_its_calls


def test_the_table_names_all_there_are() -> None:
    names = re.findall(r"^\| ([a-z]+) \|", DOCUMENT, re.MULTILINE)
    assert names == ["provider", *REGISTRY]


def in_words(window: timedelta) -> str:
    minutes = int(window.total_seconds()) // 60
    if not minutes:
        return "no"
    return f"{minutes} minutes" if minutes % 60 else f"{minutes // 60} hours"


def signs(played: Vendor) -> str:
    if not played.has_webhooks:
        return "has none"
    return "yes" if played.signs_the_body or played.proof_in_body else "no"
