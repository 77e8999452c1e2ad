"""Our address as the world sees it, and our clock beside that of others."""

import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from app.findings import CALL_SECONDS, Finding, look, ok, wrong

RENEW_BEFORE = timedelta(days=14)
# A date in a header is cut to the second, and comes some way.
CLOCKS_AGREE = timedelta(seconds=5)
# Vendors refuse calls, and we theirs, that seem older than five minutes.
CLOCKS_DISAGREE = timedelta(seconds=60)


def public_address(url: str) -> list[Finding]:
    what = f"public address {url}"
    if not url.startswith("https://"):
        says = "not asked, for it isn't https yet."
        return [look(what, says, "Before production, write web.base_url.")]
    try:
        with httpx.stream("GET", f"{url}/healthz", timeout=CALL_SECONDS) as answer:
            ends = _certificate_ends(answer)
            answer.read()
    except httpx.HTTPError as error:
        return [_unreached(what, error)]
    return [judge_answer(what, answer), *([judge_certificate(ends, _now())] if ends else [])]


def _certificate_ends(answer: httpx.Response) -> datetime | None:
    line = answer.extensions["network_stream"].get_extra_info("ssl_object")
    shown = line.getpeercert() if line else None
    if not shown:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)


def _unreached(what: str, error: BaseException) -> Finding:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            says = f"its certificate isn't valid: {cause.verify_message}."
            return wrong(what, says, "Renew it, or mend how the web server in front gives it.")
        cause = cause.__cause__ or cause.__context__
    says = f"no answer ({type(error).__name__})."
    return wrong(what, says, "Look at its DNS, at the web server in front, and whether we serve.")


def judge_answer(what: str, answer: httpx.Response) -> Finding:
    if answer.is_success and '"status"' in answer.text:
        return ok(what, "it answers.")
    says = f"somebody else answers there, with HTTP {answer.status_code}."
    return wrong(
        what, says, "Let the web server in front pass everything on to lettercourse serve."
    )


def judge_certificate(ends: datetime, now: datetime) -> Finding:
    what, says = "certificate", f"valid until {ends:%Y-%m-%d}."
    if ends - now < RENEW_BEFORE:
        return look(what, says, "Renew it, and look why that doesn't happen by itself.")
    return ok(what, says)


def clock(urls: Iterable[str]) -> list[Finding]:
    """Whether ours agrees with the first of these that speaks HTTP."""
    url = next((url for url in urls if url.startswith("http")), None)
    if not url:
        return [look("clock", "not asked: there is nobody yet whose clock we could see.")]
    said = httpx.head(url, timeout=CALL_SECONDS).headers.get("date", "")
    if not said:
        return [look("clock", f"not known: {url} tells no time.")]
    return [judge_clock(parsedate_to_datetime(said), _now())]


def judge_clock(said: datetime, ours: datetime) -> Finding:
    off = abs(ours - said)
    if off <= CLOCKS_AGREE:
        return ok("clock", "right, to some seconds.")
    says = f"it is {off.total_seconds():.0f} seconds {'ahead' if ours > said else 'behind'}."
    judge = wrong if off > CLOCKS_DISAGREE else look
    return judge("clock", says, "Let this machine keep its time by NTP.")


def _now() -> datetime:
    return datetime.now(UTC)
