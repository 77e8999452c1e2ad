"""What a webhook costs at least: a password compared and one insert committed, nothing else.

Run as `python -m bench.bare_hook DATABASE_URL PORT`.
"""

import sys
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, Request
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, insert

from course.database import open_engine
from emails.providers.hooks import Hook, check_basic
from tests.players.postmark import WEBHOOK_SECRET

METADATA = MetaData()
CALLS = Table(
    "calls", METADATA, Column("id", Integer, primary_key=True), Column("body", LargeBinary)
)
app = FastAPI()
ENGINE = open_engine(sys.argv[1])


async def _hook(request: Request) -> Hook:
    return Hook(dict(request.headers.items()), await request.body())


@app.post("/hooks/postmark/events")
def receive(hook: Annotated[Hook, Depends(_hook)]) -> dict[str, str]:
    check_basic(hook, WEBHOOK_SECRET)
    with ENGINE.begin() as connection:
        connection.execute(insert(CALLS).values(body=hook.body))
    return {"status": "kept"}


@app.get("/readyz")
def ready() -> dict[str, str]:
    return {}


if __name__ == "__main__":
    METADATA.create_all(ENGINE)
    uvicorn.run(app, port=int(sys.argv[2]), access_log=False, log_level="warning")
