"""Readers' words, sealed: AES-256-GCM, each bound to the row it belongs to.

A sealed value is `version | key id | nonce | ciphertext`. The place (table, column, row) is part
of what is authenticated, so a value moved to another row doesn't open.
"""

import os
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from course.errors import KeyMissing
from course.keys import KEY_ID_BYTES, Keys

VERSION = b"\x01"
NONCE_BYTES = 12


class Vault:
    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def seal(self, words: bytes, place: str) -> bytes:
        """Encrypt `words` so that they open only at `place`, such as `reflections.words:<id>`."""
        key_id = self._keys.newest_id
        nonce = os.urandom(NONCE_BYTES)
        cipher = AESGCM(self._keys.encryption[key_id])
        return VERSION + key_id + nonce + cipher.encrypt(nonce, words, _bound(place, key_id))

    def open(self, sealed: bytes, place: str) -> bytes:
        """The words again. Raises KeyMissing when no key of ours opens them at this place."""
        key_id = sealed[1 : 1 + KEY_ID_BYTES]
        nonce = sealed[1 + KEY_ID_BYTES : 1 + KEY_ID_BYTES + NONCE_BYTES]
        body = sealed[1 + KEY_ID_BYTES + NONCE_BYTES :]
        key = self._keys.encryption.get(key_id)
        if key is None or sealed[:1] != VERSION:
            raise KeyMissing(f"{KeyMissing.__doc__} ({place})")
        try:
            return AESGCM(key).decrypt(nonce, body, _bound(place, key_id))
        except (InvalidTag, ValueError) as error:
            raise KeyMissing(
                f"These words don't belong to this row, or were changed. ({place})"
            ) from error

    def names(self, sealed: bytes, place: str, pattern: re.Pattern[bytes]) -> bool:
        """Whether the pattern is found within; not where no key of ours opens it."""
        try:
            return pattern.search(self.open(sealed, place)) is not None
        except KeyMissing:
            return False


def _bound(place: str, key_id: bytes) -> bytes:
    return VERSION + key_id + place.encode()
