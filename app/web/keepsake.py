"""A reader's own words beside the questions: as a page to read or print, and as a PDF."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from app.keepsake import Keepsake, gather
from app.keepsake_pdf import typeset
from app.web.pages import Here, Site
from app.web.readers import link, reader_of, reflect_link
from app.web.troubles import NOT_FOUND, Trouble
from course.enrolments import Enrolment
from course.language import mark
from emails.links import Purpose

FILE_NAME = "your-words.pdf"

router = APIRouter()


@router.get("/keepsake/{token}")
def show(token: str, site: Here) -> HTMLResponse:
    enrolment, keepsake = _gathered(site, token)
    return site.pages.show(
        "keepsake.html",
        course=site.house.catalogue.get(enrolment.course),
        keepsake=keepsake,
        pdf_path=f"/keepsake/{token}/{FILE_NAME}",
        letters_path=link(site, Purpose.LETTERS, enrolment),
        reflect_path=lambda slug: reflect_link(site, enrolment, slug),
    )


@router.get(f"/keepsake/{{token}}/{FILE_NAME}")
def download(token: str, site: Here) -> Response:
    enrolment, keepsake = _gathered(site, token)
    course = site.house.catalogue.get(enrolment.course)
    way_on = (mark("Your words as a page"), f"/keepsake/{token}")
    if not keepsake.chapters:
        sentence = mark("What you keep from a letter’s exercise is gathered there.")
        raise Trouble(NOT_FOUND, mark("There are no words yet"), sentence, way_on, course)
    pdf = typeset(keepsake, site.now)
    if pdf is None:
        sentence = mark(
            "You wrote in letters that our typesetter has no shapes for, and it would leave them "
            "out. Open the page and print it instead; your browser can save that as a PDF."
        )
        raise Trouble(NOT_FOUND, mark("Not in this form"), sentence, way_on, course)
    named = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
    return Response(pdf, media_type="application/pdf", headers=named)


def _gathered(site: Site, token: str) -> tuple[Enrolment, Keepsake]:
    with site.house.database.reading() as session:
        enrolment = reader_of(session, site, Purpose.KEEPSAKE, token)
        return enrolment, gather(session, site.house, enrolment)
