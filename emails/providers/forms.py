"""A webhook's body where it is a form, with files or without."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from python_multipart.multipart import Field as Part
from python_multipart.multipart import File as FilePart
from python_multipart.multipart import create_form_parser

from emails.errors import HookUnreadable
from emails.providers.hooks import Hook
from emails.providers.rebuilt import File
from emails.providers.transport import LARGEST_EMAIL_BYTES

URL_ENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"

# A received email stays in memory: on a disk of ours it would lie unsealed.
IN_MEMORY = {"MAX_MEMORY_FILE_SIZE": LARGEST_EMAIL_BYTES}


@dataclass(frozen=True)
class Form:
    """`values` are bytes, because vendors pass on an email's own character sets."""

    values: Mapping[str, bytes] = field(repr=False)
    files: Sequence[File] = field(default=(), repr=False)

    def text(self, name: str, charset: str = "utf-8") -> str | None:
        """The value in words; nothing where there is none."""
        value = self.values.get(name)
        if not value:
            return None
        try:
            return value.decode(charset, "replace")
        except (LookupError, ValueError):
            return value.decode("utf-8", "replace")


def read_form(hook: Hook) -> Form:
    """Raises HookUnreadable when the body is no form."""
    match hook.content_type.partition(";")[0].strip().lower():
        case kind if kind == URL_ENCODED:
            return Form(_url_encoded(hook.body))
        case kind if kind == MULTIPART:
            return _multipart(hook)
        case _:
            raise HookUnreadable("the body is no form")


def _url_encoded(body: bytes) -> dict[str, bytes]:
    # Latin-1 takes every byte and gives it back.
    pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    return {name: value.encode("latin-1", "replace") for name, value in reversed(pairs)}


def _multipart(hook: Hook) -> Form:
    values: dict[str, bytes] = {}
    files: list[File] = []

    def on_field(part: Part) -> None:
        values.setdefault(_words(part.field_name), part.value or b"")

    def on_file(part: FilePart) -> None:
        part.file_object.seek(0)
        kind = part.content_type or ""
        files.append(File(_words(part.file_name), kind, part.file_object.read()))
        part.close()

    try:
        headers = {"Content-Type": hook.content_type.encode()}
        parser = create_form_parser(headers, on_field, on_file, IN_MEMORY)
        parser.write(hook.body)
        parser.finalize()
    except (ValueError, AssertionError) as error:
        raise HookUnreadable("the form can't be read") from error
    return Form(values, files)


def _words(name: bytes | None) -> str:
    return (name or b"").decode("utf-8", "replace")
