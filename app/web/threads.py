"""How many requests are worked on at once, by threads that share one interpreter.

Pages are work for the processor. More threads than a few would only take turns at it, and the
server's own loop, which hands out the work, would wait behind them all. Vendors' calls wait for the
disk instead, and those that wait together are committed together.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI

PAGES, CALLS = 4, 40


@asynccontextmanager
async def few_threads(app: FastAPI) -> AsyncIterator[None]:
    to_thread.current_default_thread_limiter().total_tokens = PAGES
    app.state.callers = CapacityLimiter(CALLS)
    yield
