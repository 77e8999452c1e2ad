"""The pages of a house in this process, over real HTTP."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import httpx
import uvicorn

from app.bootstrap import House
from app.web.application import create_web
from tests.support.served import free_port


@contextmanager
def pages_of(house: House) -> Iterator[httpx.Client]:
    port = free_port()
    config = uvicorn.Config(create_web(house), port=port, log_level="error", access_log=False)
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
