"""Asked of the finished email: is the whole frame there, and nothing fetched from elsewhere."""

import re
from collections.abc import Mapping

from markupsafe import Markup

from emails import markdown
from emails.sheet import Sheet, Slots

FETCHED = re.compile(
    r"<(?:img|link|script|iframe|object|embed|video|audio|source)\b|@import|url\(", re.IGNORECASE
)

# Gmail hides what comes after about 102 KB, and the frame comes last.
SIZE_LIMIT_BYTES = 80_000


def subject_problems(parts: Mapping[str, str]) -> tuple[str, ...]:
    return () if parts["subject.txt"].strip() else ("The subject is empty.",)


def size_problems(html: str) -> tuple[str, ...]:
    size = len(html.encode())
    if size <= SIZE_LIMIT_BYTES:
        return ()
    return (f"The email is {size // 1000} KB and mail programs would cut it off; make it shorter.",)


def frame_problems(sheet: Sheet, parts: Mapping[str, str], html: str, text: str) -> tuple[str, ...]:
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
    note, invitation, lesson = sheet.stationery, sheet.call, sheet.lesson
    words = {
        "reason": Slots().why,
        "postal address": note.postal_address,
        "educational note": note.educational_note,
        "crisis note": note.crisis_note,
    }
    if invitation:
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
    slot = Slots()
    links = {"call to action": slot.action_url} if sheet.call or sheet.for_owner else {}
    if not sheet.for_owner:
        links["way to leave"] = slot.leave_url
    if sheet.kind == "confirmation":
        links["way to confirm"] = slot.confirm_url
    return links


def fetched(html: str) -> tuple[str, ...]:
    found = sorted({match[0].strip("<(").lower() for match in FETCHED.finditer(html)})
    return tuple(
        f"The HTML part would load something from elsewhere ({what}); a letter is only words."
        for what in found
    )


def _flat(text: str) -> str:
    return "".join(text.split())
