"""The line a mail program puts above the letter it quotes: "On ... wrote:", in any language.

Most are known without their language: a moment, an address in brackets, a colon at the end. The
words for "wrote" are for those that name no address.
"""

import re

from emails.replies.marks import LONG, bare, is_blank, is_quoted, next_written

WROTE_BY_LANGUAGE = {
    "Afrikaans": "geskryf|skryf",
    "Albanian": "shkroi",
    "Arabic": "كتب|كتبت|كتابة ما يلي",
    "Azeri, Turkish": "yazd\u0131|yazdi",
    "Basque": "idatzi du",
    "Belarusian": "напісаў|напісала|піша",
    "Bulgarian, Macedonian": "написа|напиша",
    "Catalan": "va escriure|ha escrit",
    "Croatian, Serbian, Slovene": "napisao|napisala|napisal|piše|написао|написала",
    "Czech, Slovak": r"napsal\w*|napísal\w*|píše",
    "Danish, Norwegian, Swedish": "skrev",
    "Dutch": "schreef|geschreven",
    "English": "wrote|writes|has written",
    "Esperanto": "skribis",
    "Estonian": "kirjutas",
    "Finnish": "kirjoitti",
    "French": "a écrit",
    "Galician": "escribiu",
    "German": "schrieb|schreibt|geschrieben",
    "Greek": "έγραψε",
    "Hebrew": "כתב|כתבה|מאת",
    "Hungarian": "írta",
    "Icelandic": "skrifaði",
    "Indonesian, Malay": "menulis",
    "Irish": "scríobh",
    "Italian": "ha scritto|scrive",
    "Kazakh": "жазды",
    "Latvian": "rakstīja",
    "Lithuanian": "rašė|parašė",
    "Persian": "نوشت",
    "Polish": r"napisał\w*|pisze",
    "Portuguese": "escreveu",
    "Romanian": "a scris",
    "Russian": r"написал\w*|пишет|писал\w*",
    "Spanish": "escribió|escribio",
    "Tagalog": "sumulat|isinulat",
    "Ukrainian": r"написав\w*|пише",
    "Vietnamese": "đã viết",
    "Welsh": "ysgrifennodd",
}
# Scripts that put no blank between words.
WROTE_INSIDE = "写道|寫道|写到|撰写|のメール|書きました|작성|썼습니다|เขียนว่า|ने लिखा|লিখেছেন"
WROTE = re.compile(rf"\b(?:{'|'.join(WROTE_BY_LANGUAGE.values())})\b|{WROTE_INSIDE}", re.IGNORECASE)

ENDS = re.compile(r"(?:[:\uff1a]|-{2,})$")
SENTENCE_END = re.compile(r"[.!?…]$")
ADDRESS = r"[^\s<>()\[\]]{1,100}@[^\s<>()\[\]]{1,100}"
BRACKETED = re.compile(rf"[<(\[]\s?(?:mailto:)?[^<>()\[\]]{{0,80}}{ADDRESS}\s?[>)\]]")
YEAR = r"(?<!\d)(?:19|20)\d\d(?!\d)"
TIME = re.compile(r"(?<!\d)\d{1,2}\s?[:.h時时點点]\s?\d{2}(?!\d)|\d\s?[ap]\.?m\b", re.IGNORECASE)
DATE = re.compile(
    rf"\d{{1,4}}[./-]\s?\d{{1,2}}[./-]\s?\d{{1,4}}|(?<!\d)\d{{1,2}}(?!\d).*{YEAR}"
    rf"|{YEAR}.*(?<!\d)\d{{1,2}}(?!\d)"
)
MOMENT = re.compile(rf"{TIME.pattern}|{YEAR}|\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}", re.IGNORECASE)
NUMERIC_DATE = r"\d{1,4}\s?[./年년-]"
LEAD = (
    r"on|at|am|el|le|lun|il|in data|em|op|den|dne|dnia|w dniu|dana|pada|vào|v|în|la"
    r"|på|a[z]?|στις|την|ngày|tanggal|في|בתאריך|quoting|zitat von|citando|pe"
)
# How an attribution begins: a word for "on", a weekday or name and a number, a number, an address.
STARTS = re.compile(
    rf"\W{{0,5}}(?:(?:{LEAD})(?:[\s,].*\d|$)|[^\W\d]{{1,14}}\.?,?\s\d{{1,4}}\b|{NUMERIC_DATE}"
    r"|\d{1,2}\s[^\W\d]|[^\d<(\[].{0,60}[<(\[])",
    re.IGNORECASE,
)
# A number opens an own sentence as well ("3 days ago"), so unmarked text asks for more.
OPENS = re.compile(
    rf"\W{{0,5}}(?:(?:{LEAD})\s.{{0,30}}?\d|[\w.]{{1,14}},?\s\d{{1,4}}\b|{NUMERIC_DATE})",
    re.IGNORECASE,
)
# Yahoo's phones go on with the letter in the attribution's own line.
GOES_ON = re.compile(
    rf"(?P<attribution>.{{0,200}}@[^\s<>@]{{1,100}}>?\s(?:{WROTE.pattern})\s?:)\s{{2,}}(?P<letter>\S)",
    re.IGNORECASE,
)
# The end of an address that was broken across lines looks like a quoted line: "> wrote:".
ADDRESS_TAIL = re.compile(r"\s*>\s?\S{0,20}(?:\s\S{1,20})?\s*[:\uff1a]\s*$")
DIGIT = re.compile(r"\d")
LINES = 6
LENGTH = 300


