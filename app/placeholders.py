"""What still stands as shipped, and has to be the owner's own before a stranger gets an email."""

from app.booking_settings import OWN
from app.settings import Settings

PLACEHOLDERS = {
    "owner.name": "Your practice",
    "owner.email": "owner@practice.example",
    "owner.postal_address": "Your practice, 1 Example Street, 12345 Example City",
    "emails.from_address": "letters@practice.example",
    "emails.reply_address": "replies@practice.example",
}


def placeholders(settings: Settings) -> list[str]:
    """What still stands as shipped and has to be filled before production, each with its cure."""
    left = [
        f"{key}: still the example ({shipped!r}); write your own in settings.toml."
        for key, shipped in PLACEHOLDERS.items()
        if _value(settings, key) == shipped
    ]
    if not settings.owner.notes_confirmed:
        left.append(
            "owner.notes_confirmed: read owner.crisis_note and owner.educational_note, change them "
            "to what is right where you practise, then set this to true."
        )
    if settings.booking.tool == OWN and not settings.booking.hours_confirmed:
        left.append(
            "booking.hours_confirmed: write your own kinds of session and hours under [booking], "
            "then set this to true."
        )
    if settings.emails.provider == "mailbox":
        left.append("emails.provider: no mail leaves yet; choose who sends it.")
    if not settings.web.public_url.startswith("https://"):
        left.append("web.base_url: write the address readers will use; it begins with https.")
    return left


def _value(settings: Settings, key: str) -> object:
    value: object = settings
    for part in key.split("."):
        value = getattr(value, part)
    return value
