"""Forms are small; what is larger isn't one of ours."""

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LIMIT_BYTES = 64 * 1024
TOO_LARGE = 413


class BodyLimit:
    """Refuses a body over the limit, whether or not its size was said beforehand."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Leaving must work whatever a mail program sends along; that body is never read.
        if scope["type"] != "http" or scope["path"].startswith("/unsubscribe/"):
            await self._app(scope, receive, send)
        else:
            await self._app(scope, _Measured(receive, _announced(scope)), send)


class _Measured:
    def __init__(self, receive: Receive, announced: int) -> None:
        self._receive = receive
        self._announced = announced
        self._received = 0

    async def __call__(self) -> Message:
        _refuse_over_limit(self._announced)
        message = await self._receive()
        self._received += len(message.get("body", b""))
        _refuse_over_limit(self._received)
        return message


def _refuse_over_limit(size: int) -> None:
    if size > LIMIT_BYTES:
        # FastAPI's own kind, which passes through its reading of the form unchanged.
        raise HTTPException(TOO_LARGE)


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isdecimal() else 0
