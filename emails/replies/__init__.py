"""What the person wrote: a reply without the letter it quotes and without its signature.

Lines go through a row of small steps, each of which takes lines and gives lines. A step errs on the
side of keeping: a line too many is a blemish, a lost one is lost.
"""

import re
from email.message import EmailMessage, MIMEPart

from emails.replies.attributions import set_apart
from emails.replies.flowed import unflowed
from emails.replies.footers import without_footers
from emails.replies.letters import without_letter
from emails.replies.marks import bare
from emails.replies.markup import lines_of_html
from emails.replies.quotes import chosen_by_hand, mended, without_quotes
from emails.replies.signatures import (
    without_business_card,
    without_disclaimer,
    without_rules,
    without_signature,
)

# Fifty pages, and as much HTML as that takes: a mail with more must not hold up the others. All of
# it is kept as it came.
LONGEST = 100_000
LONGEST_HTML = 300_000
MOST_LINES = 5_000
# The mark that a tracking extension leaves.
TRACKER_MARK = "\u1427"
CLOSING = (without_signature, without_disclaimer, without_business_card, without_rules)


def words_of(mail: EmailMessage) -> str:
    """The reader's own words, from the plain part or else from the HTML one; may be empty."""
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    # Some programs send an empty plain part along.
    words = own_words(_plain(plain)) if plain else ""
    if not words and html and not (plain and _plain(plain).strip()):
        words = own_words_of_html(_content(html))
    # Half a surrogate, from a charset that isn't one, could not be kept.
    return words.encode("utf-8", "replace").decode()


def own_words(body: str) -> str:
    """Plain text without quoted lines, attribution, signature and mobile footer.

    Lines between quoted ones are kept in their order: people answer point by point.
    """
    return _own(body[:LONGEST].replace("\r\n", "\n").replace("\r", "\n").split("\n"), by_hand=True)


def own_words_of_html(html: str) -> str:
    """The same of HTML, where a program and never a hand has marked what is quoted."""
    return _own(lines_of_html(html[:LONGEST_HTML]), by_hand=False)


def _own(lines: list[str], *, by_hand: bool) -> str:
    seen = [line for line in lines[:MOST_LINES] if bare(line) != TRACKER_MARK]
    whole = mended(set_apart(seen))
    unquoted = without_footers(without_letter(whole))
    if not (by_hand and chosen_by_hand(whole)):
        unquoted = without_quotes(unquoted)
    own = [line.rstrip() for line in unquoted]
    for without in CLOSING:
        own = without(own)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(own)).strip()


def _plain(part: MIMEPart) -> str:
    text = _content(part)
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    return unflowed(text, delsp=str(part.get_param("delsp", "")).lower() == "yes")


def _content(part: MIMEPart) -> str:
    """The text, whatever its charset claims to be; undecodable bytes stay visible as marks."""
    try:
        return str(part.get_content())
    except (LookupError, ValueError, TypeError):
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
