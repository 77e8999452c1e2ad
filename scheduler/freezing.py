"""A batch's messages as bytes, so that a repeat of its call is the same to the last of them.

For each message a line of JSON with everything but its bodies, then the two bodies as they are: a
batch holds megabytes of them, and to spell those out as JSON would take longer than all its
bookkeeping.
"""

import base64
import json
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

import zstandard

from emails.message import Address, Attachment, Message

# A batch is a hundred times the same letter: the quickest level leaves about one percent of it.
LEVEL = 1


def freeze(messages: Sequence[Message]) -> bytes:
    packer = zstandard.ZstdCompressor(LEVEL).compressobj()
    return b"".join([packer.compress(part) for part in _parts(messages)] + [packer.flush()])


def thaw(payload: bytes) -> list[Message]:
    plain = BytesIO(zstandard.ZstdDecompressor().decompressobj().decompress(payload))
    return [_message(line, plain) for line in plain]


def _parts(messages: Sequence[Message]) -> Iterator[bytes]:
    for message in messages:
        html, text = message.html.encode(), message.text.encode()
        yield json.dumps(_head(message) | {"html": len(html), "text": len(text)}).encode()
        yield b"\n"
        yield html
        yield text


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


def _message(line: bytes, bodies: BytesIO) -> Message:
    head = json.loads(line)
    attachments = tuple(
        Attachment(**part | {"content": base64.b64decode(part["content"])})
        for part in head["attachments"]
    )
    html, text = (bodies.read(head[part]).decode() for part in ("html", "text"))
    sender = Address(**head["sender"])
    return Message(
        **head | {"sender": sender, "attachments": attachments, "html": html, "text": text}
    )
