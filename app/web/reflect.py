"""The exercise on a page of its own: a draft while typing, kept when its writer presses the button.

Nobody but its writer sees a draft, nor what she keeps for herself. No words stand in an address.
"""

import unicodedata
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.web import reflect_page
from app.web.pages import Here, Site
from app.web.press import ONLY_PRESSED
from app.web.readers import known, link
from app.web.reflect_page import Box, Desk, Said
from app.web.troubles import NOT_FOUND, UNUSABLE, Trouble
from course import drafts, enrolments, reflections, writing
from course.drafts import Draft
from course.enrolments import CODE_LENGTH, Enrolment
from course.language import mark
from course.reflections import UNDO_LIFE, WORDS_LENGTH, Reflection
from course.writing import Saved, Written
from emails import inbound
from emails.links import Purpose, lesson_tag, lesson_tagged

SEE_OTHER, CONFLICT = 303, 409
Name = Annotated[str, Form(alias="id", pattern="^[0-9a-f]{32}$")]
Count = Annotated[int, Form(ge=0, le=1_000_000)]
Words = Annotated[str, Form()]


def _sent(
    name: Name, words: Words = "", kept: Count = 0, draft: Count = 0, share: Words = ""
) -> Written:
    return Written(name, clean(words), kept, draft, shared=share == "yes")


Sent = Annotated[Written, Depends(_sent)]

router = APIRouter()


@router.get("/reflect/{token}")
def show(token: str, site: Here, said: str = "", of: str = "") -> HTMLResponse:
    with site.house.database.reading() as session:
        desk = _desk(session, site, token)
    going_on = next((one for one in desk.drafts if one.id not in desk.names), None)
    box = Box.of_draft(going_on) if going_on else Box(uuid4().hex)
    return reflect_page.show(site, desk, box, said=_said(said), of=of)


@router.get("/reflect/{token}/{writing_id}")
def go_on(token: str, writing_id: str, site: Here, said: str = "") -> HTMLResponse:
    """Go on with what was kept, or with one draft of several."""
    with site.house.database.reading() as session:
        desk = _desk(session, site, token)
    box = desk.box(writing_id)
    if box is None:
        way_on = (mark("Back to your words"), f"/reflect/{token}")
        sentence = mark("They were deleted, or never kept under this address.")
        raise Trouble(NOT_FOUND, mark("These words aren’t here"), sentence, way_on, desk.course)
    return reflect_page.show(site, desk, box, said=_said(said))


@router.post("/reflect/{token}", dependencies=[ONLY_PRESSED])
def keep(token: str, site: Here, written: Sent) -> Response:
    if error := _error(written.words):
        return _shown_again(site, token, written, error, UNUSABLE)
    with site.house.database.transaction() as session:
        enrolment, lesson = _locked(session, site, token, written.id)
        reflection, beside = writing.keep(
            session, site.house.vault, enrolment, lesson, written, site.now
        )
        if reflection.received_id is not None and reflection.changed_at == site.now:
            # The email it came by still holds what she has taken out.
            inbound.empty(session, site.house.vault, reflection.received_id)
    said = Said.BESIDE if beside else Said.SHARED if written.shared else Said.KEPT
    return _back(token, said, f"kept-{reflection.id}")


@router.post("/reflect/{token}/draft")
def save(request: Request, token: str, site: Here, written: Sent) -> Response:
    """Our script asks for JSON, and goes on under the name and state it is told."""
    saved: Saved | None = None
    with site.house.database.transaction() as session:
        enrolment, lesson = _locked(session, site, token, written.id)
        if len(written.words) <= WORDS_LENGTH:
            saved = writing.save(session, site.house.vault, enrolment, lesson, written, site.now)
    if request.headers.get("accept") == "application/json":
        return JSONResponse(vars(saved) if saved else {}, 200 if saved else CONFLICT)
    if saved is None:
        error = _error(written.words) or reflect_page.TOO_MANY
        return _shown_again(site, token, written, error, CONFLICT)
    return _back(token, Said.DRAFT, "words", saved.id if saved.draft else "")


