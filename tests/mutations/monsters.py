"""Emails no program writes by mistake: deep, long, or endless in one respect each."""

import base64
import gzip
from collections.abc import Callable
from random import Random

from tests.mutations.stock import answer

# Who made it, for whom; how large it may become.
Monster = Callable[[Random, str, int], bytes]

HTML_KIND = "text/html; charset=utf-8"
PLAIN_KIND = "text/plain; charset=utf-8"
TAGS = ("<div>", "<b>", "<p>a", "<blockquote>", "<td>", "<!--", "<![", "<", "&", "<a href='", "</")
LINES = (
    "> a\n",
    ">" * 60 + "\n",
    "--\n",
    "-- \n",
    "On 3 Nov 2026, A <a@b.c> wrote:\n",
    "\n",
    "a:\n",
)
BLOBS = ("a", "a ", "1 ", "> ", "<a@b.c> ", ":", "\u200b", "é", "12:30 ", "| ", "wrote: ", "\0")


def deep_parts(chance: Random, to: str, size: int) -> bytes:
    depth = chance.randint(1, min(2_000, size // 60))
    nested = "".join(
        f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(depth)
    )
    return answer(to, f"--b\r\n{nested}\r\nwords", "multipart/mixed; boundary=b", depth)


def deep_letters(chance: Random, to: str, size: int) -> bytes:
    nested = "Content-Type: message/rfc822\r\n\r\n" * chance.randint(1, min(2_000, size // 40))
    return answer(to, nested + "words", "message/rfc822", 1)


def many_parts(chance: Random, to: str, size: int) -> bytes:
    part = "--b\r\nContent-Type: text/plain; charset=x\r\n\r\na\r\n"
    return answer(to, part * _times(chance, part, size), "multipart/mixed; boundary=b", 1)


def many_statuses(chance: Random, to: str, size: int) -> bytes:
    block = "Final-Recipient: rfc822; a@b.c\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
    part = (
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\n{block * _times(chance, block, size)}"
    )
    return answer(to, part, "multipart/report; report-type=delivery-status; boundary=b", 1)


def many_tags(chance: Random, to: str, size: int) -> bytes:
    tag = chance.choice(TAGS)
    return answer(to, tag * _times(chance, tag, size), HTML_KIND, 1)


def many_lines(chance: Random, to: str, size: int) -> bytes:
    line = chance.choice(LINES)
    return answer(to, f"Quince\n{line * _times(chance, line, size)}", PLAIN_KIND, 1)


def one_long_line(chance: Random, to: str, size: int) -> bytes:
    blob = chance.choice(BLOBS)
    return answer(to, blob * _times(chance, blob, size), PLAIN_KIND, 1)


def winmail(chance: Random, to: str, size: int) -> bytes:
    content = b"\x78\x9f\x3e\x22" + chance.randbytes(min(size, 20_000))
    kind = 'application/ms-tnef; name="winmail.dat"\r\nContent-Transfer-Encoding: base64'
    return answer(to, base64.encodebytes(content).decode(), kind, 1)


def uuencoded(chance: Random, to: str, size: int) -> bytes:
    lines = (
        "M" + "".join(chance.choices("!#$%&'()*+ABCXYZ", k=60)) for _ in range(size // 700 + 1)
    )
    return answer(to, "begin 644 a.bin\r\n" + "\r\n".join(lines) + "\r\n`\r\nend", PLAIN_KIND, 1)


def bomb(_: Random, to: str, size: int) -> bytes:
    """Small as it travels; nobody here unpacks it."""
    packed = base64.encodebytes(gzip.compress(b"\0" * size * 10)).decode()
    kind = "application/gzip\r\nContent-Transfer-Encoding: base64"
    return answer(to, packed, kind, 1)


def photographs(chance: Random, to: str, size: int) -> bytes:
    """And the words stand below."""
    photo = base64.encodebytes(chance.randbytes(size // 4)).decode()
    part = f"--b\r\nContent-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n{photo}"
    body = f"{part * 2}--b\r\nContent-Type: text/plain\r\n\r\nQuince\r\n--b--"
    return answer(to, body, "multipart/mixed; boundary=b", 1)


def half_characters(chance: Random, to: str, size: int) -> bytes:
    text = b"\xed\xa0\x80" * _times(chance, "aaa", size)
    return answer(to, "", PLAIN_KIND, 1) + text


def noise(chance: Random, _: str, size: int) -> bytes:
    return chance.randbytes(chance.randint(1, min(size, 50_000)))


MONSTERS: tuple[Monster, ...] = (
    deep_parts, deep_letters, many_parts, many_statuses, many_tags, many_lines, one_long_line,
    winmail, uuencoded, bomb, photographs, half_characters, noise,
)  # fmt: skip


def _times(chance: Random, piece: str, size: int) -> int:
    return chance.randint(1, max(1, size // len(piece)))
