"""Signed links and reply addresses: what a person may do is in the link, and can't be forged.

A token is `payload.signature`, lower-case letters and digits only, because the same token also
stands in email addresses, whose case doesn't survive every mail program.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from itsdangerous import BadSignature, Signer
from itsdangerous.encoding import base64_decode, base64_encode
from itsdangerous.signer import SigningAlgorithm

from course.catalogue import Course
from course.enrolments import CODE_LENGTH
from course.keys import Keys
from course.lessons import Lesson
from emails.errors import BadToken, ExpiredToken

SIGNATURE_BYTES = 16
CONFIRMATION_LIFE = timedelta(days=7)
LESSON_TAG_LENGTH = 5
# Enough to tell apart what one reader wrote; all of it wouldn't fit into an address.
REFLECTION_TAG_LENGTH = 8


class Purpose(StrEnum):
    """What a token is good for; one made for one purpose is refused for every other."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    LETTERS = "letters"
    BOOK = "book"
    REFLECT = "reflect"
    KEEPSAKE = "keepsake"
    YOUR_DATA = "your-data"
    SESSION = "session"
    # The owner's own calendar of all sessions.
    CALENDAR = "calendar"
    REPLY = "reply"
    # The owner's answer to a reader.
    ANSWER = "answer"
    # Stands in a form, not in a link: when the form was handed out.
    FORM = "form"


class ShortHmac(SigningAlgorithm):
    """HMAC-SHA-256 cut to 128 bits, which keeps reply addresses within their 64 characters."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.new(key, value, hashlib.sha256).digest()[:SIGNATURE_BYTES]


class LowerCaseSigner(Signer):
    """itsdangerous with base32 in place of base64."""

    def get_signature(self, value: str | bytes) -> bytes:
        signature = base64_decode(super().get_signature(value))
        return base64.b32encode(signature).rstrip(b"=").lower()

    def verify_signature(self, value: str | bytes, sig: str | bytes) -> bool:
        text = sig.encode() if isinstance(sig, str) else sig
        try:
            signature = base64.b32decode(text.upper() + b"=" * (-len(text) % 8))
        except binascii.Error:
            return False
        # The last character has bits to spare; only one spelling of a signature is ours.
        canonical = base64.b32encode(signature).rstrip(b"=").lower() == text
        return canonical and super().verify_signature(value, base64_encode(signature))


class Tokens:
    """Signs with the newest key, verifies with every key there ever was."""

    def __init__(self, keys: Keys) -> None:
        self._signers = {
            purpose: LowerCaseSigner(
                keys.signing,
                salt=f"lettercourse {purpose}",
                key_derivation="hmac",
                digest_method=hashlib.sha256,
                algorithm=ShortHmac(),
            )
            for purpose in Purpose
        }

    def sign(self, purpose: Purpose, payload: str) -> str:
        return self._signers[purpose].sign(payload).decode()

    def read(self, purpose: Purpose, token: str) -> str:
        """What was signed, in whatever case. Raises BadToken for anything else."""
        try:
            return self._signers[purpose].unsign(token.encode("ascii").lower()).decode()
        except (BadSignature, UnicodeError) as error:
            raise BadToken(BadToken.__doc__) from error


class Links:
    """Every address we put into an email."""

    def __init__(self, base_url: str, reply_address: str, tokens: Tokens) -> None:
        self._base_url = base_url.rstrip("/")
        self._mailbox, _, self._domain = reply_address.rpartition("@")
        self._tokens = tokens

    def page(self, path: str) -> str:
        return f"{self._base_url}/{path.lstrip('/')}"

    def confirm(self, code: str, issued_at: datetime) -> str:
        minutes = int(issued_at.timestamp()) // 60
        return self._link(Purpose.CONFIRM, f"{code}{minutes:x}")

    def unsubscribe(self, code: str) -> str:
        return self._link(Purpose.UNSUBSCRIBE, code)

    def letters(self, code: str) -> str:
        return self._link(Purpose.LETTERS, code)

    def book(self, code: str) -> str:
        return self._link(Purpose.BOOK, code)

    def reflect(self, code: str, lesson: str) -> str:
        return self._link(Purpose.REFLECT, lesson_payload(code, lesson))

    def keepsake(self, code: str) -> str:
        return self._link(Purpose.KEEPSAKE, code)

    def session(self, uid: str) -> str:
        """The owner's own page about one session."""
        return self._link(Purpose.SESSION, uid)

    def calendar(self, code: str) -> str:
        """Where the owner's calendar program reads the sessions."""
        return f"{self._link(Purpose.CALENDAR, code)}.ics"

    def reply_token(self, code: str, lesson: str | None) -> str:
        return self._tokens.sign(Purpose.REPLY, lesson_payload(code, lesson))

    def reply_address(self, code: str, lesson: str | None) -> str:
        return f"{self._mailbox}+{self.reply_token(code, lesson)}@{self._domain}"

    def answer_address(self, code: str, reflection_id: str) -> str:
        """Where the owner's answer to this reflection goes; nobody else is told of it."""
        token = self._tokens.sign(Purpose.ANSWER, code + reflection_id[:REFLECTION_TAG_LENGTH])
        return f"{self._mailbox}+{token}@{self._domain}"

    def unsubscribe_address(self, code: str) -> str:
        token = self._tokens.sign(Purpose.UNSUBSCRIBE, code)
        return f"{self._mailbox}+stop.{token}@{self._domain}"

    def _link(self, purpose: Purpose, payload: str) -> str:
        return self.page(f"{purpose}/{self._tokens.sign(purpose, payload)}")


def read_confirmation(tokens: Tokens, token: str, now: datetime) -> str:
    """The enrolment's code. Raises ExpiredToken a week after the link was issued, else BadToken."""
    payload = tokens.read(Purpose.CONFIRM, token)
    code, minutes = payload[:CODE_LENGTH], payload[CODE_LENGTH:]
    issued_at = datetime.fromtimestamp(int(minutes, 16) * 60, UTC)
    if now > issued_at + CONFIRMATION_LIFE:
        raise ExpiredToken(code)
    return code


def lesson_tag(lesson: str) -> str:
    """A lesson's name in short, for addresses; says nothing of what the lesson is about."""
    digest = hashlib.sha256(lesson.encode()).digest()
    return base64.b32encode(digest).decode().lower()[:LESSON_TAG_LENGTH]


def lesson_payload(code: str, lesson: str | None) -> str:
    """What stands in an address that belongs to one letter, or to none of them."""
    return code + (lesson_tag(lesson) if lesson else "")


def lesson_tagged(course: Course | None, tag: str) -> Lesson | None:
    """The lesson of this course that a tag stands for; none for one that is no longer in it."""
    lessons = course.lessons if course and tag else ()
    return next((lesson for lesson in lessons if lesson_tag(lesson.slug) == tag), None)
