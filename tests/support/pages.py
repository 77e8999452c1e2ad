"""The pages of a house in this process, over real HTTP."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import httpx
import uvicorn
from fastapi import FastAPI

from app.bootstrap import House
from app.web.application import create_web
from tests.support.letters import PRESSED
from tests.support.served import free_port


@contextmanager
def pages_of(house: House) -> Iterator[httpx.Client]:
    with serving_app(create_web(house)) as client:
        yield client


@contextmanager
def serving_app(app: FastAPI) -> Iterator[httpx.Client]:
    port = free_port()
    config = uvicorn.Config(app, port=port, log_level="error", access_log=False)
    server = uvicorn.Server(config)
    thread = Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


def version(page: str) -> str:
    """Of the facts that a reader's own page was shown with."""
    found = re.search(r'name="seen" value="(\w+)"', page)
    assert found is not None
    return found[1]


def press(pages: httpx.Client, own: str, act: str, **fields: str) -> httpx.Response:
    """One button on a reader's own page, as it is now; what she sees then."""
    seen = version(pages.get(own).text)
    return pages.post(f"{own}/{act}", data={"seen": seen, **PRESSED, **fields})
