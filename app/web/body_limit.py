"""Forms are small, and what vendors tell isn't endless; what is larger is nobody's we know."""

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FORM_BYTES = 64 * 1024
# A receipt for each of a thousand emails; and a received email with its attachments, in base64.
HOOK_BYTES = {"events": 4 * 1024 * 1024, "inbound": 60 * 1024 * 1024}
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
            await self._app(
                scope, _Measured(receive, _announced(scope), _limit(scope["path"])), send
            )


class _Measured:
    def __init__(self, receive: Receive, announced: int, limit: int) -> None:
        self._receive = receive
        self._announced = announced
        self._limit = limit
        self._received = 0

    async def __call__(self) -> Message:
        self._refuse_over_limit(self._announced)
        message = await self._receive()
        self._received += len(message.get("body", b""))
        self._refuse_over_limit(self._received)
        return message

    def _refuse_over_limit(self, size: int) -> None:
        if size > self._limit:
            # FastAPI's own kind, which passes through its reading of the form unchanged.
            raise HTTPException(TOO_LARGE)


def _limit(path: str) -> int:
    hook, _, door = path.rpartition("/")
    return HOOK_BYTES.get(door, FORM_BYTES) if hook.startswith("/hooks/") else FORM_BYTES


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isdecimal() else 0
