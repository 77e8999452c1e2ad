"""How well delivery reports and auto-replies are told: `python -m bench.reports`.

The files are JSON lines as in tests/corpora. Other ones can be named: `--bounces PATH`,
`--autoreplies PATH`, `--replies PATH` (people's mail, of which nothing may be taken for a
machine's). `-v` lists what was got wrong.
"""

import argparse
import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from time import perf_counter
from typing import Any

from emails.autoreplies import is_automatic
from emails.reports import Kind, Report, read_report

CORPORA = Path(__file__).parent.parent / "tests" / "corpora"
PERSON = (
    b"From: Ana <ana@example.com>\r\nTo: letters@practice.example\r\nSubject: Re: The quick\r\n"
)

Case = Mapping[str, Any]


@dataclass
class Score:
    """Right ones of all, and the names of the wrong."""

    name: str
    right: int = 0
    wrong: list[str] = field(default_factory=list)

    def count(self, right: bool, name: str) -> None:
        if right:
            self.right += 1
        else:
            self.wrong.append(name)

    @property
    def total(self) -> int:
        return self.right + len(self.wrong)

    @property
    def share(self) -> float:
        return self.right / self.total if self.total else 1.0

    def __str__(self) -> str:
        return f"{self.name:<36}{self.share:>7.3f}   {self.right} of {self.total}"


@dataclass
class Watch:
    slowest: float = 0.0

    def time(self, read: Callable[[EmailMessage], Any], mail: EmailMessage) -> Any:
        start = perf_counter()
        answer = read(mail)
        self.slowest = max(self.slowest, perf_counter() - start)
        return answer


def main() -> None:
    arguments = _arguments()
    watch = Watch()
    # A path that isn't there ends the run by name, rather than as a row that is missing.
    scores = [
        *score_bounces(read_cases(arguments.bounces), watch),
        *score_autoreplies(read_cases(arguments.autoreplies), watch),
        *score_people(read_cases(arguments.replies), watch),
    ]
    for score in scores:
        print(score)
        if arguments.verbose:
            for name in score.wrong:
                print(f"    {name}")
    print(f"{'slowest, ms':<36}{watch.slowest * 1000:>7.1f}")


def score_bounces(cases: Iterator[Case], watch: Watch) -> list[Score]:
    found = Score("reports: found")
    precision = Score("hard bounces: precision")
    recall = Score("hard bounces: recall")
    recipients = Score("recipients: found")
    for case in cases:
        rows, name = case["rows"], case["file"]
        # An auto-reply is no report.
        if any(row["reason"] == "vacation" for row in rows):
            continue
        report: Report | None = watch.time(read_report, mail_of(case))
        findings = report.findings if report else ()
        found.count(report is not None, name)
        hard = any(finding.kind is Kind.HARD for finding in findings)
        expected = any(row["hard"] for row in rows)
        if hard:
            precision.count(expected, name)
        if expected:
            recall.count(hard, name)
        for row in rows:
            if row.get("recipient"):
                named = any(finding.recipient == row["recipient"] for finding in findings)
                recipients.count(named, name)
    return [found, precision, recall, recipients]


def score_autoreplies(cases: Iterator[Case], watch: Watch) -> list[Score]:
    found = Score("auto-replies: found")
    apart = Score("auto-replies: not taken for reports")
    for case in cases:
        mail = mail_of(case)
        found.count(watch.time(is_automatic, mail), case["file"])
        apart.count(watch.time(read_report, mail) is None, case["file"])
    return [found, apart]


def score_people(cases: Iterator[Case], watch: Watch) -> list[Score]:
    people = Score("people's mail: left alone")
    for case in cases:
        kind = b"html" if case.get("html") else b"plain"
        head = PERSON + b"Content-Type: text/" + kind + b"; charset=utf-8\r\n\r\n"
        mail = _parse(head + str(case["raw"]).encode("utf-8", "replace"))
        machine = watch.time(is_automatic, mail) or watch.time(read_report, mail)
        people.count(not machine, str(case.get("name")))
    return [people]


def mail_of(case: Case) -> EmailMessage:
    raw = str(case["raw"])
    packed = case.get("encoding") == "base64"
    return _parse(base64.b64decode(raw) if packed else raw.encode("utf-8", "surrogateescape"))


def read_cases(path: Path) -> Iterator[Case]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _parse(raw: bytes) -> EmailMessage:
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bounces", type=Path, default=CORPORA / "bounces.jsonl")
    parser.add_argument("--autoreplies", type=Path, default=CORPORA / "autoreplies.jsonl")
    parser.add_argument("--replies", type=Path, default=CORPORA / "replies" / "open.jsonl")
    parser.add_argument("-v", "--verbose", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
