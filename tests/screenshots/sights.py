"""All that readers and owners see: each page in each of its states, and each email."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.screenshots import booking, others, reading, signing_up, tongues
from tests.screenshots.stage import Sight

PARTS = {
    "Signing up, and goodbye": signing_up.sights,
    "A reader’s own pages": reading.sights,
    "Booking": booking.sights,
    "Trouble": others.trouble,
    "The trial mailbox": others.mailbox,
    "Emails": others.emails,
    "In other languages": tongues.sights,
}


def sights(folder: Path) -> Iterator[Sight]:
    for part, seen in PARTS.items():
        for sight in seen(folder):
            yield replace(sight, part=part)
