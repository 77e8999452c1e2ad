"""The owner answers through her own mail program, and her words go to the reader.

It rests on two things. The address she writes to was only ever sent to her, in a notice, and
carries our signature; and her email says that it is from her, which the server that received it
must not have found to be false. Whatever else comes there goes to nobody, and she is told.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from sqlalchemy.orm import Session

from course import answers, enrolments, reflections
from course.answers import ANSWER_LENGTH
from course.enrolments import CODE_LENGTH, Enrolment, State
from course.vault import Vault
from emails import replies
from emails.inbound import ReceivedEmail, Verdict
from emails.parsing import only_sender
from emails.replies.marks import is_quoted
from emails.suppression import EVERYTHING, suppressed

# DMARC (RFC 7489) is the one verdict about the address that people see.
FORGED = re.compile(r"\bdmarc\s*=\s*fail\b", re.IGNORECASE)


@dataclass(frozen=True)
class Desk:
    """Where the owner's answers come from; an empty address where she doesn't answer by mail."""

    vault: Vault
    owner: str


def take(
    session: Session,
    desk: Desk,
    received: ReceivedEmail,
    mail: EmailMessage,
    payload: str,
    now: datetime,
) -> Verdict:
    """Keep her answer and call for its email; or say why it goes to nobody."""
    if not _is_hers(desk, mail):
        return Verdict.FORGED_ANSWER
    reader = enrolments.by_code(session, payload[:CODE_LENGTH], for_update=True)
    if reader is None or not may_be_answered(session, reader):
        return Verdict.LATE_ANSWER
    received.enrolment_id = reader.id
    reflection = reflections.tagged(session, reader.id, payload[CODE_LENGTH:])
    if reflection is None:
        return Verdict.LATE_ANSWER
    words, source = own_words(mail), _source(received, mail)
    if not words:
        return Verdict.EMPTY_ANSWER
    if len(words) > ANSWER_LENGTH:
        return Verdict.LONG_ANSWER
    if not answers.is_known(session, source):
        answers.write(session, desk.vault, reflection, words, now, source=source)
    has_files = any(part.is_attachment() for part in mail.walk())
    return Verdict.BARE_ANSWER if has_files else Verdict.ANSWER


def may_be_answered(session: Session, reader: Enrolment) -> bool:
    """Whether she still wants to hear from us."""
    digest = reader.subscriber.digest
    barred = suppressed(session, {digest})
    return reader.state != State.LEFT and not barred.keys() & {
        (digest, EVERYTHING),
        (digest, reader.course),
    }


def own_words(mail: EmailMessage) -> str:
    """The owner's, and no line that she quotes, by hand either: a reader's words never travel."""
    lines = replies.words_of(mail).split("\n")
    return "\n".join(line for line in lines if not is_quoted(line)).strip()


def _is_hers(desk: Desk, mail: EmailMessage) -> bool:
    results = " ".join(map(str, mail.get_all("Authentication-Results", [])))
    return bool(desk.owner) and only_sender(mail) == desk.owner and not FORGED.search(results)


def _source(received: ReceivedEmail, mail: EmailMessage) -> str:
    """The same for one email that came by two ways, which differ in what they wrote on top."""
    name = str(mail.get("Message-ID", "")).strip() or received.fingerprint
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
