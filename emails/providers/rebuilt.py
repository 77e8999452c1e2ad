"""A received email put together again, where a vendor took it apart: one form for all that follows.

It is made to be read by our own parser, not to travel: headers stand as they were told, and nothing
in them can begin a header of its own.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.message import MIMEPart
from email.policy import SMTP

# These describe the body, which is built anew.
OF_THE_BODY = {"content-type", "content-transfer-encoding", "mime-version", "content-disposition"}
# What a file may be; one of parts of its own would have to be one.
FILE_TYPE = re.compile(r"(text|image|application|audio|video)/([\w.+-]+)", re.ASCII)
UNKNOWN_TYPE = ("application", "octet-stream")


@dataclass(frozen=True)
class File:
    """An attachment; `content` is base64, or bytes."""

    name: str
    content_type: str
    content: object


def rebuild(
    headers: Iterable[tuple[str, str]],
    text: str | None,
    html: str | None,
    files: Sequence[File] = (),
) -> bytes:
    """The email as bytes. Whatever the vendor told, this doesn't raise."""
    lines = [f"{_clean(n)}: {_clean(v)}" for n, v in headers if _is_usable(n)]
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n" + _body(text, html, files)


def addressed(raw: bytes, recipients: Iterable[object]) -> bytes:
    """A received email as it came, with whom it was sent to on top: its To needn't name them."""
    lines = (f"Delivered-To: {_clean(str(each))}\r\n" for each in recipients if each)
    return "".join(lines).encode("utf-8", "replace") + raw


def header_pairs(told: object) -> list[tuple[str, str]]:
    """Headers told as an object; one that stands more than once has a list."""
    found = told if isinstance(told, dict) else {}
    return [
        (str(name), str(value))
        for name, values in found.items()
        for value in (values if isinstance(values, list) else [values])
    ]


def _is_usable(name: str) -> bool:
    return (
        name.isascii()
        and name.isprintable()
        and not set(name) & {":", " "}
        and (name.lower() not in OF_THE_BODY)
    )


def _clean(value: str) -> str:
    return " ".join(value.split())


def _body(text: str | None, html: str | None, files: Sequence[File]) -> bytes:
    part = MIMEPart(policy=SMTP)
    part.set_content(_writable(text or ""), cte="base64")
    if html:
        part.add_alternative(_writable(html), subtype="html", cte="base64")
    for file in files:
        known = FILE_TYPE.fullmatch(file.content_type.partition(";")[0].strip())
        maintype, subtype = known.groups() if known else UNKNOWN_TYPE
        part.add_attachment(
            _bytes(file.content),
            maintype=maintype,
            subtype=subtype,
            filename=_clean(_writable(file.name)) or "file",
        )
    _set_boundaries(part)
    return part.as_bytes()


def _set_boundaries(mail: MIMEPart) -> None:
    """Never by chance: told again, the same email must have the same bytes.

    All in it is base64, where no line begins with dashes.
    """
    for part in mail.walk():
        if part.is_multipart():
            part.set_boundary(f"=_{part.get_content_subtype()}")


def _bytes(content: object) -> bytes:
    if isinstance(content, bytes):
        return content
    try:
        return base64.b64decode(str(content or ""))
    except (binascii.Error, ValueError):
        return b""


def _writable(words: str) -> str:
    """Without halves of characters, which no encoding can write."""
    return words.encode("utf-8", "replace").decode()
