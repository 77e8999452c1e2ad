"""The booking tools there are, one line each: what its settings are called and who speaks to it."""

from collections.abc import Callable
from dataclasses import dataclass

from emails.booking_tools import calcom, calendly
from emails.booking_tools.base import BookingTool, ToolOptions


@dataclass(frozen=True)
class Entry:
    title: str
    options: type[ToolOptions]
    make: Callable[..., BookingTool]


TOOLS = {
    "calcom": Entry(calcom.TITLE, calcom.CalComOptions, calcom.CalCom),
    "calendly": Entry(calendly.TITLE, calendly.CalendlyOptions, calendly.Calendly),
}


def title_of(tool: str) -> str:
    """What people call it."""
    return TOOLS[tool].title if tool in TOOLS else tool
