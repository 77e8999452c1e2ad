"""What the person wrote: a reply without the letter it quotes and without its signature."""

import re
from email.message import EmailMessage, MIMEPart

from bs4 import BeautifulSoup
from bs4.exceptions import ParserRejectedMarkup

# The line a mail program puts above the letter it quotes, in the languages of our readers: it ends
# in a colon (or Zoho's dashes), has a date, and an address or a word for "wrote".
WROTE = re.compile(
    r"\b(wrote|writes|schrieb|escribió|a écrit|ha scritto|escreveu|schreef|geschreven|skrev"
    r"|kirjoitti|napisał\w*|napsal\w*|написал\w*|пишет|írta|yazd\u0131|έγραψε)\b"
    r"|写道|寫道|のメール|작성",
    re.IGNORECASE,
)
LEADING = re.compile(
    r"^(on|am|el|le|il|em|op|den|dnia|w dniu|in data|at)\b(?=.*\d)[^.!?]*$|^(on|am|le|el)$",
    re.IGNORECASE,
)
WEAK_ATTRIBUTION = re.compile(r"^(on|am|el|le|il|em|op|den|dnia)\b.{4,250}:\s*$", re.IGNORECASE)
ATTRIBUTION_END = re.compile(r"([:\uff1a]|-{2,})\s*$")
MOMENT = re.compile(r"\d{1,2}[:.h]\d{2}|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\b(19|20)\d\d\b")
FULL_DATE = re.compile(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\b\d{1,2}\b.*\b(19|20)\d\d\b|\b(19|20)\d\d\b.*\b\d{1,2}\b"
)
SENTENCE_END = re.compile(r"[.!?]\s*$")
BROKEN_ADDRESS = re.compile(r"^\s*>\s?[^\s>]{0,20}\s*:\s*$")
ATTRIBUTION_LINES = 6
ATTRIBUTION_LENGTH = 300

DIVIDER = re.compile(
    r"^\s*(-{2,}\s*(original message|ursprüngliche nachricht|mensaje original|message d'origine"
    r"|messaggio originale|mensagem original|oorspronkelijk bericht|forwarded message)\s*-{2,}"
    r"|_{10,})\s*$",
    re.IGNORECASE,
)
# Outlook quotes under a block of headers without any sign in front.
OUTLOOK_FROM = re.compile(
    r"^\s*\*?(from|von|de|da|van|från|fra|od|lähettäjä|от)\s?\*?\s?:\*?\s?\S", re.IGNORECASE
)
OUTLOOK_OTHER = re.compile(
    r"^\s*\*?(sent|date|to|cc|subject|reply-to|gesendet|datum|an|betreff|enviado( el)?|fecha|para"
    r"|asunto|envoyé( le)?|à|objet|inviato|data|a|oggetto|risposta|assunto|verzonden|aan|onderwerp"
    r"|skickat|till|ämne|sendt|til|emne|дата|отправлено|кому|тема)\s?\*?\s?:",
    re.IGNORECASE,
)
OUTLOOK_LINES = 6
OUTLOOK_LABELS = 3

SIGNATURE = re.compile(r"^(-- ?|__ ?)$")
MOBILE = re.compile(
    r"^(sent (from|via|with|using) |get outlook for |von mein\w+ .+ gesendet"
    r"|gesendet (mit|von|vom|aus) |enviado (desde|do|de|con) |obt[eé]n outlook "
    r"|envoyé (de|depuis|avec|à partir de) |télécharge\w* outlook |inviato (da|dal|con) "
    r"|(verzonden|verstuurd) (vanaf|met|van) |sendt (fra|med) "
    r"|skickat från |lähetetty |wysłan[eo] (z|ze) ).{0,80}$",
    re.IGNORECASE,
)
MOBILE_FOLLOWERS = 3
TRACKER_MARK = "\u1427"


def words_of(mail: EmailMessage) -> str:
    """The reader's own words, from the plain part or else from the HTML one; may be empty.

    Raises ValueError when the HTML can't be read.
    """
    # Half a surrogate, from a charset that isn't one, could not be kept.
    return own_words(_body(mail)).encode("utf-8", "replace").decode()


def own_words(body: str) -> str:
    """Plain text without quoted lines, attribution, signature and mobile footer.

    Lines between quoted ones are kept in their order: people answer point by point.
    """
    lines = body.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = _without_quotes(_before_the_letter(lines))
    own = _without_footer(_without_signature(kept))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(own)).strip()


