"""The owner's own colour and sign, where she has set them."""

from fastapi import APIRouter, Response

from app.fields import PICTURES
from app.web.headers import PICTURE_POLICY
from app.web.pages import OurHouse
from app.web.static import A_YEAR
from app.web.troubles import NOT_FOUND, Trouble
from course.language import mark
from emails import palette
from emails.palette import Palette

router = APIRouter()


@router.get("/dress/accent.css")
def accent(house: OurHouse) -> Response:
    light, dark = palette.in_accent(house.settings.owner.accent)
    css = f"{_root(light)}\n@media (prefers-color-scheme: dark) {{ {_root(dark)} }}\n"
    return Response(css, media_type="text/css", headers={"Cache-Control": A_YEAR})


@router.get("/dress/logo")
def logo(house: OurHouse) -> Response:
    file = house.settings.owner.logo
    if file is None:
        raise Trouble(NOT_FOUND, mark("There is no page here"), mark("There is no picture here."))
    headers = {"Cache-Control": A_YEAR, "Content-Security-Policy": PICTURE_POLICY}
    return Response(file.read_bytes(), media_type=PICTURES[file.suffix.lower()], headers=headers)


def _root(shown: Palette) -> str:
    return f":root {{ --accent: {shown.accent}; --on-accent: {shown.on_accent}; }}"