def set_apart(lines: list[str]) -> list[str]:
    """Every attribution ends its line: what a mail program wrote behind it starts the next one."""
    apart: list[str] = []
    for line in lines:
        found = GOES_ON.match(line) if "@" in line[:LONG] and not is_quoted(line) else None
        cut = found.start("letter") if found else len(line)
        apart += [line[:cut], line[cut:]] if found else [line]
    return apart


def start_of(lines: list[str], end: int, floor: int) -> int | None:
    """Where the attribution begins that ends in this line: mail programs wrap it. Or nothing."""
    if len(lines[end]) > LONG or not ENDS.search(bare(lines[end])):
        return None
    before_quote = _before_quote(lines, end)
    text = ""
    for start in range(end, max(floor - 1, end - LINES), -1):
        line = bare(lines[start])
        if start < end and not _goes_on(line, text):
            return None
        if is_quoted(lines[start]) and not _closes_address(lines, start):
            return None
        text = f"{line} {text}".strip()
        if len(text) > LENGTH:
            return None
        if is_attribution(text, _alone(lines, start, end), before_quote):
            whole = STARTS.match(text) and DATE.search(BRACKETED.sub(" ", text))
            return start if whole else _first_line(lines, start, floor)
    return None


def is_attribution(text: str, alone: bool, before_quote: bool) -> bool:
    """A moment and who it was; with less than that, only what is marked below tells.

    Without the hour it could be her own sentence, so it has a paragraph of its own.
    """
    if not (before_quote or DIGIT.search(text)):
        return False
    bracketed, wrote = BRACKETED.search(text), WROTE.search(text)
    rest = BRACKETED.sub(" ", text).replace("@", " ")
    if before_quote and (wrote or bracketed):
        return True
    if bracketed or (wrote and "@" in text):
        return MOMENT.search(rest) is not None
    if not wrote or not DATE.search(rest) or not OPENS.match(text):
        return False
    return alone or TIME.search(rest) is not None


def _goes_on(line: str, below: str) -> bool:
    """Whether a wrapped attribution may go on from this line to what is below it.

    A blank line breaks it, unless the address below it stands alone.
    """
    return below.startswith(("<", "(")) if not line else not SENTENCE_END.search(line)


def _closes_address(lines: list[str], number: int) -> bool:
    above = "".join(lines[max(0, number - LINES) : number])
    return (
        len(above) <= LINES * LENGTH
        and ADDRESS_TAIL.match(lines[number][:LONG]) is not None
        and above.count("<") > above.count(">")
    )


def _alone(lines: list[str], start: int, end: int) -> bool:
    above = start == 0 or is_blank(lines[start - 1])
    below = end + 1 == len(lines) or is_blank(lines[end + 1])
    return above and below


def _before_quote(lines: list[str], end: int) -> bool:
    following = next_written(lines, end)
    return following is not None and is_quoted(following)


def _first_line(lines: list[str], start: int, floor: int) -> int:
    """The line it opens with, when that was wrapped away from its moment or its address."""
    for above in range(start - 1, max(floor - 1, start - LINES), -1):
        line = bare(lines[above])
        if not line or len(line) > LONG or is_quoted(lines[above]):
            break
        if STARTS.match(line):
            return above
    return start
