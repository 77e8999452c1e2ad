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
    # Her colour for links and buttons, such as "#1F5C53"; empty for ours.
    accent: str = ""
    # Whether the owner answers readers by replying to the notice of what they wrote.
    answers_by_mail: bool = True
