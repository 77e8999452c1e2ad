"""What all runs of a process share, because it costs something to make and remembers nothing."""

from functools import cache

from app.settings import Settings
from emails.rendering import Templates
from tests.simulation.memory import Memory
from tests.support.houses import shipped_settings


@cache
def settings() -> Settings:
    return shipped_settings()


@cache
def templates() -> Templates:
    """Compiled once a process: what is rendered from them depends on nothing else."""
    return Templates()


@cache
def memory() -> Memory:
    return Memory()
