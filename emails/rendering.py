"""From a lesson and a reader to subject, HTML and text: a function, with problems as data.

Two passes. The first is done once per lesson version: Jinja fills in what all readers share, MJML
turns it into HTML, and what differs from reader to reader stays behind as slots. The second is done
for each reader: a compiled Jinja template fills the slots. MJML mangles template signs, so a slot
travels through it as a plain word.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
from markupsafe import Markup
from mjml import mjml2html

from course.catalogue import Course
from course.lessons import Lesson
from emails import markdown, palette
from emails.message import Address
from emails.stationery import Stationery

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
FETCHED = re.compile(
    r"<(?:img|link|script|iframe|object|embed|video|audio|source)\b|@import|url\(", re.IGNORECASE
)

# Gmail hides what comes after about 102 KB, and the frame comes last.
SIZE_LIMIT_BYTES = 80_000


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
class Sheet:
    """What all readers of one email share."""

    kind: str
    course: Course
    stationery: Stationery
    lesson: Lesson | None = None

    @property
    def sender(self) -> Address:
        """The course's own sender's name where it has one, at the installation's address."""
        ours = self.stationery.sender
        return replace(ours, name=self.course.sender) if self.course.sender else ours

    @property
    def for_owner(self) -> bool:
        return self.kind.endswith("-notice")

    @property
    def version(self) -> tuple[object, ...]:
        lesson = self.lesson.version if self.lesson else ""
        place = self.course.number(self.lesson) if self.lesson else 0
        course = self.course
        shown = (course.slug, course.title, course.sender, course.language, len(course.lessons))
        return (self.kind, *shown, course.call_to_action, place, lesson, self.stationery)


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


class _Slots:
    """`slot.greeting` in a template is the word that becomes this reader's greeting."""

    def __getattr__(self, name: str) -> str:
        if name.startswith("_"):
            raise AttributeError(name)
        return f"slotstart{name}slotend"


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
        self._shared.filters["wrap"] = markdown.wrap
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
        problems = blueprint.problems + _size_problems(html)
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
                *_subject_problems(parts),
                *_frame_problems(sheet, parts, html, text),
                *_fetched(html),
            ),
        )


def _is_mjml(name: str | None) -> bool:
    return name is not None and name.endswith(".mjml")


def _facts(sheet: Sheet) -> dict[str, object]:
    lesson = sheet.lesson
    return {
        "kind": sheet.kind,
        "course": sheet.course,
        "lesson": lesson,
        "number": sheet.course.number(lesson) if lesson else None,
        "stationery": sheet.stationery,
        "sender": sheet.sender.name,
        "slot": _Slots(),
        "for_owner": sheet.for_owner,
        "body_html": markdown.to_html(lesson.body) if lesson else "",
        "body_text": markdown.to_text(lesson.body) if lesson else "",
        "exercise_html": markdown.to_html(lesson.exercise) if lesson else "",
        "exercise_text": markdown.to_text(lesson.exercise) if lesson else "",
        "light": palette.LIGHT,
        "dark": palette.DARK,
    }


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


def _subject_problems(parts: Mapping[str, str]) -> tuple[str, ...]:
    return () if parts["subject.txt"].strip() else ("The subject is empty.",)


def _size_problems(html: str) -> tuple[str, ...]:
    size = len(html.encode())
    if size <= SIZE_LIMIT_BYTES:
        return ()
    return (f"The email is {size // 1000} KB and mail programs would cut it off; make it shorter.",)


def _frame_problems(
    sheet: Sheet, parts: Mapping[str, str], html: str, text: str
) -> tuple[str, ...]:
    """The frame's parts, looked for in the finished email: an owner's layout can't lose one."""
    shown = {"HTML": _flat(_visible(html)), "text": _flat(text)}
    linked = {"HTML": _flat(html), "text": _flat(text)}
    missing = [
        (name, where)
        for name, words in _words_of_frame(sheet, parts).items()
        for where, body in shown.items()
        if _flat(words[where]) not in body
    ]
    missing += [
        (name, where)
        for name, link in _links_of_frame(sheet).items()
        for where, body in linked.items()
        if (f'href="{link}"' if where == "HTML" else link) not in body
    ]
    return tuple(
        f"The {name} is missing from the {where} part; every email carries it."
        for name, where in missing
    )


def _words_of_frame(sheet: Sheet, parts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What a reader must be able to see, by its name, as it stands in each of the two parts."""
    note, invitation, lesson = sheet.stationery, sheet.course.call_to_action, sheet.lesson
    words = {
        "reason": _Slots().why,
        "postal address": note.postal_address,
        "educational note": note.educational_note,
        "crisis note": note.crisis_note,
    }
    if not sheet.for_owner:
        words |= {"invitation": invitation.text, "invitation's button": invitation.button}
    both = {name: {"HTML": said, "text": said} for name, said in words.items()}
    letter = {"HTML": _visible(parts["html.mjml"]), "text": parts["text.txt"]}
    if lesson is None:
        return {"letter": letter, **both}
    return {
        "letter": letter,
        "lesson": _both(lesson.body),
        "exercise": _both(lesson.exercise),
        **both,
    }


def _both(source: str) -> dict[str, str]:
    return {"HTML": _visible(markdown.to_html(source)), "text": markdown.to_text(source)}


def _visible(html: str) -> str:
    """The words between the tags, comments left out."""
    return Markup(html).striptags()  # noqa: S704  the tags are taken off, nothing is shown


def _links_of_frame(sheet: Sheet) -> dict[str, str]:
    slot = _Slots()
    links = {"call to action": slot.action_url}
    if not sheet.for_owner:
        links["way to leave"] = slot.leave_url
    if sheet.kind == "confirmation":
        links["way to confirm"] = slot.confirm_url
    return links


def _fetched(html: str) -> tuple[str, ...]:
    found = sorted({match[0].strip("<(").lower() for match in FETCHED.finditer(html)})
    return tuple(
        f"The HTML part would load something from elsewhere ({what}); a letter is only words."
        for what in found
    )


def _flat(text: str) -> str:
    return "".join(text.split())
