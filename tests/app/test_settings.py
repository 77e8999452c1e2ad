from datetime import date
from pathlib import Path

import pytest

from app.errors import SettingsError
from app.placeholders import PLACEHOLDERS, placeholders
from app.settings import SECRETS, Settings, load_settings

SHIPPED = Path(__file__).parents[2] / "settings.toml"


@pytest.fixture(autouse=True)
def shipped_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETTERCOURSE_SETTINGS", str(SHIPPED))


def mistakes() -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings()
    return caught.value.mistakes


def test_the_shipped_settings_are_valid() -> None:
    assert load_settings().environment == "development"


def test_every_mistake_is_reported_at_once_with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETTERCOURSE_WEB__PORT", "many")
    monkeypatch.setenv("LETTERCOURSE_OWNER__TIMEZONE", "Mars/Olympus")
    monkeypatch.setenv("LETTERCOURSE_EMAILS__PROVIDER", "pigeon")
    monkeypatch.setenv("LETTERCOURSE_BOOKING__HOURS", '{"tuesday": ["12:00-09:00"]}')
    keys = sorted(line.split(":")[0] for line in mistakes())
    assert keys == ["booking.hours.tuesday.0", "emails.provider", "owner.timezone", "web.port"]


@pytest.mark.parametrize(
    "name", ["LETTERCOURSE_EMALS__PROVIDER", "LETTERCOURSE_EMAILS__RESEND__API_KEI"]
)
def test_a_misspelt_variable_is_not_passed_over(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "x")
    (line,) = mistakes()
    assert "there is no such setting" in line


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETTERCOURSE_EMAILS__RESEND__BASE_URL", "http://127.0.0.1:9")
    assert load_settings().emails.options("resend").base_url == "http://127.0.0.1:9"


def test_a_secret_can_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("re_123\n")
    monkeypatch.setenv("LETTERCOURSE_EMAILS__RESEND__API_KEY_FILE", str(tmp_path / "key"))
    assert load_settings().emails.options("resend").secret("api_key") == "re_123"
    assert "re_123" not in repr(load_settings())


def test_a_missing_secret_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETTERCOURSE_EMAILS__RESEND__API_KEY_FILE", "/nowhere/key")
    (line,) = mistakes()
    assert "/nowhere/key" in line


def test_a_secret_in_the_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    text = SHIPPED.read_text()
    file.write_text(text.replace("[emails.resend]", '[emails.resend]\napi_key = "re_1"'))
    monkeypatch.setenv("LETTERCOURSE_SETTINGS", str(file))
    (line,) = mistakes()
    assert line.startswith("emails.resend.api_key: a secret doesn't belong")


def test_a_password_in_a_bad_database_url_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETTERCOURSE_DATABASE__URL", "mysql://me:hunter2@host/db")
    assert "hunter2" not in "".join(mistakes())


def test_a_missing_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETTERCOURSE_SETTINGS", "/nowhere/settings.toml")
    assert any("/nowhere/settings.toml: there is no such file" in line for line in mistakes())


def test_every_placeholder_is_named_as_shipped() -> None:
    named = {line.split(":")[0] for line in placeholders(load_settings())}
    assert named >= set(PLACEHOLDERS) | {"owner.notes_confirmed", "booking.hours_confirmed"}


def test_every_knob_stands_in_the_shipped_file() -> None:
    text = SHIPPED.read_text()
    missing = [
        f"{section}.{key}"
        for section, field in Settings.model_fields.items()
        for key in getattr(field.annotation, "model_fields", {})
        if not any(
            each in text for each in (f"\n{key} = ", f"[{section}.{key}]", f"[{section}.{key}.")
        )
    ]
    assert [key for key in missing if key not in SECRETS] == []


def test_limits_are_read_as_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().emails.warm_up_from is None
    monkeypatch.setenv("LETTERCOURSE_EMAILS__WARM_UP_FROM", "2026-12-01")
    monkeypatch.setenv("LETTERCOURSE_EMAILS__PER_SECOND", "0.5")
    emails = load_settings().emails
    assert (emails.warm_up_from, emails.per_second) == (date(2026, 12, 1), 0.5)


def test_what_cannot_be_booked_so_is_named_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETTERCOURSE_BOOKING__HOLIDAYS", "ZZ")
    monkeypatch.setenv("LETTERCOURSE_BOOKING__DAYS_OFF", '["Christmas"]')
    monkeypatch.setenv("LETTERCOURSE_BOOKING__CONFIRM", "perhaps")
    monkeypatch.setenv("LETTERCOURSE_BOOKING__DAILY_MAXIMUM", "-1")
    monkeypatch.setenv("LETTERCOURSE_BOOKING__KINDS__VIDEO__MINUTES", "0")
    found = {line.split(":")[0]: line for line in mistakes()}
    assert set(found) == {
        "booking.holidays",
        "booking.days_off.0",
        "booking.confirm",
        "booking.daily_maximum",
        "booking.kinds.video.minutes",
    }
    assert "write a code such as DE" in found["booking.holidays"]
    assert "write 2026-12-24" in found["booking.days_off.0"]


def test_limits_that_cannot_be_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETTERCOURSE_EMAILS__WARM_UP_FROM", "soon")
    monkeypatch.setenv("LETTERCOURSE_EMAILS__PER_DAY", "-1")
    monkeypatch.setenv("LETTERCOURSE_EMAILS__WHEN_IN_DOUBT", "guess")
    keys = {line.split(":")[0] for line in mistakes()}
    assert keys == {"emails.warm_up_from", "emails.per_day", "emails.when_in_doubt"}
