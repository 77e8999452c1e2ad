"""What the owner says of her own calendars: secrets come from outside, mistakes have a cure."""

from pathlib import Path

import pytest

from app.errors import SettingsError
from app.settings import load_settings
from emails.agenda_hosts import AgendaFile, CalDav
from tests.support.calendar_host import PATH, Answer, calendar_host
from tests.support.houses import SHIPPED_SETTINGS
from tests.support.served import installation, run

BUSY = "LETTERCOURSE_BOOKING__BUSY__"
SECRET = "https://calendar.example/secret-path/basic.ics"


@pytest.fixture(autouse=True)
def shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETTERCOURSE_SETTINGS", str(SHIPPED_SETTINGS))


def mistakes() -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "secret-path" not in str(caught.value)
    return dict(line.split(": ", 1) for line in caught.value.mistakes)


def test_as_shipped_no_calendar_is_asked() -> None:
    assert load_settings().booking.busy.hosts == []


def test_addresses_come_from_a_file_one_a_line_and_stay_hidden(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "addresses"
    file.write_text(f"{SECRET}\nwebcal://other.example/secret-path/\n")
    monkeypatch.setenv(f"{BUSY}ADDRESSES_FILE", str(file))
    settings = load_settings()
    other = "https://other.example/secret-path/"
    assert settings.booking.busy.hosts == [AgendaFile(SECRET), AgendaFile(other)]
    assert "secret-path" not in repr(settings)


def test_a_login_at_a_caldav_server_is_whole_or_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{BUSY}CALDAV_URL", "https://dav.example/me/work/")
    assert mistakes() == {
        "booking.busy.caldav_username": f"is missing; give it as {BUSY}CALDAV_USERNAME.",
        "booking.busy.caldav_password": f"is missing; give it as {BUSY}CALDAV_PASSWORD.",
    }
    monkeypatch.setenv(f"{BUSY}CALDAV_USERNAME", "me")
    monkeypatch.setenv(f"{BUSY}CALDAV_PASSWORD", "secret-word")
    settings = load_settings()
    assert settings.booking.busy.hosts == [
        CalDav("https://dav.example/me/work/", "me", "secret-word")
    ]
    assert "secret-word" not in repr(settings)


@pytest.mark.parametrize(
    "address",
    [
        "http://calendar.example/secret-path",
        f"{SECRET} http://calendar.example/secret-path",
        "calendar.example/secret-path",
        "file:///secret-path",
        "https:///secret-path",
    ],
)
def test_what_is_no_address_is_named_without_it(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{BUSY}ADDRESSES", address)
    monkeypatch.setenv(f"{BUSY}CALDAV_URL", address.rsplit(maxsplit=1)[-1])
    found = mistakes()
    for key in ("addresses", "caldav_url"):
        assert found[f"booking.busy.{key}"] == (
            "isn't a calendar's address; each begins with https:// or webcal://."
        )


@pytest.mark.parametrize("key", ["addresses", "caldav_password"])
def test_a_secret_in_the_file_is_refused(
    key: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "settings.toml"
    text = SHIPPED_SETTINGS.read_text()
    file.write_text(text.replace("[booking.busy]", f'[booking.busy]\n{key} = "{SECRET}"'))
    monkeypatch.setenv("LETTERCOURSE_SETTINGS", str(file))
    assert mistakes()[f"booking.busy.{key}"].startswith("a secret doesn't belong in")


def test_the_doctor_tells_of_a_calendar_that_cannot_be_read(tmp_path: Path) -> None:
    with calendar_host() as host:
        host.answers[PATH] = Answer(404)
        url = f"sqlite:///{tmp_path / 'lettercourse.sqlite3'}"
        home = installation(tmp_path, url, **{f"{BUSY}ADDRESSES": host.url})
        done = run(home, "doctor")
    assert "wrong calendar: 127.0.0.1 knows no calendar at this address" in done.stdout
    assert "secret-path" not in done.stdout + done.stderr
