"""A vendor that tells a great deal at once: many connections, one event a call."""

import base64
import http
import http.client
import json
import threading
from collections.abc import Callable
from itertools import count

from tests.players.postmark import TOKEN, WEBHOOK_SECRET

CALLERS = 16
PATH = "/hooks/postmark/events"
ACCOUNT = {
    "LETTERCOURSE_EMAILS__PROVIDER": "postmark",
    "LETTERCOURSE_EMAILS__POSTMARK__API_KEY": TOKEN,
    "LETTERCOURSE_EMAILS__POSTMARK__WEBHOOK_SECRET": WEBHOOK_SECRET,
}
LOGIN = base64.b64encode(f"lettercourse:{WEBHOOK_SECRET}".encode()).decode()
HEADERS = {"Authorization": f"Basic {LOGIN}", "Content-Type": "application/json"}


def post_events(
    port: int, calls: int, after: Callable[[int], None] = lambda _: None
) -> list[bytes]:
    """The events that were answered with 2xx, posted by many at once until one is refused."""
    answered: list[bytes] = []
    bodies = iter([next_event() for _ in range(calls)])
    lock = threading.Lock()

    def take() -> bytes | None:
        with lock:
            return next(bodies, None)

    def call() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        try:
            while body := take():
                connection.request("POST", PATH, body, HEADERS)
                answer = connection.getresponse()
                answer.read()
                if answer.status == http.HTTPStatus.OK:
                    answered.append(body)
                    after(len(answered))
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=call) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answered


NUMBERS = count()


def next_event() -> bytes:
    number = next(NUMBERS)
    return json.dumps(
        {
            "RecordType": "Delivery",
            "MessageID": f"message-{number}",
            "Recipient": f"reader{number}@example.com",
            "DeliveredAt": "2026-11-03T07:00:00Z",
            "Details": "smtp;250 2.0.0 OK",
            "Metadata": {"key": f"{number:032x}"},
        }
    ).encode()
