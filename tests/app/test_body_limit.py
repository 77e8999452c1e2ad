"""What strangers send takes so much room and so much time, and no more, however many they are."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request
from starlette.types import Message, Scope

from app.web.body_limit import FORM_BYTES, NO_ROOM, TOO_LARGE, TOO_SLOW, BodyLimit

PATH = "/hooks/postmark/inbound"
ROOM, PATIENT, IMPATIENT = 1000, 60.0, 0.05


def reads(body: list[bytes]) -> Callable[..., Awaitable[None]]:
    """An app that reads the whole body and keeps it."""

    async def app(_scope: Scope, receive: Callable[[], Awaitable[Message]], _send: object) -> None:
        more = True
        while more:
            message = await receive()
            body.append(message["body"])
            more = message["more_body"]

    return app


class Caller:
    """Sends the pieces it is given, and is slow where it is told to wait."""

    def __init__(self, *pieces: bytes, waits: asyncio.Event | None = None) -> None:
        self._pieces = list(pieces)
        self._waits = waits

    async def __call__(self) -> Message:
        piece = self._pieces.pop(0)
        if not self._pieces and self._waits:
            await self._waits.wait()
        return {"type": "http.request", "body": piece, "more_body": bool(self._pieces)}


async def call(limit: BodyLimit, caller: Caller, path: str = PATH) -> int:
    """The status it is refused with, or 200."""
    scope = {"type": "http", "path": path, "headers": []}

    async def nobody_listens(_message: Message) -> None: ...

    try:
        await limit(scope, caller, nobody_listens)
    except HTTPException as refused:
        return refused.status_code
    return 200


def test_room_is_shared_and_given_back() -> None:
    async def story() -> list[int]:
        limit, go_on = BodyLimit(reads([]), ROOM, PATIENT), asyncio.Event()
        large = b"x" * 600
        first = asyncio.create_task(call(limit, Caller(large, b"", waits=go_on)))
        await asyncio.sleep(0)
        refused = await call(limit, Caller(large, b""))
        small = await call(limit, Caller(b"x" * 400))
        go_on.set()
        return [refused, small, await first, await call(limit, Caller(large, large[:400]))]

    assert asyncio.run(story()) == [NO_ROOM, 200, 200, 200]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/unsubscribe/token", 200),
        ("/unsubscribe/token/undo", TOO_LARGE),
        ("/unsubscribe/", 200),
        ("/unsubscribe//undo", TOO_LARGE),
    ],
)
def test_leaving_alone_works_whatever_is_sent_along(path: str, status: int) -> None:
    async def story() -> int:
        large = Caller(b"x" * FORM_BYTES, b"x")
        return await call(BodyLimit(reads([])), large, path)

    assert asyncio.run(story()) == status


def test_a_body_that_drips_is_given_up_and_its_room_is_free_again() -> None:
    async def story() -> list[int]:
        limit = BodyLimit(reads([]), ROOM, IMPATIENT)
        slow = await call(limit, Caller(b"x" * 900, b"", waits=asyncio.Event()))
        return [slow, await call(limit, Caller(b"x" * 900))]

    assert asyncio.run(story()) == [TOO_SLOW, 200]


def test_whoever_waits_for_an_answer_is_not_given_up() -> None:
    """After its body nothing comes but the news that it has hung up, however late."""

    async def story() -> str:
        async def app(_scope: Scope, receive: Callable[[], Awaitable[Message]], _: object) -> None:
            await receive()
            told.append((await receive())["type"])

        async def caller() -> Message:
            if not told:
                told.append("read")
                return {"type": "http.request", "body": b"", "more_body": False}
            await asyncio.sleep(3 * IMPATIENT)
            return {"type": "http.disconnect"}

        told: list[str] = []
        scope = {"type": "http", "path": PATH, "headers": []}
        await BodyLimit(app, ROOM, IMPATIENT)(scope, caller, None)  # type: ignore[arg-type]
        return told[-1]

    assert asyncio.run(story()) == "http.disconnect"


@pytest.mark.parametrize("announced", [True, False])
def test_a_vendor_is_told_when_to_call_again(announced: bool) -> None:
    app = FastAPI()

    @app.post(PATH)
    async def keep(request: Request) -> int:
        return len(await request.body())

    app.add_middleware(BodyLimit, room=ROOM)

    async def post(size: int) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            pieces = b"x" * size if announced else _piece_by_piece(size)
            return await client.post(PATH, content=pieces)

    full = asyncio.run(post(ROOM + 1))
    assert (full.status_code, full.headers["retry-after"]) == (NO_ROOM, "60")
    assert asyncio.run(post(ROOM)).json() == ROOM


async def _piece_by_piece(size: int) -> AsyncIterator[bytes]:
    for _ in range(size):
        yield b"x"
