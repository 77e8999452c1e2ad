"""What is mutated: real reports and replies, and what a reader's own answer looks like."""

import json
from functools import cache
from pathlib import Path

CORPORA = Path(__file__).parent.parent / "corpora"
HTML = "<p>Quince</p><blockquote type=cite>Ana wrote:<br>marmalade</blockquote>"
KINDS = ("text/plain; charset=utf-8", "text/html; charset=utf-8", "text/plain; format=flowed")


@cache
def reports() -> tuple[bytes, ...]:
    files = (CORPORA / "bounces.jsonl", CORPORA / "autoreplies.jsonl")
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return tuple(json.loads(line)["raw"].encode("utf-8", "replace") for line in lines)


@cache
def bodies() -> tuple[str, ...]:
    lines = (CORPORA / "replies" / "everyday.jsonl").read_text(encoding="utf-8").splitlines()
    return (HTML, *(json.loads(line)["raw"] for line in lines))


def answer(to: str, body: str, kind: str, number: int) -> bytes:
    head = (
        f"From: Ana <ana@example.com>\r\nTo: {to}\r\nSubject: Re: The quick\r\n"
        f"Message-ID: <question-{number}@mail.example>\r\nDate: Tue, 3 Nov 2026 09:00:00 +0000\r\n"
        f"Content-Type: {kind}\r\n"
    )
    return f"{head}\r\n{body}\r\n".encode()


def many_parts(to: str, number: int) -> bytes:
    parts = "".join(f"--b\r\nContent-Type: {kind}\r\n\r\n{HTML}\r\n" for kind in KINDS)
    return answer(to, f"{parts}--b--", 'multipart/mixed; boundary="b"', number)
