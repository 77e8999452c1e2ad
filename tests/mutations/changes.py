"""Small changes to a real email, each a function of a source of chance and its bytes."""

from collections.abc import Callable
from random import Random

Change = Callable[[Random, bytes], bytes]

NAMES = (
    *("From", "To", "Cc", "Subject", "Date", "Message-ID", "References", "In-Reply-To"),
    *("Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Return-Path"),
    *("Auto-Submitted", "Precedence", "List-Id", "Delivered-To", "X-Failed-Recipients"),
    *("MIME-Version", "X-Autoreply", "Received"),
)
CHARSETS = ("utf-7", "utf-16", "x-unknown", "idna", "punycode", "hex", "zlib", "\0", "a" * 900, "")
ENCODINGS = ("base64", "quoted-printable", "x-uuencode", "uuencode", "8bit", "binary", "yenc", "\0")
DATES = ("", "0", "Tue, 99 Foo 99999 99:99:99 +9999", "9" * 500, "1 Jan 0000 00:00:00 -0000", "\0")
SHARDS = (
    *(b"\r\n", b"\n", b"\r", b"\0", b'"', b"<", b">", b"=?", b"?=", b"--", b"(", b"\\", b";"),
    *(b"\xed\xa0\x80", b"\xff\xfe", b"\xf0\x9f", b"&#xD800;", b"\x1b$B", b"\xe2\x80\xae", b":;"),
)
TAILS = (
    "charset*=x''%41", "charset*0*=utf-8''a; charset*1=b", 'boundary="', "boundary=", "boundary=b",
    "name*9999999999=a", "name*0*=''%FF; name*2*=%", "format=flowed; delsp=yes", "charset=utf-16",
    "report-type=delivery-status; boundary=b",
)  # fmt: skip


def flipped(chance: Random, raw: bytes) -> bytes:
    changed = bytearray(raw)
    for _ in range(chance.randint(1, 40)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def cut_short(chance: Random, raw: bytes) -> bytes:
    return raw[: chance.randint(1, len(raw))]


def beheaded(chance: Random, raw: bytes) -> bytes:
    return raw[chance.randrange(len(raw)) :]


def with_shards(chance: Random, raw: bytes) -> bytes:
    for _ in range(chance.randint(1, 12)):
        at = chance.randint(0, len(raw))
        raw = raw[:at] + chance.choice(SHARDS) * chance.randint(1, 3) + raw[at:]
    return raw


def shuffled(chance: Random, raw: bytes) -> bytes:
    lines = raw.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join(lines)


def other_line_ends(chance: Random, raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n").replace(b"\n", chance.choice((b"\n", b"\r", b"\r\r\n")))


def without_boundaries(_: Random, raw: bytes) -> bytes:
    return b"\n".join(line for line in raw.split(b"\n") if not line.startswith(b"--"))


def repeated(chance: Random, raw: bytes) -> bytes:
    return raw * chance.randint(2, 6)


def in_another_charset(chance: Random, raw: bytes) -> bytes:
    charset = chance.choice(CHARSETS)
    return _over(chance, raw, "Content-Type", f"text/plain; charset={charset}")


def in_another_encoding(chance: Random, raw: bytes) -> bytes:
    return _over(chance, raw, "Content-Transfer-Encoding", chance.choice(ENCODINGS))


def at_an_odd_date(chance: Random, raw: bytes) -> bytes:
    return _over(chance, raw, "Date", chance.choice(DATES))


def with_odd_parameters(chance: Random, raw: bytes) -> bytes:
    kind = chance.choice(("text/plain", "text/html", "multipart/mixed", "multipart/report", "/"))
    return _over(chance, raw, "Content-Type", f"{kind}; {chance.choice(TAILS)}")


def with_a_giant_header(chance: Random, raw: bytes) -> bytes:
    piece = chance.choice(("a", "a ", "<", "> ", "(", '"', ".", ",", "a@b,", "=?utf-8?q?a?= ", ";"))
    return _over(chance, raw, chance.choice(NAMES), piece * chance.randint(500, 60_000))


def with_a_header_often(chance: Random, raw: bytes) -> bytes:
    value = chance.choice(("a@b.example", "<>", "a" * 500, "auto-replied", "text/html", '"', ""))
    line = f"{chance.choice(NAMES)}: {value}\r\n".encode()
    return line * chance.randint(2, 3_000) + raw


CHANGES: tuple[Change, ...] = (
    flipped, cut_short, beheaded, with_shards, shuffled, other_line_ends, without_boundaries,
    repeated, in_another_charset, in_another_encoding, at_an_odd_date, with_odd_parameters,
    with_a_giant_header, with_a_header_often,
)  # fmt: skip


def _over(chance: Random, raw: bytes, name: str, value: str) -> bytes:
    """The header on top, where it counts; sometimes the old one stays below."""
    line = f"{name}: {value}\r\n".encode("utf-8", "surrogatepass")
    if chance.random() < 0.5:
        kept = [
            old for old in raw.split(b"\n") if not old.lower().startswith(name.lower().encode())
        ]
        raw = b"\n".join(kept)
    return line + raw
