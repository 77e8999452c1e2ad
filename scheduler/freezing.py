"""A batch's messages as bytes, so that a repeat of its call is the same to the last of them."""

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import zstandard

from emails.message import Address, Attachment, Message

# A batch is a hundred times the same letter: level 3 with a long window leaves a few percent of it.
LEVEL = 3


def freeze(messages: Sequence[Message]) -> bytes:
    plain = json.dumps([_as_json(message) for message in messages]).encode()
    return zstandard.ZstdCompressor(LEVEL).compress(plain)


def thaw(payload: bytes) -> list[Message]:
    plain = zstandard.ZstdDecompressor().decompress(payload)
    return [_from_json(item) for item in json.loads(plain)]


def _as_json(message: Message) -> dict[str, Any]:
    fields = asdict(message) | {"headers": dict(message.headers)}
    for attachment in fields["attachments"]:
        attachment["content"] = base64.b64encode(attachment["content"]).decode()
    return fields


def _from_json(item: dict[str, Any]) -> Message:
    attachments = tuple(
        Attachment(**{**part, "content": base64.b64decode(part["content"])})
        for part in item["attachments"]
    )
    return Message(**{**item, "sender": Address(**item["sender"]), "attachments": attachments})
