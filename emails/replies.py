"""What the person wrote: a reply without the letter it quotes and without its signature."""

import re
from email.message import EmailMessage

from bs4 import BeautifulSoup

ATTRIBUTION = re.compile(
    r"^(on|am|el|le|il|em|op|den|dnia)\b.{4,200}"
    r"\b(wrote|schrieb|escribió|a écrit|ha scritto|escreveu|schreef|skrev|napisał\w*)\b.{0,40}:\s*$",
    re.IGNORECASE,
)
DIVIDER = re.compile(
    r"^\s*(-{2,}\s*(original message|ursprüngliche nachricht|mensaje original|message d'origine"
    r"|forwarded message)\s*-{2,}|_{10,})\s*$",
    re.IGNORECASE,
)
# Outlook quotes under a block of headers without any sign in front.
OUTLOOK_HEADER = re.compile(r"^\*?(from|von|de|da|van)\*?:\s.+", re.IGNORECASE)
OUTLOOK_NEXT = re.compile(r"^\*?(sent|date|gesendet|datum|enviado|envoyé|to|an|para)\*?:", re.IGNORECASE)
SIGNATURE = re.compile(r"^(-- ?|__ ?)$")
MOBILE = re.compile(
    r"^(sent from my|get outlook for|von meinem .+ gesendet|gesendet mit|enviado desde mi"
    r"|envoyé de mon)\b.*",
    re.IGNORECASE,
)
ATTRIBUTION_LINES = 3


def words_of(mail: EmailMessage) -> str:
    """The reader's own words, from the plain part or else from the HTML one; may be empty."""
    return own_words(_body(mail))


def own_words(body: str) -> str:
    """Plain text without quoted lines, attribution, signature and mobile footer.

    Lines between quoted ones are kept in their order: people answer point by point.
    """
    lines = body.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = _without_quotes(_before_the_letter(lines))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(_without_signature(kept))).strip()


def _body(mail: EmailMessage) -> str:
    part = mail.get_body(("plain", "html"))
    if part is None:
        return ""
    content = _content(part)
    return content if part.get_content_subtype() == "plain" else _text_of_html(content)


def _content(part: EmailMessage) -> str:
    """The text, whatever its charset claims to be; undecodable bytes stay visible as marks."""
    try:
        return str(part.get_content())
    except (LookupError, ValueError):
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _text_of_html(html: str) -> str:
    soup = BeautifulSoup(html, "html.parser")
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
        height = _attribution_height(lines, number)
        if height:
            rest = lines[number + height :]
            # Answers between quoted lines follow the attribution: then only it goes.
            return lines[:number] + (rest if _is_quoted(rest) else [])
    return lines


def _is_outlook_header(lines: list[str], number: int) -> bool:
    following = lines[number + 1 : number + 3]
    return bool(OUTLOOK_HEADER.match(lines[number])) and any(map(OUTLOOK_NEXT.match, following))


def _attribution_height(lines: list[str], number: int) -> int:
    """How many lines the "On ... wrote:" takes that starts here: mail programs wrap it."""
    for height in range(1, ATTRIBUTION_LINES + 1):
        joined = " ".join(line.strip() for line in lines[number : number + height])
        if ATTRIBUTION.match(joined):
            return height
    return 0


def _is_quoted(lines: list[str]) -> bool:
    return any(line.lstrip().startswith(">") for line in lines)


def _without_quotes(lines: list[str]) -> list[str]:
    return [line.rstrip() for line in lines if not line.lstrip().startswith(">")]


def _without_signature(lines: list[str]) -> list[str]:
    for number, line in enumerate(lines):
        if SIGNATURE.match(line) or MOBILE.match(line.strip()):
            return lines[:number]
    return lines
