"""One lesson: a Markdown file with its facts on top."""

import hashlib
import re
from pathlib import Path
from typing import Annotated, Any

import yaml
from markdown_it import MarkdownIt
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from yaml.reader import ReaderError

from course.errors import Fault

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Weekday = Annotated[str, Field(pattern=f"^({'|'.join(WEEKDAYS)})$")]
Hour = Annotated[int, Field(ge=0, le=23)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n]+$")]

FENCE = re.compile(r"\A---[ \t]*\r?\n(?P<front>.*?\n)---[ \t]*\r?\n(?P<body>.*)\Z", re.DOTALL)

# What each fact may be, for people; pydantic would show them a pattern.
CURES = {
    "weekday": "write a day such as tuesday",
    "slug": "use small letters and digits with single dashes, such as hard-to-see",
    "language": "write a language such as en or pt-BR",
}


class Timing(BaseModel):
    """When this lesson differs from the course: its own weekday, hour, or longer wait."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weekday: Weekday | None = None
    hour: Hour | None = None
    wait_days: int = Field(default=0, ge=0, le=366)


class Lesson(BaseModel):
    """A lesson as its author wrote it. Identified by its slug, never by its place."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    slug: Slug
    title: Line
    subject: Annotated[str, Field(min_length=1, max_length=150, pattern=r"^[^\r\n]+$")]
    preheader: Line
    theme: Line
    exercise: Annotated[str, Field(min_length=1)]
    timing: Timing = Timing()
    body: Annotated[str, Field(min_length=1)]

    @property
    def version(self) -> str:
        """Changes with any word of the lesson, so that compiled templates know when to renew."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def read_lesson(file: Path, faults: list[Fault]) -> Lesson | None:
    """The lesson in `file`; every mistake found is added to `faults`, and then there is none."""
    text = read_text(file, faults)
    if text is None:
        return None
    parts = FENCE.match(text)
    if parts is None:
        faults.append(
            Fault(
                file, 1, "A lesson starts with its facts between two lines of three dashes (---)."
            )
        )
        return None
    facts = _read_facts(file, parts["front"], faults)
    if facts is None:
        return None
    body_line = parts["front"].count("\n") + 3
    found = [
        Fault(file, line, "The title is the letter's one h1; use ## for headings.")
        for line in _headings_one(facts, parts, body_line)
    ]
    try:
        lesson = Lesson.model_validate({**facts, "body": parts["body"]})
    except ValidationError as error:
        found += validation_faults(file, text[: parts.start("body")], error, body_line)
    faults += found
    return None if found else lesson


def read_text(file: Path, faults: list[Fault]) -> str | None:
    """The text of an author's file, with or without the mark some editors put in front."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        faults.append(Fault(file, 1, "The file isn't saved as UTF-8; save it with that encoding."))
    except OSError as error:
        sentence = f"This can't be read ({error.strerror}); a file belongs here that we may open."
        faults.append(Fault(file, 1, sentence))
    return None


def validation_faults(
    file: Path, text: str, error: ValidationError, body_line: int = 1
) -> list[Fault]:
    """Each of pydantic's complaints as a sentence at the line where its key stands."""
    return [
        Fault(file, _line_of(text, problem["loc"], body_line), _sentence(problem))
        for problem in error.errors(include_url=False)
    ]


def _read_facts(file: Path, front: str, faults: list[Fault]) -> dict[str, Any] | None:
    try:
        facts = yaml.safe_load(front)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 2
        faults.append(
            Fault(file, line, f"This line can't be read: {error.problem}. Put the text in quotes.")
        )
        return None
    except ReaderError as error:
        line = front.count("\n", 0, error.position) + 2
        faults.append(Fault(file, line, "There is an invisible sign in this line; type it again."))
        return None
    except ValueError as error:
        faults.append(Fault(file, 2, f"A date here can't be one: {error}. Put the text in quotes."))
        return None
    if not isinstance(facts, dict):
        faults.append(Fault(file, 2, "The facts are lines such as `title: Hard to see`."))
        return None
    return facts


def _headings_one(facts: dict[str, Any], parts: re.Match[str], body_line: int) -> list[int]:
    """The lines of every h1 in the body, however it is marked, and of an exercise that has one."""
    lines = [body_line + line for line in _h1_lines(parts["body"])]
    if _h1_lines(str(facts.get("exercise", ""))):
        lines.append(_line_of(parts.string, ("exercise",), body_line))
    return lines


def _h1_lines(markdown: str) -> list[int]:
    tokens = MarkdownIt("commonmark").parse(markdown)
    return [
        token.map[0]
        for token in tokens
        if token.type == "heading_open" and token.tag == "h1" and token.map
    ]


def _line_of(text: str, location: tuple[str | int, ...], body_line: int) -> int:
    keys = [str(part) for part in location if isinstance(part, str)]
    if keys[:1] == ["body"]:
        return body_line
    for key in reversed(keys):
        found = re.search(rf"^\s*\[?{re.escape(key)}\s*[:=\]]", text, re.MULTILINE)
        if found:
            return text.count("\n", 0, found.end()) + 1
    return 1


def _sentence(problem: ErrorDetails) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    match problem["type"]:
        case "missing":
            return f"`{key}` is missing; add a line for it."
        case "extra_forbidden":
            return f"`{key}` isn't a fact we know; is it a slip of the pen? Remove or rename it."
        case "string_type" if problem["input"] is not None:
            return f"`{key}` is read as a number or a list; put the text in quotes."
        case "string_too_short" | "string_type":
            return f"`{key}` is empty; write something there."
        case "string_too_long":
            return f"`{key}` is longer than {problem['ctx']['max_length']} characters; shorten it."
        case "string_pattern_mismatch":
            cure = CURES.get(str(problem["loc"][-1]), "keep it on one line")
            return f"`{key}` can't be {problem['input']!r}; {cure}."
        case _:
            return f"`{key}`: {problem['msg']}."
