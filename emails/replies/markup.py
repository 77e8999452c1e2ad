"""A reply that exists only as HTML, as lines of text with quoted ones marked like in plain text.

One pass without a tree, so that no nesting is too deep and no letter too long.
"""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

MARK = "> "
DIVIDER = "-----Original Message-----"
BLANKS = re.compile(r"[ \t\r\n\f]+")

VOID = {"br", "hr", "img", "input", "link", "meta", "area", "base", "col", "embed", "source", "wbr"}
UNSEEN = {"style", "script", "head", "title", "template", "noscript", "svg", "select"}
BLOCKS = {
    "address", "article", "blockquote", "center", "dd", "div", "dl", "dt", "fieldset", "footer",
    "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre",
    "section", "table", "tr", "ul", "body", "html",
}  # fmt: skip
# A new one of these ends the last one: people's mail programs leave them open.
SELF_CLOSING = {"p", "li", "tr", "td", "dt", "dd", "option"}

# By class, id or name, as each mail program writes it.
SIGNATURES = re.compile(
    r"gmail_signature|moz-signature|applemailsignature|ms-outlook-mobile-signature"
    r"|protonmail_signature_block|composer_signature|messagesignaturesection|yahoo_signature"
    r"|ydp\w*signature|zmail_signature|tutanota_signature|signature-block|edo-signature",
    re.IGNORECASE,
)
QUOTATIONS = re.compile(
    r"gmail_attr|moz-cite-prefix|moz-forward-container|yahoo_quoted|protonmail_quote"
    r"|tutanota_quote|blockquote_zmail|messagereplysection|olk_src_body_section|ntes-pcmail-quote"
    r"|mac_olk_attribution|reply-intro|__quoted_text__|(?:^|\s)quote(?:\s|$)|zm_quote"
    r"|acompli_forward|-x-evo-attribution|js-quotedtext",
    re.IGNORECASE,
)
# Gmail puts answers between quoted parts into this one too.
GMAIL = re.compile(r"(?:^|\s)gmail_quote", re.IGNORECASE)
# From here on the letter has no frame around it.
DIVIDERS = re.compile(
    r"divrplyfwdmsg|appendonsend|stopspelling|zwchr|isforwardcontent|hrequdivider", re.IGNORECASE
)
OUTLOOK_BORDER = re.compile(r"border:\s*none;\s*border-top:\s*solid", re.IGNORECASE)
# Gmail's and Outlook's button for "indent" makes a quotation of one's own words.
INDENT = re.compile(
    r"margin:\s?0\S*\s0\S*\s0\S*\s40px;\s?border:\s?(?:medium )?none", re.IGNORECASE
)
# Comments and declarations, closed or not: the parser gives up on some, and is slow with others.
NOT_SEEN = re.compile(r"<!--.*?(?:-->|\Z)|<[!?][^>]*(?:>|\Z)", re.DOTALL)
NO_TAG = re.compile(r"<(?![a-zA-Z/])")
INVISIBLE_STYLE = re.compile(r"display:\s?none|mso-hide:\s?all", re.IGNORECASE)


@dataclass
class _Frame:
    tag: str
    unseen: bool = False
    quoted: bool = False
    # Gmail's container: the line it began with, as long as nothing in it is quoted.
    since: int | None = None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.marks: list[bool] = []
        self._text = ""
        self._open: list[_Frame] = []
        self._counts: dict[str, int] = {}
        self._unseen = self._quoted = self._pre = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SELF_CLOSING and self._open and self._open[-1].tag == tag:
            self.handle_endtag(tag)
        if tag == "br" or tag in BLOCKS:
            self._end_line(keep_blank=tag == "br")
        facts = dict(attrs)
        frame = self._frame(tag, facts)
        if DIVIDERS.search(_names(facts)) or (
            tag == "div" and OUTLOOK_BORDER.search(facts.get("style") or "")
        ):
            self._divide()
        if tag not in VOID:
            self._enter(frame)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self._end_line(keep_blank=False)
        if not self._counts.get(tag):
            return
        while self._leave().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if self._pre:
            first, *more = data.replace("\r\n", "\n").split("\n")
            self._text += first
            for line in more:
                self._end_line(keep_blank=True)
                self._text = line
            return
        text = BLANKS.sub(" ", data)
        self._text += text.lstrip(" ") if not self._text or self._text.endswith(" ") else text

    def read(self, html: str) -> list[str]:
        self.feed(html)
        self.close()
        self._end_line(keep_blank=False)
        while self._open:
            self._leave()
        pairs = zip(self.lines, self.marks, strict=True)
        return [MARK + line if quoted else line for line, quoted in pairs]

    def _frame(self, tag: str, facts: dict[str, str | None]) -> _Frame:
        names, style = _names(facts), facts.get("style") or ""
        unseen = (
            tag in UNSEEN
            or SIGNATURES.search(names) is not None
            or INVISIBLE_STYLE.search(style) is not None
        )
        indented = tag == "blockquote" and not names and INDENT.search(style) is not None
        quoted = QUOTATIONS.search(names) is not None or (tag == "blockquote" and not indented)
        container = tag != "blockquote" and GMAIL.search(names) is not None
        return _Frame(tag, unseen, quoted, len(self.lines) if container else None)

    def _enter(self, frame: _Frame) -> None:
        if frame.quoted and frame.tag == "blockquote":
            self._close_containers()
        self._open.append(frame)
        self._counts[frame.tag] = self._counts.get(frame.tag, 0) + 1
        self._unseen += frame.unseen
        self._quoted += frame.quoted
        self._pre += frame.tag == "pre"

    def _leave(self) -> _Frame:
        frame = self._open.pop()
        self._counts[frame.tag] -= 1
        self._mark_since(frame)
        self._unseen -= frame.unseen
        self._quoted -= frame.quoted
        self._pre -= frame.tag == "pre"
        return frame

    def _close_containers(self) -> None:
        """What stands above the first quoted part of a container is its attribution."""
        for frame in self._open if not self._quoted else []:
            self._mark_since(frame)

    def _mark_since(self, frame: _Frame) -> None:
        if frame.since is not None:
            self.marks[frame.since :] = [True] * (len(self.marks) - frame.since)
            frame.since = None

    def _divide(self) -> None:
        if not self._quoted:
            self.lines.append(DIVIDER)
            self.marks.append(False)

    def _end_line(self, *, keep_blank: bool) -> None:
        text = self._text.rstrip() if self._pre else self._text.strip()
        if text or keep_blank:
            self.lines.append(text)
            self.marks.append(self._quoted > 0)
        self._text = ""


def lines_of_html(html: str) -> list[str]:
    """Never raises, whatever the text is, and takes as long as it is long."""
    return _Reader().read(_closed(NO_TAG.sub("&lt;", NOT_SEEN.sub("", html))))


def _closed(html: str) -> str:
    """Where no tag ends any more none can begin; the parser would look for its end each time."""
    end = html.rfind(">") + 1
    return html[:end] + html[end:].replace("<", "&lt;")


def _names(facts: dict[str, str | None]) -> str:
    """Class, id, name and marker: wherever a mail program says what an element is."""
    return " ".join(facts.get(key) or "" for key in ("class", "id", "name", "data-marker")).strip()
