"""Whoever was erased and is back, as an older backup or another copy of the database brings her."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bootstrap import House
from app.erasure import erase
from app.tombstones import remembered
from course.subscribers import Subscriber
from emails.suppression import EVERYTHING, Reason, suppress, suppressed

CHUNK = 1000


def erase_again(house: House) -> int:
    """Asked before any work begins, whatever database is found; returns how many were back.

    The row that was erased is meant, and those made before it: whoever asked anew since has a
    newer one. Where there is none her address stays suppressed, as the erasure left it.
    """
    if house.tombstones is None:
        return 0
    back = 0
    for chunk in _chunks(remembered(house.tombstones)):
        with house.database.reading() as session:
            found = _rows(session, chunk)
            known = suppressed(session, chunk.keys())
        for email in [row.email for row in found if row.created_at <= chunk[row.digest]]:
            back += erase(replace(house, tombstones=None), email) is not None
        gone = chunk.keys() - {row.digest for row in found}
        gone -= {digest for digest, course in known if course == EVERYTHING}
        if gone:
            _suppress(house, gone)
    return back


def _chunks(tombstones: Mapping[str, datetime]) -> Iterator[dict[str, datetime]]:
    items = list(tombstones.items())
    for start in range(0, len(items), CHUNK):
        yield dict(items[start : start + CHUNK])


def _rows(session: Session, chunk: Mapping[str, datetime]) -> list[Subscriber]:
    query = select(Subscriber).where(Subscriber.digest.in_(chunk.keys()))
    return list(session.scalars(query))


def _suppress(house: House, digests: set[str]) -> None:
    with house.database.transaction() as session:
        for digest in sorted(digests):
            suppress(session, digest, EVERYTHING, Reason.ERASED, house.clock.now())
