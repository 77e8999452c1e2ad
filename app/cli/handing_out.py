"""What is handed out: other people's words to a terminal, private things to a file."""

import os
from pathlib import Path
from unicodedata import category

from app.errors import CommandError

FOR_ITS_OWNER = 0o600


def plain(words: str) -> str:
    """Without control characters, which a terminal would obey instead of showing them."""
    spaced = words.replace("\t", " ")
    return "".join(sign for sign in spaced if sign == "\n" or category(sign) != "Cc")


def write_private(file: Path, content: bytes) -> None:
    """A new file for its owner only, whole or not there at all.

    Raises CommandError where there is a file already: nothing takes another one's place.
    """
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FOR_ITS_OWNER)
    except FileExistsError as error:
        sentence = f"{file} is there already; name another file, or remove it first."
        raise CommandError(sentence) from error
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
    except OSError:
        file.unlink()
        raise
