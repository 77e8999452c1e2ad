"""When so many bounce or complain that to go on would spoil the sender's name: letters stop.

Confirmations and booking mail go on, and the owner is told in one sentence.
"""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from emails.providers.hooks import EventKind
from scheduler import pauses
from scheduler.receipts import Receipt

WATCHED = {EventKind.HARD_BOUNCE, EventKind.COMPLAINT}

# More than this many hard bounces among the last so many emails we heard of: a list gone stale.
BOUNCES, BOUNCES_AMONG = 5, 100
# Mailbox providers want less than one complaint in a thousand and act on three.
COMPLAINTS, COMPLAINTS_AMONG = 1, 500

BOUNCED = "Where did these addresses come from? A list that was bought or is old does this."
COMPLAINED = "Did these readers ask for the letters themselves?"


def watch(session: Session, now: datetime) -> None:
    """Stop the letters when what was heard since the owner last said go is beyond bearing."""
    since = pauses.letters_judged_from(session)
    bounced = _count(session, Receipt.hard_bounced_at, BOUNCES_AMONG, since)
    if bounced > BOUNCES:
        reason = f"{bounced} of the last {BOUNCES_AMONG} emails came back as undeliverable."
        pauses.stop_letters(session, f"{reason} {BOUNCED}", now)
        return
    complained = _count(session, Receipt.complained_at, COMPLAINTS_AMONG, since)
    if complained > COMPLAINTS:
        reason = f"{complained} of the last {COMPLAINTS_AMONG} emails were reported as spam."
        pauses.stop_letters(session, f"{reason} {COMPLAINED}", now)


def _count(
    session: Session,
    milestone: InstrumentedAttribute[datetime | None],
    among: int,
    since: datetime | None,
) -> int:
    """How many of the latest receipts have it, counting from `since` on."""
    latest = select(milestone.label("at")).order_by(Receipt.delivery_id.desc()).limit(among)
    recent = latest.subquery()
    query = select(func.count()).where(recent.c.at.is_not(None))
    return session.scalar(query.where(recent.c.at > since) if since else query) or 0
