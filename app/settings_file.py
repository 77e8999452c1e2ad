"""The file that the settings stand in, and those that secrets stand in: where, and how read."""

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic_settings import TomlConfigSettingsSource

from app.errors import SettingsError

FILE_VARIABLE = "LETTERCOURSE_SETTINGS"
DEFAULT_FILE = Path("settings.toml")


class SettingsFile(TomlConfigSettingsSource):
    def _read_file(self, file_path: Any) -> dict[str, Any]:
        return read_toml(file_path)


def settings_file() -> Path:
    return Path(os.environ.get(FILE_VARIABLE, DEFAULT_FILE))


def read_toml(file: Path) -> dict[str, Any]:
    """Raises SettingsError, or OSError for what can't be opened."""
    try:
        return tomllib.loads(text_of(file))
    except FileNotFoundError as error:
        sentence = f"{file}: there is no such file; name yours in {FILE_VARIABLE}."
        raise SettingsError([sentence]) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([f"{file}: can't be read as TOML: {error}."]) from error


def text_of(file: Path) -> str:
    """With or without the mark some editors put in front."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        sentence = f"{file}: isn't saved as UTF-8; save it with that encoding."
        raise SettingsError([sentence]) from error
