"""A promise that isn’t kept, as an audit finds it: a value with its sentence and its cure."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Breach:
    """`law` names the promise that isn't kept, `about` whose letter it is."""

    law: str
    about: str
    sentence: str
    cure: str

    def __str__(self) -> str:
        return f"{self.about}: {self.sentence} {self.cure}"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
