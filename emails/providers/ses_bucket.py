"""Received emails that SES kept in S3: those too large for SNS, or all, as a receipt rule says.

https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-s3.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html

A notice names a bucket and a key. Only the one bucket in our settings is ever asked.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from emails.errors import FetchFailed, HookUnreadable
from emails.providers.hooks import Notice, listed, mapping, text
from emails.providers.transport import NO_ANSWER, whole

ACTION = "S3"
# Of what SES encrypted itself before it kept it, with a key of KMS that never leaves Amazon.
ENCRYPTED = "x-amz-meta-x-amz-key-v2"

# Amazon says so too when there is no such email, unless the key may list what there is.
NOT_ALLOWED = (
    "Amazon doesn't let our key read it (HTTP 403); allow it s3:GetObject and s3:ListBucket on "
    "emails.ses.inbound_bucket"
)
ENCRYPTED_THERE = "SES encrypted it with a key of KMS; take that out of the receipt rule"


@dataclass(frozen=True)
class Bucket:
    """`address` is the bucket's own, whatever is asked for in it."""

    address: str
    timeout: httpx.Timeout
    login: httpx.Auth | None = field(repr=False)

    def fetch(self, key: str) -> bytes | None:
        """The email; nothing when it isn't there. Raises FetchFailed."""
        url = f"{self.address}/{quote(key, safe='/~')}"
        try:
            with httpx.stream("GET", url, auth=self.login, timeout=self.timeout) as answer:
                return None if answer.status_code == httpx.codes.NOT_FOUND else _email(answer)
        except NO_ANSWER as error:
            raise FetchFailed(f"no answer from S3 ({type(error).__name__})") from error


def announced(receipt: dict[str, Any], bucket: str) -> Notice:
    """Where in our bucket it lies. Raises HookUnreadable for any other."""
    action = mapping(receipt.get("action"))
    if not bucket or action.get("bucketName") != bucket:
        raise HookUnreadable(
            "SES kept this email in S3, in a bucket that isn't emails.ses.inbound_bucket"
        )
    key = text(action.get("objectKey"))
    if key is None or not _stays_inside(key):
        raise HookUnreadable("SES kept this email in S3 and doesn't say under which name")
    return Notice(key, tuple(str(each) for each in listed(receipt.get("recipients")) if each))


def _stays_inside(key: str) -> bool:
    """No way leads from it into another bucket."""
    return key.isprintable() and not {".", ".."} & set(key.split("/"))


def _email(answer: httpx.Response) -> bytes:
    if answer.status_code == httpx.codes.FORBIDDEN:
        raise FetchFailed(NOT_ALLOWED)
    if not answer.is_success:
        raise FetchFailed(f"HTTP {answer.status_code} from S3")
    if ENCRYPTED in answer.headers:
        raise FetchFailed(ENCRYPTED_THERE)
    return whole(answer)
