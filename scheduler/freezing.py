"""A batch's messages as bytes, so that a repeat of its call is the same to the last of them.

The bodies as they are, then a line of JSON with everything else: a batch holds megabytes of bodies,
and to spell those out as JSON would take longer than all its bookkeeping.
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
    """Body by body, so that no second copy of all of them is ever made."""
    pack = zstandard.ZstdCompressor(LEVEL).compressobj()
    sizes, parts = [], []
    for message in messages:
        for body in (message.html.encode(), message.text.encode()):
            sizes.append(len(body))
            parts.append(pack.compress(body))
    heads = {"messages": [_head(message) for message in messages], "sizes": sizes}
    parts += [pack.compress(b"\n" + json.dumps(heads).encode()), pack.flush()]
    return b"".join(parts)


def thaw(payload: bytes) -> list[Message]:
    bodies, _, last = _unpack(payload).rpartition(b"\n")
    heads, plain = json.loads(last), BytesIO(bodies)
    texts = [plain.read(size).decode() for size in heads["sizes"]]
    return [
        _message(head, html, text)
        for head, html, text in zip(heads["messages"], texts[::2], texts[1::2], strict=True)
    ]


def _unpack(payload: bytes) -> bytes:
    """What was packed piece by piece doesn't say its size, which `decompress` would ask for."""
    return zstandard.ZstdDecompressor().decompressobj().decompress(payload)


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
