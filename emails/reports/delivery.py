"""Bounces and notices of delay: from the machine's fields where there are any, else from prose."""

import re
from dataclasses import replace

from emails.reports.evidence import is_delivery_report
from emails.reports.fields import Fields, of_recipients, read_fields, untyped
from emails.reports.judging import Said, judge, meaning_of, precise_status
from emails.reports.parts import Parts, one_line, take_apart
from emails.reports.prose import LONGEST_BLOCK, address_in, said_of_each
from emails.reports.report import Finding, Kind, Original, Report
from emails.reports.returned import read_original, split_prose
from emails.reports.words import Meaning

LONGEST_REASON = 300
MOST_FINDINGS = 20
# A server's reply begins with its code, a status, or what a machine calls its answer.
ANSWER = re.compile(
    r"(?:(?<![\d.\-:/=])[245]\d\d[ :-](?=\D|[245]\.)"
    r"|(?<![\d.#])[245]\.\d{1,3}\.\d{1,3}\b).{0,1000}",
    re.DOTALL,
)
COURTESY = re.compile(
    r"^(?:$|hi[.!]|hello|this (?:is|message|mail)|i.m (?:afraid|sorry)|sorry,? (?:we|i) "
    r"|a message|your message|the following|\*+|=+|-+|date:|to:|from:|subject:|sent:|for further"
    r"|message from|delivery to|unable to deliver|there was an error|[<\"']?\S+@\S+[>\"':]*$"
    r"|the original message|recipients?\b|its recipients|failed:)",
    re.IGNORECASE,
)


def read(parts: Parts) -> Report | None:
    if not is_delivery_report(parts):
        return None
    prose, below = split_prose(parts.prose)
    blocks = of_recipients(read_fields(parts.fields or parts.prose))
    if not blocks and parts.nested is not None:
        inner = take_apart(parts.nested)
        blocks = of_recipients(read_fields(inner.fields))
        if blocks:
            parts, prose = inner, inner.prose
    original = read_original(parts.letter or below, parts.fields)
    findings = _of_machine(blocks[:MOST_FINDINGS], prose) if blocks else _of_prose(parts, prose)
    named = [finding for finding in findings if finding.recipient]
    return Report(tuple(named) or (_of_nobody(prose, original),), original)


def _of_machine(blocks: list[Fields], prose: str) -> list[Finding]:
    recipients = [_recipient(block) for block in blocks]
    around = said_of_each(prose, tuple(recipients), "")
    # Prose that doesn't name the only recipient still speaks of it.
    rest = prose[:LONGEST_BLOCK] if len(blocks) == 1 else ""
    return [
        _finding(recipient, block, around.get(recipient, rest))
        for recipient, block in zip(recipients, blocks, strict=True)
    ]


def _finding(recipient: str, block: Fields, around: str) -> Finding:
    told = one_line(untyped(block.get("diagnostic-code", "")))
    reason = told if any(map(str.isalpha, told)) else _reason(around) or told
    status = precise_status(block.get("status", ""), reason)
    action = block.get("action", "").split(" ")[0].strip().lower()
    said = Said(action, status, reason, around)
    return Finding(judge(said), recipient, reason[:LONGEST_REASON], status)


def _recipient(block: Fields) -> str:
    """Whom we wrote to, rather than whom it was passed on to, and an address rather than a path."""
    for name in ("original-recipient", "final-recipient"):
        address = address_in(untyped(block.get(name, "")))
        if address:
            return address
    return ""


def _of_prose(parts: Parts, prose: str) -> list[Finding]:
    failed = tuple(
        address
        for value in parts.header("X-Failed-Recipients").split(",")
        if (address := address_in(value))
    )
    us = address_in(parts.header("To"))
    return [_spoken(recipient, text) for recipient, text in said_of_each(prose, failed, us).items()]


def _spoken(recipient: str, text: str) -> Finding:
    reason = _reason(text)
    status = precise_status("", reason)
    said = Said("", status, reason, text)
    return Finding(judge(said), recipient, reason[:LONGEST_REASON], status)


def _of_nobody(prose: str, original: Original) -> Finding:
    """No recipient is named; the letter's own header may tell, but then nothing is certain."""
    finding = _spoken("", prose[:LONGEST_BLOCK])
    to = next((line for line in original.headers if line.lower().startswith("to:")), "")
    milder = Kind.SOFT if finding.kind is Kind.HARD else finding.kind
    return replace(finding, kind=milder, recipient=address_in(to))


def _reason(text: str) -> str:
    """The server's answer with the rest of its paragraph; else the first line that says much."""
    for paragraph in re.split(r"\n\s*\n", text):
        found = ANSWER.search(paragraph)
        if found:
            return one_line(found.group())
    lines = [one_line(line) for line in text.split("\n")]
    telling = [line for line in lines if line and not COURTESY.match(line)]
    clear = (line for line in telling + lines if meaning_of(line) is not Meaning.SILENT)
    return next(clear, telling[0] if telling else "")
