"""The owner's way back for an address whose emails came back."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.bootstrap import build
from app.settings import load_settings
from course.subscribers import by_email
from emails.suppression import EVERYTHING, Reason, suppress
from scheduler import pauses
from tests.support.served import installation, run

COURSE = "six-letters"

ANA = "ana@example.com"


@pytest.fixture
def suppressed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: Reason
) -> Mapping[str, str]:
    home = installation(tmp_path, f"sqlite:///{tmp_path / 'lettercourse.sqlite3'}")
    file = tmp_path / "readers.csv"
    file.write_text(f"email,name,timezone\n{ANA},,UTC\n")
    run(home, "migrate")
    run(home, "readers", "import", str(file), "--course", COURSE)
    for name, value in home.items():
        monkeypatch.setenv(name, value)
    house = build(load_settings())
    with house.database.transaction() as session:
        reader = by_email(session, ANA)
        assert reader is not None
        suppress(session, reader.digest, EVERYTHING, reason, house.clock.now())
        pauses.stop_letters(session, "Too many came back.", house.clock.now())
    house.database.engine.dispose()
    return home


@pytest.mark.parametrize("reason", [Reason.HARD_BOUNCE, Reason.SOFT_BOUNCES])
def test_what_bounced_may_be_written_to_again(suppressed: Mapping[str, str]) -> None:
    assert "may be written to again" in run(suppressed, "readers", "allow", ANA).stdout
    card = json.loads(run(suppressed, "readers", "show", ANA, "--json").stdout)
    assert card["suppressed"] == []
    again = run(suppressed, "readers", "allow", ANA)
    assert again.returncode == 1
    assert "Nothing keeps" in again.stderr


@pytest.mark.parametrize("reason", [Reason.COMPLAINT, Reason.ERASED])
def test_her_own_no_stays(suppressed: Mapping[str, str]) -> None:
    refused = run(suppressed, "readers", "allow", ANA)
    assert refused.returncode == 1
    assert "her own word" in refused.stderr


@pytest.mark.parametrize("reason", [Reason.HARD_BOUNCE])
def test_letters_that_were_stopped_are_named_and_let_go(suppressed: Mapping[str, str]) -> None:
    status = run(suppressed, "status").stdout
    assert "Too many came back. Letters wait; let them go with: lettercourse release" in status
    assert "Too many came back." in run(suppressed, "release", "--yes").stdout
    assert "Too many came back." not in run(suppressed, "status").stdout
