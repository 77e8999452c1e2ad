"""One verdict from what a server said: an address is hard only when two witnesses agree.

"User unknown" alone proves little. Filters say it of the living, to discourage spammers, and say
it after they have read the letter. So the words must come with a status that means an address,
or in answer to the command that names one.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

from emails.reports import words
from emails.reports.parts import one_line
from emails.reports.report import Kind
from emails.reports.words import Meaning

URL = re.compile(r"https?:\S+|www\.\S+", re.IGNORECASE)
ADDRESS = re.compile(r"<?[^\s<>@]{1,100}@[^\s<>@]{1,200}>?")
STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
REPLY = re.compile(
    r"(?<![\d.\-:/=])(?P<code>[245]\d\d)(?=[ \-:,;]|$)(?![ \-]\d{1,3}\.\d{1,3}\.\d{1,3}\.)"
)

HAPPENED = {"delayed", "delivered", "relayed", "expanded"}


class Stage(Enum):
    """The command a server was answering."""

    BEFORE = auto()  # Greeting or sender: no recipient was named yet.
    RECIPIENT = auto()
    LETTER = auto()
    UNTOLD = auto()


STAGES = (
    (
        Stage.RECIPIENT,
        re.compile(
            r"in reply to rcpt|after rcpt|does not like recipient|like our rcpt|\brcpt command"
            r"|\[rcpt_to\]|smtp:rcpt|>>> ?rcpt|sent <<< rcpt|\(state 14\)|rejected recipient"
            r"|response to rcpt|need rcpt|no valid recipients"
            r"|\brcpt to:<[^<>]{1,200}>\s{0,20}(received|<<<|said|:)",
            re.IGNORECASE,
        ),
    ),
    (
        Stage.LETTER,
        # Not sendmail's ">>> DATA": it sends ahead, and answers to RCPT are shown below it.
        re.compile(
            r"in reply to (end of )?data|after (end of )?data|after i sent the message|final data"
            r"|\(state 1[78]\)|\btext command|\(data\)|smtp:data|\[data\]",
            re.IGNORECASE,
        ),
    ),
    (
        Stage.BEFORE,
        re.compile(
            r"in reply to (mail|helo|ehlo)|after mail from|initial connection|sender was rejected"
            r"|like our (mail|helo|ehlo|greet)|>>> ?(mail|helo|ehlo)|\(state (1[0-3]|[0-9])\)"
            r"|\[mail_from\]|response to mail",
            re.IGNORECASE,
        ),
    ),
)


@dataclass(frozen=True)
class Said:
    """What a report says of one recipient."""

    action: str
    status: str
    reason: str
    # All the text about it, where the reason itself is silent.
    around: str

    @property
    def stage(self) -> Stage:
        text = one_line(f"{self.reason} {self.around}")
        return next((stage for stage, shape in STAGES if shape.search(text)), Stage.UNTOLD)


def judge(said: Said) -> Kind:
    if said.action in HAPPENED or said.status.startswith("2"):
        return Kind.NOTICE
    if not said.action and words.WARNING.search(said.around):
        return Kind.NOTICE
    return Kind.HARD if _is_gone(said) else Kind.SOFT


def precise_status(status: str, reason: str) -> str:
    """The server's own status, where the report's is general or missing."""
    found = STATUS.search(status)
    own = STATUS.search(reason)
    if own and (found is None or found.group().endswith(".0.0")):
        return own.group()
    return found.group() if found else ""


def reply_code(reason: str) -> str:
    found = REPLY.search(reason)
    return found["code"] if found else ""


def meaning_of(text: str) -> Meaning:
    bare = ADDRESS.sub("<>", URL.sub("", text))
    for shape, meaning in (
        (words.FULL, Meaning.PASSING),
        (words.SENDER, Meaning.PASSING),
        (words.SUSPENDED, Meaning.SUSPENDED),
        (words.NO_DOMAIN, Meaning.NO_DOMAIN),
        (words.BUSY, Meaning.PASSING),
        (words.UNREACHED, Meaning.PASSING),
        (words.BLOCKED, Meaning.PASSING),
        (words.NO_USER, Meaning.NO_USER),
    ):
        if shape.search(bare):
            return meaning
    return Meaning.SILENT


def _is_gone(said: Said) -> bool:
    if _is_temporary(said):
        return False
    if words.EDGE_BLOCK.search(f"{said.status} {said.reason}"):
        return True
    meaning = meaning_of(said.reason)
    if meaning is Meaning.SILENT:
        meaning = meaning_of(said.around)
    match meaning:
        case Meaning.NO_DOMAIN:
            return said.stage is not Stage.BEFORE
        case Meaning.NO_USER:
            return _is_unknown(said)
        case Meaning.SUSPENDED | Meaning.SILENT:
            return _has_telling_status(said)
        case _:
            return False


def _is_unknown(said: Said) -> bool:
    """Whether a second witness bears out the words."""
    if words.NAMELESS.search(said.reason) or said.status.startswith(("5.6", "5.7")):
        return False
    if said.stage in (Stage.BEFORE, Stage.LETTER) or words.SUSPENDED.search(said.around):
        return False
    return (
        said.stage is Stage.RECIPIENT
        or _has_telling_status(said)
        or said.status == words.GENERAL_STATUS
        or bool(words.NAMES_ADDRESS.search(said.reason))
        or bool(words.DIRECTORIES.search(f"{said.reason} {said.around}"))
    )


def _has_telling_status(said: Said) -> bool:
    return said.status in words.GONE_STATUSES and said.stage in (Stage.RECIPIENT, Stage.UNTOLD)


def _is_temporary(said: Said) -> bool:
    return said.status.startswith("4") or reply_code(said.reason).startswith("4")
