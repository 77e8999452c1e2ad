"""What is kept of a reader: hers to take with her as one file, and to have erased.

Both are reached without a login, by a link that stands on her own page. So the file is only made
when a button is pressed, not for whatever follows links; and erasing, which nothing takes back, is
for whoever can type the address that the letters go to.
"""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from app.erasure import erase
from app.reader_export import export
from app.reader_file import FILE_NAME, as_file
from app.web.pages import Here, Site
from app.web.press import Pressed
from app.web.readers import link, reader_of
from app.web.troubles import UNUSABLE
from course.enrolments import Enrolment
from course.errors import SignUpError
from course.language import mark
from course.subscribers import clean_email
from emails.links import Purpose

OTHER_ADDRESS = mark("Type the address that your letters go to; this is another one.")
# Of an address only so much is shown to whoever holds the link.
SHOWN = 1

router = APIRouter()


@router.get("/your-data/{token}")
def show(token: str, site: Here) -> HTMLResponse:
    return _page(site, token, _reader(site, token), {})


@router.post("/your-data/{token}/file")
def take(token: str, site: Here, pressed: Pressed) -> Response:
    reader = _reader(site, token)
    if not pressed:
        return _page(site, token, reader, {})
    email = reader.subscriber.email
    file = as_file(site.house, export(site.house, email))
    named = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
    return Response(file, media_type="text/html; charset=utf-8", headers=named)


@router.post("/your-data/{token}/erase")
def be_erased(token: str, site: Here, email: Annotated[str, Form()] = "") -> HTMLResponse:
    enrolment = _reader(site, token)
    if not _is_hers(enrolment, email):
        return _page(site, token, enrolment, {"email": OTHER_ADDRESS})
    erased = erase(site.house, enrolment.subscriber.email)
    language = site.house.catalogue.language(enrolment.course)
    return site.pages.show("erased.html", erased=erased, language=language)


def _reader(site: Site, token: str) -> Enrolment:
    with site.house.database.reading() as session:
        return reader_of(session, site, Purpose.YOUR_DATA, token)


def _is_hers(enrolment: Enrolment, typed: str) -> bool:
    try:
        return clean_email(typed) == enrolment.subscriber.email
    except SignUpError:
        return False


def _page(site: Site, token: str, enrolment: Enrolment, errors: dict[str, str]) -> HTMLResponse:
    return site.pages.show(
        "your_data.html",
        UNUSABLE if errors else 200,
        course=site.house.catalogue.get(enrolment.course),
        token=token,
        masked=masked(enrolment.subscriber.email),
        errors=errors,
        letters_path=link(site, Purpose.LETTERS, enrolment),
        book_path=link(site, Purpose.BOOK, enrolment),
    )


def masked(email: str) -> str:
    """Such as "a•••@example.com"."""
    name, _, domain = email.rpartition("@")
    return f"{name[:SHOWN]}•••@{domain}"