def _body(mail: EmailMessage) -> str:
    part = mail.get_body(("plain", "html"))
    if part is None:
        return ""
    content = _content(part)
    return content if part.get_content_subtype() == "plain" else _text_of_html(content)


def _content(part: MIMEPart) -> str:
    """The text, whatever its charset claims to be; undecodable bytes stay visible as marks."""
    try:
        return str(part.get_content())
    except (LookupError, ValueError):
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _text_of_html(html: str) -> str:
    try:
        soup = BeautifulSoup(html, "html.parser")
    except ParserRejectedMarkup:
        raise ValueError("This HTML can't be read.") from None
    for quoted in soup.select(
        "blockquote, style, script, .gmail_quote, .gmail_attr, .yahoo_quoted, "
        "#divRplyFwdMsg, #appendonsend, .moz-cite-prefix, .moz-signature, .gmail_signature"
    ):
        quoted.decompose()
    for line_break in soup.find_all("br"):
        line_break.replace_with("\n")
    for block in soup.find_all(["p", "div", "li", "h1", "h2", "h3", "tr"]):
        block.append("\n")
    return soup.get_text()


def _before_the_letter(lines: list[str]) -> list[str]:
    """Up to where the mail program put the letter that is answered, with nothing after it."""
    for number in range(len(lines)):
        if DIVIDER.match(lines[number]) or _is_outlook_header(lines, number):
            return lines[:number]
        start = _attribution_start(lines, number)
        if start is None:
            continue
        before, rest = lines[:start], lines[number + 1 :]
        # Answers between quoted lines, or below a letter that isn't marked, follow the attribution.
        follows = _is_quoted(rest) or not any(line.strip() for line in before)
        return before + (rest if follows else [])
    return lines


def _is_outlook_header(lines: list[str], number: int) -> bool:
    """Three labels or more in one block, in whatever order, and who it is from among them."""
    if not _is_label(lines[number]):
        return False
    block = [line for line in lines[number : number + 12] if line.strip()][:OUTLOOK_LINES]
    named = [line for line in block if _is_label(line)]
    return len(named) >= OUTLOOK_LABELS and any(map(OUTLOOK_FROM.match, named))


def _is_label(line: str) -> bool:
    return bool(OUTLOOK_FROM.match(line) or OUTLOOK_OTHER.match(line))


def _attribution_start(lines: list[str], end: int) -> int | None:
    """Where the "On ... wrote:" begins that ends in this line: mail programs wrap it."""
    if not ATTRIBUTION_END.search(lines[end]):
        return None
    for start in range(end, max(-1, end - ATTRIBUTION_LINES), -1):
        if start < end and SENTENCE_END.search(lines[start]):
            return None
        if lines[start].lstrip().startswith(">") and not BROKEN_ADDRESS.match(lines[start]):
            return None
        joined = " ".join(line.strip() for line in lines[start : end + 1]).strip()
        if _is_attribution(joined) or _is_weak_attribution(joined, lines[end + 1 :]):
            return _first_line_of(lines, start)
    return None


def _is_attribution(line: str) -> bool:
    if len(line) > ATTRIBUTION_LENGTH:
        return False
    if "@" in line:
        return MOMENT.search(line.replace("@", " ")) is not None
    return WROTE.search(line) is not None and FULL_DATE.search(line) is not None


def _is_weak_attribution(line: str, rest: list[str]) -> bool:
    """Without a date it could be the reader's own sentence, so only what is marked tells."""
    if not WEAK_ATTRIBUTION.match(line) or not WROTE.search(line):
        return False
    following = next((text for text in rest if text.strip()), ">")
    return following.lstrip().startswith(">")


def _first_line_of(lines: list[str], start: int) -> int:
    above = start - 1
    return above if above >= 0 and LEADING.match(lines[above].strip()) else start


def _is_quoted(lines: list[str]) -> bool:
    return any(line.lstrip().startswith(">") for line in lines)


def _without_quotes(lines: list[str]) -> list[str]:
    return [
        line.rstrip()
        for line in lines
        if not line.lstrip().startswith(">") and line.strip() != TRACKER_MARK
    ]


def _without_signature(lines: list[str]) -> list[str]:
    return next((lines[:n] for n, line in enumerate(lines) if SIGNATURE.match(line)), lines)


def _without_footer(lines: list[str]) -> list[str]:
    """Without "Sent from my phone", where it stands near the end; elsewhere it is a sentence."""
    for number, line in enumerate(lines):
        after = [text for text in lines[number + 1 :] if text.strip()]
        if MOBILE.match(line.strip()) and len(after) <= MOBILE_FOLLOWERS:
            return lines[:number]
    return lines
