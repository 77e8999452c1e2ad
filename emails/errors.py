"""What can go wrong with an email, shaped by what the caller does next.

EmailsError
├── BadToken           the link was changed on its way; show a page that says so
├── ExpiredToken       the link was ours once; offer a new one
├── TemplateError      the owner mends a template; holds the file's name and the reason
├── HookRefused        a call to a webhook that may be anybody's; answer 401, keep nothing
├── HookUnreadable     a vendor's own call that says nothing we understand; keep it, go on
├── FetchFailed        a received email couldn't be fetched now; try again later
├── MailboxClosed      the mailbox can't be read; its owner mends the settings, or it comes back
└── CalendarClosed     the same of a calendar of hers; what it said last goes on holding
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


class HookRefused(EmailsError):
    """A webhook was called by somebody who isn't the vendor, or can't be told from one."""


class HookTried(EmailsError):
    """A vendor tries whether anybody answers here; anybody may, for there is nothing to keep."""


class HookUnreadable(EmailsError):
    """A vendor's call can't be read; the message says why, in words without its contents."""


class FetchFailed(EmailsError):
    """A received email couldn't be fetched from the vendor; the message says why."""


class MailboxClosed(EmailsError):
    """The mailbox for replies can't be read; the message says why, and what to do.

    The same each time it is tried; `said` is what the server said, which may not be.
    """

    def __init__(self, message: str, said: str = "") -> None:
        super().__init__(message)
        self.said = said


class CalendarClosed(EmailsError):
    """A calendar of the owner's can't be read; the message says why, without its address."""
