"""A small sum that a visitor's browser does while she types, and a flood of sign-ups can't afford.

ALTCHA's version 2, by its own library: PBKDF2 over and over, until the result begins with a zero
byte. A browser needs about a second for it, no faster machine much less, and we a few milliseconds.
"""

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import altcha

from course.keys import Keys

ALGORITHM, COST, PREFIX = "PBKDF2/SHA-256", 5000, "00"
LIFE = timedelta(hours=1)
MOST_LETTERS = 2000


def challenge(keys: Keys, now: datetime) -> dict[str, Any]:
    """As the page and the API hand it out, in ALTCHA's own JSON."""
    # Not as its `expires_at`, which the library holds against a clock that we can't set.
    until = int((now + LIFE).timestamp())
    made = altcha.create_challenge(
        ALGORITHM, COST, key_prefix=PREFIX, data={"until": until}, hmac_secret=keys.challenges
    )
    return made.to_dict()


def solved(keys: Keys, payload: str, now: datetime) -> str | None:
    """Which challenge this solves, by a name that is its own; None where it solves none of ours."""
    if not payload or len(payload) > MOST_LETTERS:
        return None
    if not altcha.verify_solution(payload, keys.challenges).verified:
        return None
    parameters = _read(payload)["challenge"]["parameters"]
    return str(parameters["nonce"]) if parameters["data"]["until"] >= now.timestamp() else None


def _read(payload: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.b64decode(payload))
    return found
