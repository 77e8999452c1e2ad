"""What a form brings along besides what was typed: its age, a proof of work, and a trap."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import Request

from app.admission import Evidence
from app.settings import MAILBOX
from app.web import proof_of_work, visitors
from app.web.pages import Site
from course.language import mark
from emails.errors import BadToken
from emails.links import Purpose

# Nobody reads and fills in a form faster, even with the help of a browser.
QUICKEST = timedelta(seconds=3)
LONGEST = timedelta(hours=24)
TOO_QUICK = mark(
    "That went so fast that it could have been a machine. Please press the button again."
)
TOO_OLD = mark(
    "This form had been open for a while. All of it is still here: please press it once more."
)


def opened(site: Site) -> str:
    """A signed word for the form about when it was handed out."""
    return site.house.tokens.sign(Purpose.FORM, f"{int(site.now.timestamp()):x}")


def challenge(site: Site) -> dict[str, Any]:
    return proof_of_work.challenge(site.house.keys, site.now)


def evidence(site: Site, request: Request, *, proof: str = "", trap: str = "") -> Evidence:
    mail_stays_here = site.house.settings.emails.provider == MAILBOX
    return Evidence(
        network=visitors.network_of(request),
        trial=mail_stays_here and visitors.is_on_this_machine(request),
        proof=proof_of_work.solved(site.house.keys, proof, site.now),
        trapped=bool(trap.strip()),
    )


def trouble_with_age(site: Site, word: str, found: Evidence) -> str | None:
    """Why this form has to come back once, in a marked sentence.

    Not one whose browser has done the work, and not one that somebody put on a page of her own:
    that one has no age, and is counted with those who did no work.
    """
    if found.proof or not word:
        return None
    age = _age(site, word)
    if age is None or age > LONGEST:
        return TOO_OLD
    return TOO_QUICK if age < QUICKEST and not found.trial else None


def _age(site: Site, word: str) -> timedelta | None:
    try:
        seconds = int(site.house.tokens.read(Purpose.FORM, word), 16)
    except BadToken:
        return None
    return site.now - datetime.fromtimestamp(seconds, UTC)
