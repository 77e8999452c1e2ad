"""Delivery reports that come as mail: bounces, delays and complaints, whoever wrote them.

A report is told from a person's mail by its sender and its shape, then read by whichever reader
understands it: the machine's fields of RFC 3464, a complaint by RFC 5965, else its prose.

Nothing here is signed, and anybody can write a report. Whoever acts on one first looks for a
signed token of ours in `Report.original`.
"""

from email.message import EmailMessage

from emails.reports import complaints, delivery, notifications
from emails.reports.parts import take_apart
from emails.reports.report import Finding, Kind, Original, Report

__all__ = ["Finding", "Kind", "Original", "Report", "read_report"]


def read_report(mail: EmailMessage) -> Report | None:
    """What a delivery report says, or nothing when this is no report. Never raises."""
    parts = take_apart(mail)
    return complaints.read(parts) or notifications.read(parts) or delivery.read(parts)
