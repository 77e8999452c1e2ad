"""Whom we erased, remembered outside of the database: no older backup brings anybody back.

One line each in a file beside the key store: a keyed hash of the address, and when the erased row
was made. Whoever asks anew later has a newer row, and isn't meant.
"""

import os
import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path

REMARK = (
    "# Who was erased, as keyed hashes. Whenever lettercourse starts, whoever an older backup has\n"
    "# brought back is erased again. Keep it where the key file is.\n"
)
FOR_ITS_OWNER = 0o600
# Wherever it begins: a power cut may have left the line before it unfinished.
LINE = re.compile(r"(?P<digest>[0-9a-f]{64}) (?P<made_at>\S+)$", re.MULTILINE)


def tombstone_file(key_store: Path) -> Path:
    return key_store.with_name(f"{key_store.name}.erased")


def remember(file: Path, digest: str, made_at: datetime) -> None:
    """Added at the end and on the disk before this returns."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, FOR_ITS_OWNER)
    with os.fdopen(descriptor, "a") as tombstones:
        remark = REMARK if tombstones.tell() == 0 else ""
        tombstones.write(f"{remark}{digest} {made_at.isoformat()}\n")
        tombstones.flush()
        os.fsync(tombstones.fileno())


def remembered(file: Path) -> dict[str, datetime]:
    """Each digest with the newest of its erased rows. What isn't a line of ours is passed over."""
    found: dict[str, datetime] = {}
    for line in LINE.finditer(file.read_text() if file.exists() else ""):
        with suppress(ValueError):
            at = datetime.fromisoformat(line["made_at"])
            found[line["digest"]] = max(at, found.get(line["digest"], at))
    return found
