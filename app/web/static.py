"""The stylesheet, the script and the icon: ours, few, and kept by browsers until they change."""

import hashlib
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

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
    version = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={version}"
