"""What can go wrong in a course, shaped by what the caller does next.

CourseError
├── ContentError       the author mends a file; holds every fault found, each with file and line
├── SignUpError        the visitor mends a field
├── SlotTaken          the visitor picks another time
└── KeyMissing         the owner brings back the key file
"""

from dataclasses import dataclass
from pathlib import Path


class CourseError(Exception):
    """Something in the course needs a person; the message says what to do."""


@dataclass(frozen=True)
class Fault:
    """One mistake in one file, at a line counted from 1."""

    file: Path
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.sentence}"


class ContentError(CourseError):
    """The course folder has mistakes; mend each line named and try again."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class SignUpError(CourseError):
    """A field of the form can't be used; `field` names it, the message says how to mend it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class SlotTaken(CourseError):
    """Somebody else has just taken this time; please choose another one."""


class KeyMissing(CourseError):
    """These words were sealed with a key that isn't in the key file; bring that key back."""
