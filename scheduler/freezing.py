"""A batch's messages as bytes, so that a repeat of its call is the same to the last of them.

A line of JSON with everything but the bodies, then the bodies as they are: a batch holds megabytes
of them, and to spell those out as JSON would take longer than all its bookkeeping.
"""

import base64
import json
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import zstandard

from emails.message import Address, Attachment, Message

# A batch is a hundred times the same letter: the quickest level leaves about one percent of it.
LEVEL = 1


def freeze(messages: Sequence[Message]) -> bytes:
    bodies = [body.encode() for message in messages for body in (message.html, message.text)]
    sizes = [len(body) for body in bodies]
    heads = json.dumps({"messages": [_head(message) for message in messages], "sizes": sizes})
    return zstandard.ZstdCompressor(LEVEL).compress(b"".join([heads.encode(), b"\n", *bodies]))


def thaw(payload: bytes) -> list[Message]:
    plain = BytesIO(zstandard.ZstdDecompressor().decompress(payload))
    heads = json.loads(plain.readline())
    bodies = [plain.read(size).decode() for size in heads["sizes"]]
    return [
        _message(head, html, text)
        for head, html, text in zip(heads["messages"], bodies[::2], bodies[1::2], strict=True)
    ]


def _head(message: Message) -> dict[str, Any]:
    fields = {name: value for name, value in vars(message).items() if name not in {"html", "text"}}
    return fields | {
        "sender": vars(message.sender),
        "headers": dict(message.headers),
        "attachments": [
            vars(attachment) | {"content": base64.b64encode(attachment.content).decode()}
            for attachment in message.attachments
        ],
    }


def _message(head: dict[str, Any], html: str, text: str) -> Message:
    attachments = tuple(
        Attachment(**part | {"content": base64.b64decode(part["content"])})
        for part in head["attachments"]
    )
    sender = Address(**head["sender"])
    bodies = {"html": html, "text": text}
    return Message(**head | bodies | {"sender": sender, "attachments": attachments})
