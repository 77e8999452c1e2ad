"""What stands on every email of this installation, whoever it is for."""

from dataclasses import dataclass

from emails.message import Address


@dataclass(frozen=True)
class Stationery:
    """The owner's part of the frame; comes from settings, in her own words."""

    sender: Address
    owner: Address
    postal_address: str
    educational_note: str
    crisis_note: str
    reading_days: str
