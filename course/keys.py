"""The owner's secrets, and what is derived from them.

The key file holds one secret a line, oldest first; a new line at the end rotates: new tokens and
new words use the last, everything older stays readable. The file never lives in the database.
"""

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_BYTES = 32
KEY_ID_BYTES = 4


class Keys:
    """Signing, encryption and digest keys of one installation."""

    def __init__(self, secrets_oldest_first: list[bytes]) -> None:
        if not secrets_oldest_first:
            raise ValueError("The key file is empty; it needs at least one line.")
        self._secrets = secrets_oldest_first
        self._digest_key = _derive(secrets_oldest_first[0], "address digest")
        self.signing = [_derive(secret, "signing") for secret in secrets_oldest_first]
        self.encryption = {_key_id(s): _derive(s, "encryption") for s in secrets_oldest_first}
        self.newest_id = _key_id(secrets_oldest_first[-1])
        # Challenges live for an hour; nobody needs an older key for them.
        self.challenges = _derive(secrets_oldest_first[-1], "challenges")

    def __repr__(self) -> str:
        return f"Keys({len(self._secrets)} secrets)"

    def digest(self, address: str) -> str:
        """A keyed hash of an email address: recognises it again, can't be turned back."""
        message = address.strip().casefold().encode()
        return hmac.new(self._digest_key, message, hashlib.sha256).hexdigest()


def parse_keys(text: str) -> Keys:
    """Keys from the text of a key file; lines that start with # are remarks."""
    lines = (line.strip() for line in text.splitlines())
    return Keys([_decode(line) for line in lines if line and not line.startswith("#")])


def load_or_make(path: Path) -> Keys:
    """The keys in `path`; a missing file is made with one new secret, for its owner only."""
    if not path.exists():
        _make(path)
    # What isn't text at all is no secret either, and is refused as such.
    return parse_keys(path.read_text(errors="replace"))


def new_secret() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _make(path: Path) -> None:
    make_private(
        path,
        "# The keys of this installation: they sign links and seal what readers write.\n"
        "# Without this file replies can't be read again. Keep a copy apart from the backups.\n"
        f"{new_secret()}\n",
    )


def make_private(path: Path, text: str) -> None:
    """A file for its owner only, made once: where another process was first, its file stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written aside and then named in one step, so that nobody ever reads half a file.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass  # Another process was first; what it wrote is ours.
    finally:
        draft.unlink()


def _decode(line: str) -> bytes:
    try:
        secret = base64.urlsafe_b64decode(line)
    except ValueError:
        secret = b""
    if len(secret) < SECRET_BYTES:
        raise ValueError("A line of the key file isn't a secret of 32 bytes in base64.")
    return secret


def _derive(secret: bytes, purpose: str) -> bytes:
    info = f"lettercourse {purpose}".encode()
    return HKDF(hashes.SHA256(), SECRET_BYTES, salt=None, info=info).derive(secret)


def _key_id(secret: bytes) -> bytes:
    return hashlib.sha256(b"id" + secret).digest()[:KEY_ID_BYTES]
