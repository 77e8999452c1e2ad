"""The page of one letter's exercise as its template needs it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fastapi.responses import HTMLResponse

from app.web.headers import WRITING_POLICY
from app.web.pages import Site, sender_of
from app.web.readers import link
from course import drafts, reflections, spoken
from course.catalogue import Course
from course.drafts import KEPT_DAYS
from course.enrolments import Enrolment
from course.language import mark
from course.lessons import Lesson
from course.reflections import UNDO_LIFE, WORDS_LENGTH
from course.writing import Written
from emails.links import Purpose

NOTHING_WRITTEN = mark("Write a line first; then it can be kept.")
TOO_LONG = mark(
    "This is longer than the %(most)s signs that fit here. Nothing was kept yet: take a part out, "
    "keep it, and keep the rest after it."
)
TOO_MANY = mark(
    "This draft isn’t saved, since too many others wait already. Keep it, or delete one of those."
)


class Said(StrEnum):
    """What has just been done, as a page's address says it."""

    KEPT = "kept"
    SHARED = "shared"
    BESIDE = "beside"
    DRAFT = "draft"
    DELETED = "deleted"
    UNDONE = "undone"
    TOO_LATE = "too-late"


SENTENCES = {
    Said.KEPT: mark("Kept, for you only."),
    Said.SHARED: mark("Kept, and shared with %(who)s."),
    Said.BESIDE: mark(
        "While you wrote, these words were changed or deleted in another window. So that nothing "
        "is lost, yours are kept beside them. Delete whatever you don’t need."
    ),
    Said.DRAFT: mark("Your draft is saved. Nobody but you sees it."),
    Said.DELETED: mark("Deleted. For %(minutes)s minutes you can take that back."),
    Said.UNDONE: mark("It is back."),
    Said.TOO_LATE: mark(
        "These words are gone for good; they could be taken back for %(minutes)s minutes."
    ),
}


@dataclass(frozen=True, repr=False)
class Box:
    """What stands in the box, under which name, and the states it goes on from."""

    id: str
    words: str = ""
    kept: int = 0
    draft: int = 0
    shared: bool = False
    saved_at: datetime | None = None

    @classmethod
    def of_draft(cls, draft: drafts.Opened) -> "Box":
        return cls(draft.id, draft.words, draft=draft.revision, saved_at=draft.saved_at)

    @classmethod
    def of_written(cls, written: Written) -> "Box":
        return cls(written.id, written.words, written.kept, written.draft, written.shared)


@dataclass(frozen=True, repr=False)
class Desk:
    """Everything of one reader's that belongs to one letter, or to none."""

    token: str
    enrolment: Enrolment
    course: Course | None
    lesson: Lesson | None
    kept: list[reflections.Opened]
    drafts: list[drafts.Opened]

    @property
    def names(self) -> set[str]:
        return {one.id for one in self.kept}

    def box(self, writing_id: str) -> Box | None:
        """To go on with these words: as they are kept, or as far as their draft has come."""
        kept = next((one for one in self.kept if one.id == writing_id), None)
        draft = next((one for one in self.drafts if one.id == writing_id), None)
        if kept is None:
            return Box.of_draft(draft) if draft else None
        begun = draft or kept
        return Box(
            id=writing_id,
            words=begun.words,
            kept=kept.revision,
            draft=draft.revision if draft else 0,
            shared=kept.shared,
            saved_at=draft.saved_at if draft else None,
        )


def show(
    site: Site,
    desk: Desk,
    box: Box,
    *,
    said: Said | None = None,
    of: str = "",
    error: str | None = None,
    status: int = 200,
) -> HTMLResponse:
    zone, minutes = desk.enrolment.subscriber.zone, UNDO_LIFE.seconds // 60
    language = site.house.catalogue.language(desk.enrolment.course)
    who = sender_of(site.house, desk.course) if desk.course else site.house.settings.owner.name
    return site.pages.show(
        "reflect.html",
        status,
        policy=WRITING_POLICY,
        course=desk.course,
        desk=desk,
        box=box,
        others=[one for one in desk.drafts if one.id != box.id],
        editing=next((one for one in desk.kept if one.id == box.id), None),
        who=who,
        said=language.say(SENTENCES[said], who=who, minutes=minutes) if said else "",
        of=of if said == Said.DELETED else "",
        error=language.say(error, most=spoken.figure(WORDS_LENGTH, language)) if error else None,
        longest=WORDS_LENGTH,
        kept_days=KEPT_DAYS,
        moment=lambda at: spoken.moment(at, zone, language),
        day=lambda at: spoken.local_day(at, zone, language),
        letters_path=link(site, Purpose.LETTERS, desk.enrolment),
        keepsake_path=link(site, Purpose.KEEPSAKE, desk.enrolment),
    )
