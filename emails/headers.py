"""The header sheet: what mail programs read before anybody reads a word."""

from collections.abc import Mapping

from course.catalogue import Course
from emails.links import Links
from emails.stationery import Stationery

# RFC 3834: made by a machine; and asking Exchange for no out-of-office note in return.
AUTOMATIC: Mapping[str, str] = {
    "Auto-Submitted": "auto-generated",
    "X-Auto-Response-Suppress": "OOF, AutoReply",
}


def message_id(key: str, token: str, stationery: Stationery) -> str:
    """Carries the signed reply token, so that a reply finds its letter by In-Reply-To as well."""
    return f"<{key}.{token}@{stationery.sender.domain}>"


def for_list(course: Course, code: str, links: Links, stationery: Stationery) -> Mapping[str, str]:
    """RFC 8058 and RFC 2919: leave with one click, and a name for the list that gives nothing away.

    The mailto is for Outlook.com, which looks at nothing else.
    """
    mailbox = links.unsubscribe_address(code)
    return {
        "List-Unsubscribe": f"<{links.unsubscribe(code)}>, <mailto:{mailbox}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": f"<{course.slug}.{stationery.sender.domain}>",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }


def for_acknowledgement(answers: str | None) -> Mapping[str, str]:
    """RFC 3834: an automatic answer says so, and threads with what it answers."""
    automatic = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}
    return {**automatic, **in_thread(answers)}


def in_thread(answers: str | None) -> Mapping[str, str]:
    """Shown below the email of this Message-ID, if we know it."""
    return {"In-Reply-To": answers, "References": answers} if answers else {}
