"""The stylesheet, the script and the icon: ours, few, and kept by browsers until they change."""

import hashlib
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.settings import Owner

FOLDER = Path(__file__).parent / "static"
A_YEAR = "public, max-age=31536000, immutable"
AN_HOUR = "public, max-age=3600"


class KeptFiles(StaticFiles):
    """An address with a version never changes what it holds."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = A_YEAR if scope["query_string"] else AN_HOUR
        return response


def files() -> KeptFiles:
    return KeptFiles(directory=FOLDER)


@cache
def address(name: str) -> str:
    """Where a file is found; changes with its contents."""
    return f"/static/{name}?v={_version((FOLDER / name).read_bytes())}"


def accent(owner: Owner) -> str:
    """Where the owner's own colour is found; empty without one."""
    return f"/dress/accent.css?v={_version(owner.accent.encode())}" if owner.accent else ""


def logo(owner: Owner) -> str:
    """Where the owner's sign is found; empty without one."""
    return f"/dress/logo?v={_version(owner.logo.read_bytes())}" if owner.logo else ""


def _version(contents: bytes) -> str:
    return hashlib.sha256(contents).hexdigest()[:12]
