"""What can go wrong on the way to a vendor and back, as orders to the one who plays it."""

import contextlib
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any


class Kind(StrEnum):
    NONE = "none"  # behaves, so that a queue of faults can have good moments in it
    STATUS = "status"  # answers `status` in the vendor's own words
    GATEWAY = "gateway"  # answers `status` in the words of a proxy in between: HTML
    RESET = "reset"  # breaks off before it has read the request
    DROP = "drop"  # takes the request, then breaks off without an answer
    HANG = "hang"  # reads the request, takes it if told so, and says nothing
    HALF = "half"  # takes it and answers with half of the JSON
    GARBAGE = "garbage"  # takes it and answers 200 with something else
    SLOW = "slow"  # takes it and answers byte by byte


@dataclass(frozen=True)
class Fault:
    kind: Kind
    status: int = 500
    retry_after: str | None = None
    name: str = ""
    accepts: bool = True
    seconds: float = 5.0

    @classmethod
    def from_json(cls, item: Mapping[str, Any]) -> "Fault":
        return cls(**{**item, "kind": Kind(item["kind"])})


@dataclass(frozen=True)
class Answer:
    """An HTTP answer before it is written."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def break_off(connection: socket.socket) -> None:
    """Close with a reset rather than a farewell."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RD)
    connection.close()


def write(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    head(handler, answer)
    handler.wfile.write(answer.body)


def write_slowly(
    handler: BaseHTTPRequestHandler, answer: Answer, seconds: float, stopping: Event
) -> None:
    head(handler, answer)
    pieces = 10
    step = max(len(answer.body) // pieces, 1)
    for start in range(0, len(answer.body), step):
        stopping.wait(seconds / pieces)
        handler.wfile.write(answer.body[start : start + step])
        handler.wfile.flush()


def head(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    handler.send_response(answer.status)
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(answer.body)))
    handler.end_headers()
