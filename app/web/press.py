"""The word that only a pressed button sends.

Scanners open every link in an email, and some send a form's address or its hidden fields on their
own. A button's own value is neither: browsers add it when somebody presses that very button.
"""

from typing import Annotated

from fastapi import Depends, Form, Request

from app.web.troubles import UNUSABLE, Trouble
from course.language import mark

# Ours; and what RFC 8058 has a mail program send when its user asks to leave.
PRESSED, ONE_CLICK = b"press", b"one-click"
# Of what comes to the one-click address no more is looked at.
LOOKED_AT = 64 * 1024


def _yes(press: Annotated[str, Form()] = "") -> bool:
    return bool(press)


async def _leaves(request: Request) -> bool:
    """Looked for in the bytes: leaving never fails over the shape of a mail program's form."""
    body = b""
    async for part in request.stream():
        body += part.lower()
        if len(body) > LOOKED_AT:
            break
    return PRESSED in body or ONE_CLICK in body


def _only_pressed(press: Annotated[str, Form()] = "") -> None:
    if not press:
        raise Trouble(
            UNUSABLE,
            mark("Nothing was changed"),
            mark("Please go back to the page you came from and press the button there."),
        )


Pressed = Annotated[bool, Depends(_yes)]
# For a form whose page needn't be shown anew.
ONLY_PRESSED = Depends(_only_pressed)
Leaves = Annotated[bool, Depends(_leaves)]
