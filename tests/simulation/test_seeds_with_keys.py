"""A provider with idempotency keys: 100 seeds of trouble, and not one broken law."""

import pytest

from tests.simulation.run import run

CHUNK = 10


@pytest.mark.parametrize("first", range(0, 200, 2 * CHUNK))
def test_no_law_breaks(first: int) -> None:
    for seed in range(first, first + 2 * CHUNK, 2):
        run(seed)
