"""Whether the mailbox for replies can be read, and whether returned mail arrives in it."""

from app.findings import CALL_SECONDS, Finding, look, ok, wrong
from app.settings import MAILBOX, EmailsSection
from emails.errors import MailboxClosed
from emails.imap import open_folder
from emails.providers.smtp import SmtpOptions

WHAT = "mailbox"


def needs_mailbox(emails: EmailsSection) -> bool:
    """A mail server calls no webhook."""
    return bool(emails.imap.host) or "smtp" in {emails.provider, emails.second_provider}


def mailbox(emails: EmailsSection) -> list[Finding]:
    if not emails.imap.host:
        says = "none is set, so that no reply and no returned mail is heard of by itself."
        return [look(WHAT, says, "Say under [emails.imap] in settings.toml where it is.")]
    try:
        with open_folder(emails.imap, CALL_SECONDS):
            pass
    except MailboxClosed as closed:
        said = f"The server says: {closed.said}." if closed.said else ""
        return [wrong(WHAT, str(closed), said)]
    opens = ok(WHAT, f"the folder {emails.imap.folder} opens; it is looked into every minute.")
    return [opens, *_unused(emails), *_bounces(emails)]


def _unused(emails: EmailsSection) -> list[Finding]:
    if emails.provider != MAILBOX:
        return []
    says = f'not looked into while emails.provider is "{MAILBOX}", for no letter leaves.'
    return [look(WHAT, says, "Choose who sends your mail.")]


def _bounces(emails: EmailsSection) -> list[Finding]:
    """A mail server returns mail to the sender, and tells by nothing else that it failed."""
    smtp = emails.options("smtp")
    if "smtp" not in {emails.provider, emails.second_provider} or not isinstance(smtp, SmtpOptions):
        return []
    returned = smtp.bounce_address or emails.from_address
    if returned == emails.reply_address:
        return []
    says = f"mail that can't be delivered is returned to {returned}."
    return [look(WHAT, says, "It has to arrive in this folder; see emails.smtp.bounce_address.")]
