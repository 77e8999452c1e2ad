"""What can go wrong with an email, shaped by what the caller does next.

EmailsError
├── BadToken           the link was changed on its way; show a page that says so
├── ExpiredToken       the link was ours once; offer a new one
└── TemplateError      the owner mends a template; holds the file's name and the reason
"""


class EmailsError(Exception):
    """Something about an email needs a person; the message says what to do."""


class BadToken(EmailsError):
    """This link isn't complete. Please open it straight from the letter, or copy all of it."""


class ExpiredToken(EmailsError):
    """This link has run out. Ask for a new one."""

    def __init__(self, code: str) -> None:
        super().__init__(self.__doc__)
        self.code = code


class TemplateError(EmailsError):
    """A template can't be used; the message names it and says why."""
