"""The vendors there are, one line each: what its settings are called and who speaks to it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emails.providers.base import Vendor
from emails.providers.brevo import BrevoOptions, BrevoProvider
from emails.providers.mailersend import MailerSendOptions, MailerSendProvider
from emails.providers.mailgun import MailgunOptions, MailgunProvider
from emails.providers.mailjet import MailjetOptions, MailjetProvider
from emails.providers.mailtrap import MailtrapOptions, MailtrapProvider
from emails.providers.options import Account
from emails.providers.postmark import PostmarkOptions, PostmarkProvider
from emails.providers.resend import ResendOptions, ResendProvider
from emails.providers.sendgrid import SendGridOptions, SendGridProvider
from emails.providers.ses import SesOptions, SesProvider
from emails.providers.smtp import SmtpOptions, SmtpProvider
from emails.providers.sparkpost import SparkPostOptions, SparkPostProvider


@dataclass(frozen=True)
class Entry:
    options: type[Account]
    make: Callable[..., Vendor]
    # Where what is sent holds the time, and no vendor adds it: `make` takes a clock too.
    dates_its_mail: bool = False

    def provider(self, options: Any, now: Callable[[], datetime]) -> Vendor:
        return self.make(options, now) if self.dates_its_mail else self.make(options)


VENDORS = {
    "resend": Entry(ResendOptions, ResendProvider),
    "postmark": Entry(PostmarkOptions, PostmarkProvider),
    "brevo": Entry(BrevoOptions, BrevoProvider),
    "mailjet": Entry(MailjetOptions, MailjetProvider),
    "mailersend": Entry(MailerSendOptions, MailerSendProvider),
    "sendgrid": Entry(SendGridOptions, SendGridProvider),
    "mailgun": Entry(MailgunOptions, MailgunProvider, dates_its_mail=True),
    "ses": Entry(SesOptions, SesProvider),
    "sparkpost": Entry(SparkPostOptions, SparkPostProvider, dates_its_mail=True),
    "mailtrap": Entry(MailtrapOptions, MailtrapProvider),
    "smtp": Entry(SmtpOptions, SmtpProvider, dates_its_mail=True),
}
