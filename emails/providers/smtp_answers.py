"""What a mail server's answers mean for us.

https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1

The first figure of a code says whether it is for good; an enhanced status and the words behind it
say whether it is about the letter or about ourselves.
"""

import re
from datetime import timedelta

from emails.providers.base import AccountPaused, Rejected, TryLater

ACCOUNT_PAUSE = timedelta(minutes=15)
QUOTA_PAUSE = timedelta(hours=1)
WORDS_KEPT = 200

# Our login is wrong, missing, too weak or unprotected. https://www.rfc-editor.org/rfc/rfc4954
LOGIN_CODES = {530, 534, 535, 538}
# The same, and that we may not write as this sender.
# https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online
ACCOUNT_STATUSES = {"5.7.3", "5.7.8", "5.7.9", "5.7.11", "5.7.57", "5.7.60"}
# The recipient's address or mailbox. https://www.rfc-editor.org/rfc/rfc3463#section-3.2
THEIRS = re.compile(r"5\.(1\.(1|2|3|6|10)|2\.\d+)")
# 5.7.1 says only that something isn't allowed. These words tell that it is ourselves who may not:
# https://www.postfix.org/postconf.5.html#smtpd_sender_restrictions
# https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html
OURSELVES = re.compile(
    r"sender|relay|authenticat|logged in|not verified|domain is not allowed|suspended|paused",
    re.IGNORECASE,
)
QUOTA = re.compile(r"daily .*(limit|quota)|sending (limit|quota)", re.IGNORECASE)
# The service is busy or closing, and says whether it is because of us.
# https://www.rfc-editor.org/rfc/rfc3463#section-3.8
SERVICE_CODES = {421, 454}
TOO_BIG = 552
ADDRESS = re.compile(r"<[^>]*>|\S+@\S+")
STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")


def judge(code: int, words: bytes | str) -> TryLater | AccountPaused | Rejected:
    """What an answer that isn't the hoped-for one means."""
    said = readable(words)
    reason, told = f"{code} {said}", ADDRESS.sub("", said)
    status = found[0] if (found := STATUS.search(said)) else ""
    if code // 100 in {4, 5} and QUOTA.search(told):
        return AccountPaused(reason, QUOTA_PAUSE)
    match code // 100:
        case 5 if code in LOGIN_CODES or status in ACCOUNT_STATUSES:
            return AccountPaused(reason, ACCOUNT_PAUSE)
        case 5 if OURSELVES.search(told) and not THEIRS.fullmatch(status):
            return AccountPaused(reason, ACCOUNT_PAUSE)
        case 5:
            return Rejected(reason)
        case 4:
            busy = code in SERVICE_CODES and status.startswith("4.7.")
            return TryLater(reason, too_fast=busy)
        case _:
            return TryLater("an answer we can't read")


def judge_sender(code: int, words: bytes) -> TryLater | AccountPaused | Rejected:
    """Of the message nothing is known yet but its size and its sender, who is always the same."""
    outcome = judge(code, words)
    if isinstance(outcome, Rejected) and code != TOO_BIG:
        return AccountPaused(outcome.reason, ACCOUNT_PAUSE)
    return outcome


def readable(words: bytes | str) -> str:
    said = words if isinstance(words, str) else words.decode("utf-8", "replace")
    return " ".join(said.split())[:WORDS_KEPT]
