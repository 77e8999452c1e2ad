"""What a visitor's browser does for her: a proof of work, here of the least work there is."""

from typing import Any

import altcha

from app.bootstrap import House
from app.web.proof_of_work import ALGORITHM, LIFE
from tests.support.houses import now


def proof(house: House, **other: Any) -> str:
    """As good as any, but found at the first try."""
    data = {"until": int((now(house) + LIFE).timestamp())}
    asked = {"key_prefix": "", "data": data, "hmac_secret": house.keys.challenges} | other
    challenge = altcha.create_challenge(ALGORITHM, 1, **asked)
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    return altcha.Payload(challenge, solution).to_base64()
