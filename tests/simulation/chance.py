"""One seed for all chance: the world's, the product's, and the clock that leases run by."""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from random import Random
from typing import Any
from unittest import mock

from scheduler import clock as clock_module
from tests.simulation.memory import no_step
from tests.simulation.world import World


@contextmanager
def under_one_seed(world_of: Callable[[], World]) -> Iterator[World]:
    """All chance of the product comes from the seed too, and leases run by the world's clock."""
    world = world_of()
    chance = Random(f"product {world.seed}")

    class WorldTime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return world.now.astimezone(tz)

    state = random.getstate()
    random.seed(world.seed)
    try:
        with (
            mock.patch.object(os, "urandom", chance.randbytes),
            mock.patch.object(random, "_urandom", chance.randbytes),
            mock.patch.object(clock_module, "datetime", WorldTime),
        ):
            yield world
    finally:
        random.setstate(state)
        world.database.step = no_step
