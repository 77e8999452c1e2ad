"""From a lesson and a reader to subject, HTML and text: a function, with problems as data.

Two passes. The first is done once per lesson version: Jinja fills in what all readers share, MJML
turns it into HTML, and what differs from reader to reader stays behind as slots. The second is done
for each reader: a compiled Jinja template fills the slots. MJML mangles template signs, so a slot
travels through it as a plain word.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from css_inline import CSSInliner
from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
)
from mjml import mjml2html

from course.language import ENGLISH, language_of
from emails import frame, markdown, palette, speaking
from emails.sheet import Sheet, Slots

OUR_TEMPLATES = Path(__file__).parent / "templates"
SLOT = re.compile(r"slotstart([a-z_]+)slotend")

# Second-pass signs from Unicode's private area: no author can type them into a lesson by accident,
# and a `{{` in a lesson stays two braces.
OPEN, CLOSE = "\ue000", "\ue001"
PRIVATE = re.compile("[\ue000-\ue005]")

# MJML would fetch a web font of any known name from Google, and tell it who reads.
NO_FONTS: dict[str, str] = {}
# Some mail programs drop the head's styles, and MJML's Rust port doesn't move them into the tags.
INLINER = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)

# What an owner's own template may raise: Jinja's and MJML's complaints, and its expressions' own.
TEMPLATE_MISTAKES = (
    TemplateError,
    ValueError,
    OSError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
)


@dataclass(frozen=True)
class Rendered:
    """One reader's email. With problems it must not be sent; they say what to mend."""

    subject: str
    html: str = field(repr=False)
    text: str = field(repr=False)
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Blueprint:
    subject: Template
    html: Template
    text: Template
    problems: tuple[str, ...]


class Templates:
    """Our templates, with the owner's folder in front, and what has been compiled of them."""

    def __init__(self, owner_folder: Path | None = None) -> None:
        folders = [folder for folder in (owner_folder, OUR_TEMPLATES) if folder]
        loader = ChoiceLoader([FileSystemLoader(folder) for folder in folders])
        self._shared = Environment(
            loader=loader,
            autoescape=_is_mjml,  # noqa: S701  the text part needs none
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._shared.filters.update(wrap=markdown.wrap, underlined=_underlined)
        speaking.teach(self._shared)
        self._second = {escape: _second_pass(escape=escape) for escape in (True, False)}
        self._blueprints: dict[tuple[object, ...], Blueprint] = {}

    def render(self, sheet: Sheet, values: Mapping[str, str]) -> Rendered:
        """One reader's email. Raises nothing: whatever is wrong is among the problems."""
        try:
            blueprint = self._blueprint(sheet)
            subject = " ".join(blueprint.subject.render(values).split())
            html, text = blueprint.html.render(values), blueprint.text.render(values)
        except TEMPLATE_MISTAKES as error:
            return Rendered("", "", "", (f"The template of {sheet.kind} can't be used: {error}",))
        problems = blueprint.problems + frame.size_problems(html)
        return Rendered(subject, html, text, problems)

    def _blueprint(self, sheet: Sheet) -> Blueprint:
        known = self._blueprints.get(sheet.version)
        if known is None:
            known = self._compile(sheet)
            # One with problems is not remembered, so that mending its file is enough.
            if not known.problems:
                self._blueprints[sheet.version] = known
        return known

    def _compile(self, sheet: Sheet) -> Blueprint:
        facts = _facts(sheet)
        parts = {
            name: self._shared.get_template(f"{sheet.kind}/{name}").render(facts)
            for name in ("subject.txt", "html.mjml", "text.txt")
        }
        # The layout is put around the letter here and not by the letter's own template, which
        # therefore can't forget it.
        mjml = self._shared.get_template("layout.mjml").render(facts, letter=parts["html.mjml"])
        html = mjml2html(mjml, fonts=NO_FONTS)
        text = self._shared.get_template("layout.txt").render(facts, letter=parts["text.txt"])
        return Blueprint(
            subject=self._second[False].from_string(_with_signs(parts["subject.txt"])),
            html=self._second[True].from_string(_with_signs(INLINER.inline(html))),
            text=self._second[False].from_string(_with_signs(text)),
            problems=(
                *frame.subject_problems(parts),
                *frame.frame_problems(sheet, parts, html, text),
                *frame.fetched(html),
            ),
        )


def _is_mjml(name: str | None) -> bool:
    return name is not None and name.endswith(".mjml")


def _facts(sheet: Sheet) -> dict[str, object]:
    lesson = sheet.lesson
    light, dark = palette.in_accent(sheet.stationery.accent)
    language = ENGLISH if sheet.for_owner else language_of(sheet.course.language)
    return {
        "kind": sheet.kind,
        "language": language,
        # The side on which lines begin.
        "start": "right" if language.direction == "rtl" else "left",
        "course": sheet.course,
        "call": sheet.call,
        "lesson": lesson,
        "number": sheet.course.number(lesson) if lesson else None,
        "stationery": sheet.stationery,
        "sender": sheet.sender.name,
        "slot": Slots(),
        "for_owner": sheet.for_owner,
        "body_html": markdown.to_html(lesson.body) if lesson else "",
        "body_text": markdown.to_text(lesson.body) if lesson else "",
        "exercise_html": markdown.to_html(lesson.exercise) if lesson else "",
        "exercise_text": markdown.to_text(lesson.exercise) if lesson else "",
        "light": light,
        "dark": dark,
    }


def _underlined(words: str, sign: str = "=") -> str:
    """As a heading of plain text."""
    return f"{words}\n{sign * len(words)}"


def _second_pass(*, escape: bool) -> Environment:
    return Environment(
        variable_start_string=OPEN,
        variable_end_string=CLOSE,
        block_start_string="\ue002",
        block_end_string="\ue003",
        comment_start_string="\ue004",
        comment_end_string="\ue005",
        autoescape=escape,  # noqa: S701  the text part needs none
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )


def _with_signs(text: str) -> str:
    return SLOT.sub(rf"{OPEN} \1 {CLOSE}", PRIVATE.sub("", text))
