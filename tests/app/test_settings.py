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


@pytest.mark.parametrize(
    ("name", "value", "cure"),
    [
        ("WEB__TRUSTED_PROXIES", "10.0.0.1", "LETTERCOURSE_WEB__TRUSTED_PROXIES='[\"10.0.0.1\"]'"),
        ("BOOKING__DAYS_OFF", "2026-12-24", "LETTERCOURSE_BOOKING__DAYS_OFF='[\"2026-12-24\"]'"),
        ("EMAILS__SES__TOPICS", "arn", "LETTERCOURSE_EMAILS__SES__TOPICS='[\"arn\"]'"),
        ("WEB", "foo", "web: is a section"),
        ("BOOKING__HOURS", '{"tuesday": [5]}', "write one such as 09:00-12:00"),
        ("CONTENT__TEMPLATES", "/nope", "there is no folder /nope"),
    ],
)
def test_a_value_of_another_form_is_answered_with_its_own(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, cure: str
) -> None:
    monkeypatch.setenv(f"LETTERCOURSE_{name}", value)
    (line,) = mistakes()
    assert cure in line


@pytest.mark.parametrize(
    "url",
    [
        "sqlite+foo:////x",
        "sqlite://host/x.db",
        "sqlite://me:hunter2@host/x.db",
        "postgresql://me:hunter2:c@d:x/e",
        "sqlite:///x.db?timeout=abc",
        "mysql://me:hunter2@host/db",
        "hunter2",
        "",
    ],
)
def test_an_address_that_opens_no_database_is_answered_with_one_that_does(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("LETTERCOURSE_DATABASE__URL", url)
    (line,) = mistakes()
    assert line.startswith("database.url: ")
    assert "://" in line
    assert "hunter2" not in line


def own_file(folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    (folder / "own.toml").write_bytes(content)
    monkeypatch.setenv("LETTERCOURSE_SETTINGS", str(folder / "own.toml"))


def test_a_file_in_another_encoding_is_to_be_saved_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = SHIPPED.read_text().replace("Your practice", "Praxis Müller")
    own_file(tmp_path, monkeypatch, text.encode("latin-1", "replace"))
    (line,) = mistakes()
    assert line.endswith("own.toml: isn't saved as UTF-8; save it with that encoding.")


def test_the_mark_that_some_editors_put_in_front_does_no_harm(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own_file(tmp_path, monkeypatch, SHIPPED.read_text().encode("utf-8-sig"))
    assert load_settings().environment == "development"


def test_a_secret_s_file_that_is_no_text_or_no_file_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_bytes(b"\xff\x00")
    monkeypatch.setenv("LETTERCOURSE_EMAILS__RESEND__API_KEY_FILE", str(tmp_path / "key"))
    assert "isn't saved as UTF-8" in mistakes()[0]
    monkeypatch.setenv("LETTERCOURSE_EMAILS__RESEND__API_KEY_FILE", str(tmp_path))
    assert mistakes()[0].startswith(f"{tmp_path}: can't be read (Is a directory)")


def test_a_folder_in_the_place_of_the_file_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LETTERCOURSE_SETTINGS", str(tmp_path))
    assert mistakes()[0].startswith(f"{tmp_path}: can't be read (Is a directory)")


def test_a_logo_that_is_no_path_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = SHIPPED.read_text().replace('logo = ""', "logo = 5")
    own_file(tmp_path, monkeypatch, text.encode())
    (line,) = mistakes()
    assert line.startswith("owner.logo: isn't the path of a picture")
