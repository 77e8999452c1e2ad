"""What a page costs at least: one that is ready in memory.

Run as `python -m bench.bare_page PORT`.
"""

import sys

import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

PAGE = "<!doctype html><title>A page</title>" + "<p>Some words on a page.</p>" * 300
app = FastAPI()


@app.get("/")
def page() -> HTMLResponse:
    return HTMLResponse(PAGE)


@app.get("/readyz")
def ready() -> dict[str, str]:
    return {}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="warning")
