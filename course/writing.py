"""Writing on a page: a draft while typing, kept when its writer says so, in any number of windows.

The reader's enrolment is locked by whoever calls, so that her windows come one after the other.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy.orm import Session

from course import drafts, reflections
from course.drafts import Draft
from course.enrolments import Enrolment
from course.reflections import Reflection
from course.vault import Vault


@dataclass(frozen=True, repr=False)
class Written:
    """What one window sends: words, the name they go by, and the states it goes on from.

    `kept` and `draft` count the changes it knows of, 0 where it knows of none.
    """

    id: str
    words: str
    kept: int = 0
    draft: int = 0
    shared: bool = False


@dataclass(frozen=True)
class Saved:
    """Under which name, and as which state, a draft goes on."""

    id: str
    draft: int


def keep(
    session: Session,
    vault: Vault,
    enrolment: Enrolment,
    lesson: str | None,
    written: Written,
    at: datetime,
) -> tuple[Reflection, bool]:
    """Keep these words; the same once more changes nothing.

    Where another window changed or deleted them meanwhile nothing is overwritten: they are kept
    beside what is there, and the second value is True.
    """
    found = session.get(Reflection, written.id)
    beside = False
    if found is not None and _stands(found, enrolment) and found.revision == written.kept:
        reflections.change(session, vault, found, words=written.words, shared=written.shared, at=at)
    elif found is None or not _stands(found, enrolment) or not _same(vault, found, written):
        beside = found is not None or written.kept > 0
        found = reflections.keep(
            session,
            vault,
            enrolment=enrolment,
            lesson=lesson,
            words=written.words,
            at=at,
            shared=written.shared,
            reflection_id=uuid4().hex if found else written.id,
        )
    _end_draft(session, vault, enrolment, written)
    return found, beside


def save(
    session: Session,
    vault: Vault,
    enrolment: Enrolment,
    lesson: str | None,
    written: Written,
    at: datetime,
) -> Saved | None:
    """Save these words as a draft, and none where all is taken away or kept already.

    Nothing at all is returned where there are too many drafts.
    """
    kept = reflections.find(session, enrolment.id, written.id)
    if not written.words or (kept is not None and written.words == reflections.read(vault, kept)):
        known = drafts.find(session, enrolment.id, written.id)
        if known is not None and known.revision == written.draft:
            drafts.put_away(known, at)
        return Saved(written.id, 0)
    draft = drafts.save(
        session,
        vault,
        enrolment,
        lesson,
        draft_id=written.id,
        revision=written.draft,
        words=written.words,
        at=at,
    )
    return Saved(draft.id, draft.revision) if draft else None


def _stands(found: Reflection, enrolment: Enrolment) -> bool:
    return found.enrolment_id == enrolment.id and found.deleted_at is None


def _same(vault: Vault, found: Reflection, written: Written) -> bool:
    return found.shared == written.shared and reflections.read(vault, found) == written.words


def _end_draft(session: Session, vault: Vault, enrolment: Enrolment, written: Written) -> None:
    """Its words are kept now; what another window went on writing stays a draft."""
    draft: Draft | None = drafts.find(session, enrolment.id, written.id)
    if draft is None:
        return
    if draft.revision == written.draft or drafts.read(vault, draft) == written.words:
        session.delete(draft)
