"""A newcomer at the trial mailbox: what she reads, and where the links in it lead."""

import re
import time
from datetime import datetime
from typing import Any, Self

import httpx

Email = dict[str, Any]
SECONDS = 20
# What a browser sends of a button that was pressed.
PRESSED = {"press": "yes"}


class Newcomer:
    """Knows nothing of the code: pages, forms and the mailbox over HTTP, and that is all."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx.Client(base_url=base_url, follow_redirects=True, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def sign_up(self, email: str, *, name: str = "", zone: str = "Europe/Berlin") -> httpx.Response:
        form = {"email": email, "name": name, "timezone": zone, "consent": "on"}
        return self.http.post("/courses/six-letters", data=form)

    def mail(self, to: str) -> list[Email]:
        answer = self.http.get("/dev/mailbox", params={"format": "json"}).raise_for_status()
        return [message for message in answer.json()["messages"] if message["to"] == to]

    def await_mail(self, to: str, count: int) -> list[Email]:
        """The mail to `to`, once there are `count` of them; the scheduler ticks by itself."""
        deadline = time.monotonic() + SECONDS
        while len(found := self.mail(to)) < count and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(found) == count, [message["subject"] for message in found]
        return found

    def go_to(self, instant: datetime) -> None:
        self.http.post("/dev/clock", json={"to": instant.isoformat()}).raise_for_status()

    def advance(self, span: str) -> None:
        self.http.post("/dev/clock", json={"advance": span}).raise_for_status()

    def now(self) -> datetime:
        return datetime.fromisoformat(self.http.get("/dev/clock").json()["now"])

    def confirm(self, email: str) -> httpx.Response:
        message = self.await_mail(email, 1)[0]
        return self.http.post(link(message, "confirm"), data=PRESSED)

    def answer(self, message: Email, text: str) -> httpx.Response:
        return self.http.post(f"/dev/mailbox/{message['id']}/reply", data={"text": text})


def link(message: Email, page: str) -> str:
    """The path of the link to `page` in the text part."""
    found = re.search(rf"https?://[^/\s]+(/{page}/\S+)", message["text"])
    assert found is not None, message["text"]
    return found[1]


def one_click(message: Email) -> str:
    found = re.search(r"<https?://[^/>]+(/[^>]+)>", message["headers"]["List-Unsubscribe"])
    assert found is not None
    return found[1]