@router.post("/reflect/{token}/delete", dependencies=[ONLY_PRESSED])
def delete(token: str, site: Here, name: Name, what: Words = "") -> Response:
    """Out of sight at once; of kept words their draft goes with them."""
    with site.house.database.transaction() as session:
        enrolment, _ = _locked(session, site, token, name)
        draft = drafts.find(session, enrolment.id, name)
        if draft is not None:
            drafts.put_away(draft, site.now)
        reflection = reflections.find(session, enrolment.id, name) if what != "draft" else None
        if reflection is not None:
            reflections.put_away(reflection, site.now)
    return _back(token, Said.DELETED, "said", of=name)


@router.post("/reflect/{token}/undo", dependencies=[ONLY_PRESSED])
def undo(token: str, site: Here, name: Name) -> Response:
    with site.house.database.transaction() as session:
        enrolment, _ = _locked(session, site, token, name)
        found = reflections.find(session, enrolment.id, name)
        draft = drafts.find(session, enrolment.id, name)
        gone = [one.deleted_at for one in (found, draft) if one is not None]
        late = not any(at is None or site.now - at <= UNDO_LIFE for at in gone)
        if found is not None and not late:
            reflections.take_back(found)
        if draft is not None and not late:
            drafts.take_back(draft)
    return _back(token, Said.TOO_LATE if late else Said.UNDONE, "said")


def clean(words: str) -> str:
    """As typed, but for line ends and for signs that nobody types."""
    return "".join(
        sign
        for sign in words.replace("\r\n", "\n").replace("\r", "\n")
        if sign in "\n\t" or unicodedata.category(sign) != "Cc"
    ).strip()


def _error(words: str) -> str | None:
    if not words:
        return reflect_page.NOTHING_WRITTEN
    return reflect_page.TOO_LONG if len(words) > WORDS_LENGTH else None


def _shown_again(site: Site, token: str, written: Written, error: str, status: int) -> HTMLResponse:
    """The page with what was sent, which isn't lost, and what is wrong with it."""
    with site.house.database.reading() as session:
        desk = _desk(session, site, token)
    return reflect_page.show(site, desk, Box.of_written(written), error=error, status=status)


def _said(word: str) -> Said | None:
    return Said(word) if word in set(Said) else None


def _back(token: str, said: Said, place: str, going_on: str = "", of: str = "") -> Response:
    page = f"/reflect/{token}/{going_on}" if going_on else f"/reflect/{token}"
    name = f"&of={of}" if of else ""
    return RedirectResponse(f"{page}?said={said}{name}#{place}", SEE_OTHER)


def _locked(session: Session, site: Site, token: str, name: str) -> tuple[Enrolment, str | None]:
    """The same, held still: emails, words, their reader, in the order of `erasure`."""
    came_by = select(Reflection.received_id).where(Reflection.id == name)
    inbound.lock(session, filter(None, session.scalars(came_by).all()))
    for model in (Reflection, Draft):
        session.execute(select(model.id).where(model.id == name).with_for_update())
    return _letter(session, site, token, for_update=True)


def _letter(
    session: Session, site: Site, token: str, *, for_update: bool = False
) -> tuple[Enrolment, str | None]:
    """Whose link it is, and the letter it belongs to, also where that has left the course since."""
    payload = site.house.tokens.read(Purpose.REFLECT, token)
    code, tag = payload[:CODE_LENGTH], payload[CODE_LENGTH:]
    enrolment = known(enrolments.by_code(session, code, for_update=for_update))
    course = site.house.catalogue.get(enrolment.course)
    lesson = lesson_tagged(course, tag)
    if lesson is not None or not tag:
        return enrolment, lesson.slug if lesson else None
    for slug in reflections.lessons(session, enrolment.id):
        if lesson_tag(slug) == tag:
            return enrolment, slug
    way_on = (mark("Your words"), link(site, Purpose.KEEPSAKE, enrolment))
    sentence = mark("It has left the course.")
    raise Trouble(NOT_FOUND, mark("This letter isn’t here"), sentence, way_on, course)


def _desk(session: Session, site: Site, token: str) -> Desk:
    """Everything of hers that belongs to this letter."""
    enrolment, slug = _letter(session, site, token)
    course = site.house.catalogue.get(enrolment.course)
    kept = reflections.of_enrolment(session, site.house.vault, enrolment.id)
    begun = drafts.of_enrolment(session, site.house.vault, enrolment.id)
    return Desk(
        token=token,
        enrolment=enrolment,
        course=course,
        lesson=course.by_slug.get(slug or "") if course else None,
        kept=[one for one in kept if one.lesson == slug],
        drafts=[one for one in begun if one.lesson == slug],
    )
