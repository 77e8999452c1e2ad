"""Whom emails are handed to: one provider, or a second one while the first is out of order."""

from dataclasses import dataclass

from emails.providers.base import Provider
from scheduler.limits import NO_LIMITS, Limits


@dataclass(frozen=True)
class Door:
    """A provider, and how much may go to it."""

    provider: Provider
    limits: Limits = NO_LIMITS

    @property
    def name(self) -> str:
        return self.provider.name
