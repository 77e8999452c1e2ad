"""What a report says, as values."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What became of a letter, mildest first."""

    # Late, delivered, passed on, or feedback that complains of nothing.
    NOTICE = "notice"
    SOFT = "soft bounce"
    HARD = "hard bounce"
    COMPLAINT = "complaint"


SEVERITY = tuple(Kind)


@dataclass(frozen=True)
class Finding:
    """What the report says of one recipient; an address is in lower case, or empty if unknown."""

    kind: Kind
    recipient: str
    # The server's own words on one line, and its status by RFC 3463; each may be empty.
    reason: str
    status: str


@dataclass(frozen=True)
class Original:
    """What came back of the letter: its Message-ID, and its header lines, unfolded."""

    message_id: str = ""
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """One finding for each recipient, and never none."""

    findings: tuple[Finding, ...]
    original: Original

    @property
    def gravest(self) -> Finding:
        """The finding that matters most; our letters have one recipient each."""
        return max(self.findings, key=lambda finding: SEVERITY.index(finding.kind))

    @property
    def kind(self) -> Kind:
        return self.gravest.kind

    @property
    def recipient(self) -> str:
        return self.gravest.recipient

    @property
    def reason(self) -> str:
        return self.gravest.reason

    @property
    def status(self) -> str:
        return self.gravest.status

    def about(self, address: str) -> Finding | None:
        """The finding for one address: a letter passed on can fail for somebody else."""
        wanted = address.lower()
        return next((found for found in self.findings if found.recipient == wanted), None)
