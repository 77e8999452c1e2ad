"""What can go wrong in the assembled application, shaped by what its user does next.

AppError
├── SettingsError      the owner mends settings; holds every mistake found
├── NotMigrated        run `lettercourse migrate`
└── CommandError       the command can't be carried out as given; the message says how it can
"""


class AppError(Exception):
    """Something needs the owner; the message says what to do."""


class SettingsError(AppError):
    """The settings have mistakes; each line names a key and its cure."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class NotMigrated(AppError):
    """The database isn't ready for this version; `lettercourse migrate` makes it so."""


class CommandError(AppError):
    """The command can't be carried out as given; the message says how it can."""
