"""Proof from the database alone that the promises about letters are kept, or where they aren't.

Each question is a function of its own that changes nothing and yields what it finds. All of them
read whole tables: an audit is for now and then, not for every tick.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from course.catalogue import Catalogue
from scheduler import audit_letters, audit_outbox, audit_pace
from scheduler.breaches import Breach

OF_THE_DATABASE = (
    audit_letters.stranded,
    audit_letters.dated_in_vain,
    audit_letters.doubled,
    audit_letters.noted_without_delivery,
    audit_letters.delivered_without_note,
    audit_outbox.out_of_reach,
    audit_outbox.claimable_twice,
    audit_outbox.left_behind,
)
OF_A_MOMENT = (audit_letters.unplanned, audit_outbox.ownerless)


def audit(session: Session, catalogue: Catalogue, now: datetime) -> Iterator[Breach]:
    """Everything that isn't as promised at `now`; nothing at all when all is well."""
    for question in OF_THE_DATABASE:
        yield from question(session)
    for timed in OF_A_MOMENT:
        yield from timed(session, now)
    yield from audit_pace.after_goodbye(session)
    yield from audit_pace.out_of_order(session)
    yield from audit_pace.sent_though_skipped(session)
    yield from audit_pace.too_close(session, catalogue)
