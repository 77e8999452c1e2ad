"""The vendors there are, one line each: what its settings are called and who speaks to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from emails.providers.base import Vendor
from emails.providers.options import Options
from emails.providers.postmark import PostmarkOptions, PostmarkProvider
from emails.providers.resend import ResendOptions, ResendProvider


@dataclass(frozen=True)
class Entry:
    options: type[Options]
    make: Callable[[Any], Vendor]


VENDORS = {
    "resend": Entry(ResendOptions, ResendProvider),
    "postmark": Entry(PostmarkOptions, PostmarkProvider),
}
