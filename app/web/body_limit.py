"""Forms are small, and what vendors tell isn't endless; what is larger is nobody's we know.

Many of them can't be proven to be a vendor's before the last byte is here. So strangers may fill
only so much memory with what they send, all of them together, and only for so long.
"""

import asyncio
import re

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from course.reflections import WORDS_LENGTH

FORM_BYTES = 64 * 1024
# The longest reflection, every letter of it written as a form writes the rarest ones.
WORDS_BYTES = FORM_BYTES + 12 * WORDS_LENGTH
# Leaving must work whatever a mail program sends along; no more of it is read than is looked at.
UNREAD = re.compile(r"/unsubscribe/[^/]*")
# A receipt for each of a thousand emails; and a received email with its attachments, in base64.
HOOK_BYTES = {"events": 4 * 1024 * 1024, "inbound": 60 * 1024 * 1024}
# Four of the largest at once, and whoever sends one has a minute for it.
ROOM_BYTES = 240 * 1024 * 1024
PATIENCE_SECONDS = 60.0
TOO_SLOW, TOO_LARGE, NO_ROOM = 408, 413, 503
SHORTLY = {"Retry-After": "60"}


class BodyLimit:
    """Refuses a body over the limit, whether or not its size was said beforehand."""

    def __init__(
        self, app: ASGIApp, room: int = ROOM_BYTES, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._app = app
        self._room = _Room(room)
        self._patience = patience_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or UNREAD.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            return
        limit = _limit(scope["path"])
        body = _Body(receive, _announced(scope), limit, self._room, self._patience)
        try:
            await self._app(scope, body, send)
        finally:
            self._room.leave(body.received)


class _Room:
    """What of all bodies is in memory at this moment."""

    def __init__(self, size: int) -> None:
        self._free = size

    def enter(self, size: int) -> bool:
        self._free -= size
        return self._free >= 0

    def leave(self, size: int) -> None:
        self._free += size


class _Body:
    """One request's body, as it comes in."""

    def __init__(
        self, receive: Receive, announced: int, limit: int, room: _Room, patience_seconds: float
    ) -> None:
        self._receive = receive
        self._announced, self._limit, self._room = announced, limit, room
        self._give_up = asyncio.get_running_loop().time() + patience_seconds
        self._complete = False
        self.received = 0

    async def __call__(self) -> Message:
        if self._complete:
            # Nothing is left to come but the news that the caller has hung up.
            return await self._receive()
        self._refuse_over_limit(self._announced)
        message = await self._next()
        self._complete = not message.get("more_body", False)
        size = len(message.get("body", b""))
        self._refuse_over_limit(self.received + size)
        self.received += size
        if not self._room.enter(size):
            raise HTTPException(NO_ROOM, headers=SHORTLY)
        return message

    async def _next(self) -> Message:
        try:
            async with asyncio.timeout_at(self._give_up):
                return await self._receive()
        except TimeoutError as slow:
            raise HTTPException(TOO_SLOW) from slow

    def _refuse_over_limit(self, size: int) -> None:
        if size > self._limit:
            # FastAPI's own kind, which passes through its reading of the form unchanged.
            raise HTTPException(TOO_LARGE)


def _limit(path: str) -> int:
    if path.startswith("/reflect/"):
        return WORDS_BYTES
    hook, _, door = path.rpartition("/")
    return HOOK_BYTES.get(door, FORM_BYTES) if hook.startswith("/hooks/") else FORM_BYTES


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isdecimal() else 0
