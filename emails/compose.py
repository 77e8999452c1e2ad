"""Each kind of email, from facts to a message: whom it is for, what it says, which headers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from course.catalogue import CallToAction, Course
from course.language import ENGLISH, language_of, mark
from course.lessons import Lesson
from emails import appointments, headers, markdown, pace
from emails.appointments import Appointment, Standing
from emails.links import REFLECTION_TAG_LENGTH, Links
from emails.message import Attachment, Message
from emails.pace import Pace
from emails.reader import Reader, greeting, invites_to, why
from emails.rendering import Templates
from emails.sheet import Sheet
from emails.stationery import Stationery

ANSWER_BY_MAIL = (
    "To answer, reply to this email. Your own words go to her, in a letter like the others: "
    "without your address, your signature and what you quote."
)
ANSWER_BY_COMMAND = "To answer, on your own machine:"


@dataclass(frozen=True)
class Composed:
    """A message, or the reasons why there is none."""

    message: Message | None
    problems: tuple[str, ...] = ()


class Composer:
    """Composes for one installation. Holds no clock and no database: same facts, same message."""

    def __init__(self, templates: Templates, links: Links, stationery: Stationery) -> None:
        self._templates = templates
        self._links = links
        self._stationery = stationery

    def confirmation(
        self, key: str, course: Course, reader: Reader, asked_at: datetime
    ) -> Composed:
        language = language_of(course.language)
        values = {
            "confirm_url": self._links.confirm(reader.code, asked_at),
            "preheader": language.say("One step, and the letters begin."),
            "why": language.say(
                "You get this because this address was entered in our sign-up form."
            ),
        }
        # Carries nothing the form's user could choose, so that it can't be used to send a stranger
        # words. It is asked for, not a list's, so it has no List-Unsubscribe.
        return self._to_reader(
            "confirmation", key, course, reader, values, {}, call=course.call_to_action
        )

    def lesson(self, key: str, course: Course, lesson: Lesson, reader: Reader) -> Composed:
        listed = headers.for_list(course, reader.code, self._links, self._stationery)
        values = {
            "reflect_url": self._links.reflect(reader.code, lesson.slug),
            "keepsake_url": self._links.keepsake(reader.code),
        }
        return self._to_reader("lesson", key, course, reader, values, listed, lesson=lesson)

    def welcome_back(self, key: str, course: Course, reader: Reader) -> Composed:
        said = mark("You are on the list already; nothing has changed.")
        values = {"preheader": language_of(course.language).say(said)}
        return self._to_reader("welcome-back", key, course, reader, values, headers.AUTOMATIC)

    def acknowledgement(
        self, key: str, course: Course, reader: Reader, answers: str | None
    ) -> Composed:
        """The calm, same text for everyone. `answers` is the Message-ID of what it answers."""
        said = mark("An automatic note, the same for everyone.")
        values = {"preheader": language_of(course.language).say(said)}
        extra = headers.for_acknowledgement(answers)
        return self._to_reader("acknowledgement", key, course, reader, values, extra)

    def pace(
        self, key: str, course: Course, reader: Reader, now: Pace, answers: str | None
    ) -> Composed:
        """What her PAUSE, NEXT or RESUME has made of her letters, as they stand now."""
        told = pace.words(now, language_of(course.language))
        values = {"pace": markdown.wrap(told), "preheader": told}
        extra = headers.for_acknowledgement(answers)
        return self._to_reader("pace", key, course, reader, values, extra)

    def invitation(
        self, key: str, course: Course, reader: Reader, appointment: Appointment
    ) -> Composed:
        """What tells her how her session stands now: asked for, booked, moved or cancelled."""
        kind = appointments.TO_READER[appointment.standing]
        language = language_of(course.language)
        values = {
            "preheader": language.say("The calendar file is with this email."),
            **appointments.reader_words(appointment, language),
        }
        file = appointments.calendar_file(appointment, self._stationery, language, reader.email)
        call = appointments.call(appointment.standing, language)
        return self._to_reader(
            kind, key, course, reader, values, {}, call=call, attachments=(file,)
        )

    def reminder(
        self, key: str, course: Course, reader: Reader, appointment: Appointment
    ) -> Composed:
        language = language_of(course.language)
        values = {
            "preheader": language.say("A short note before we meet."),
            **appointments.reader_words(appointment, language),
        }
        call = appointments.call(Standing.BOOKED, language)
        return self._to_reader("reminder", key, course, reader, values, {}, call=call)

    def booking_notice(
        self, key: str, course: Course, reader: Reader, appointment: Appointment
    ) -> Composed:
        kind = appointments.TO_OWNER[appointment.standing]
        values = {
            "session_url": self._links.session(appointment.uid),
            **appointments.owner_words(appointment),
        }
        file = appointments.calendar_file(appointment, self._stationery, ENGLISH)
        return self._to_owner(kind, key, course, values, reply_to=reader.email, attachments=(file,))

    def erasure_notice(self, key: str, course: Course, appointment: Appointment) -> Composed:
        """That a session is off whose reader was erased; who she was, it doesn't know."""
        values = {
            "preheader": "The calendar file is with this email.",
            **appointments.when_words(appointment, appointment.owner_zone, ENGLISH),
        }
        file = appointments.calendar_file(appointment, self._stationery, ENGLISH)
        return self._to_owner("erasure-notice", key, course, values, attachments=(file,))

    def answer(
        self,
        key: str,
        course: Course,
        reader: Reader,
        lesson: Lesson | None,
        words: str,
        answers: str | None,
    ) -> Composed:
        """What the owner wrote to her. `answers` is the Message-ID of what it answers."""
        language = language_of(course.language)
        values = {
            "subject": f"Re: {lesson.subject if lesson else course.title}",
            "words": words,
            "words_html": markdown.of_plain(words),
            "preheader": language.say("An answer to what you wrote."),
            "why": markdown.wrap(
                language.say("You get this because you wrote to “%(title)s”.", title=course.title)
            ),
        }
        extra = headers.in_thread(answers)
        return self._to_reader("answer", key, course, reader, values, extra, tagged=lesson)

    def reflection_notice(
        self, key: str, course: Course, reader: Reader, lesson: Lesson | None, reflection_id: str
    ) -> Composed:
        """Its Reply-To leads to the reader, unless the owner answers by no mail."""
        about = f" on “{lesson.title}”" if lesson else ""
        by_mail = self._stationery.answers_by_mail
        values = {
            "about": f"{reader.name or 'A reader'} has answered{about}.",
            "how": markdown.wrap(ANSWER_BY_MAIL if by_mail else ANSWER_BY_COMMAND),
            "number": reflection_id[:REFLECTION_TAG_LENGTH],
            "preheader": "It waits for you on your own machine.",
        }
        to = self._links.answer_address(reader.code, reflection_id) if by_mail else None
        return self._to_owner("reflection-notice", key, course, values, reply_to=to)

    def answer_notice(self, key: str, course: Course, reader: Reader) -> Composed:
        """An answer that is kept, and that its reader doesn't want any more."""
        values = {
            "about": f"{reader.name or 'A reader'} has left since you answered, so nothing went "
            "out.",
            "preheader": "Its reader has left.",
        }
        return self._to_owner("answer-notice", key, course, values)

    def mail_notice(self, key: str, course: Course, why: str) -> Composed:
        values = {"about": why, "preheader": "It waits for you on your own machine."}
        return self._to_owner("mail-notice", key, course, values)

    def _to_reader(
        self,
        kind: str,
        key: str,
        course: Course,
        reader: Reader,
        values: Mapping[str, str],
        extra: Mapping[str, str],
        *,
        lesson: Lesson | None = None,
        tagged: Lesson | None = None,
        call: CallToAction | None = None,
        attachments: tuple[Attachment, ...] = (),
    ) -> Composed:
        """A reply belongs to the letter it is `tagged` with, if it doesn't hold that `lesson`."""
        links, about = self._links, lesson or tagged
        slug = about.slug if about else None
        language = language_of(course.language)
        frame = {
            "greeting": greeting(reader, language),
            "why": markdown.wrap(why(course, reader)),
            "action_url": links.book(reader.code),
            "letters_url": links.letters(reader.code),
            "leave_url": links.unsubscribe(reader.code),
            "see_you": appointments.see_you(reader.session, language) if reader.session else "",
        }
        token = links.reply_token(reader.code, slug)
        return self._compose(
            Sheet(kind, course, self._stationery, lesson, call or invites_to(course, reader)),
            frame | dict(values),
            key=key,
            to=reader.email,
            reply_to=links.reply_address(reader.code, slug),
            headers={"Message-ID": headers.message_id(key, token, self._stationery), **extra},
            attachments=attachments,
        )

    def _to_owner(
        self,
        kind: str,
        key: str,
        course: Course,
        values: Mapping[str, str],
        *,
        reply_to: str | None = None,
        attachments: tuple[Attachment, ...] = (),
    ) -> Composed:
        owner = self._stationery.owner
        frame = {
            "action_url": self._links.page(f"courses/{course.slug}"),
            "why": "You get this because settings.toml names you as the owner of this course.",
        }
        return self._compose(
            Sheet(kind, course, self._stationery),
            frame | dict(values),
            key=key,
            to=owner.email,
            reply_to=reply_to or owner.email,
            headers={
                "Message-ID": headers.message_id(key, "owner", self._stationery),
                **headers.AUTOMATIC,
            },
            attachments=attachments,
        )

    def _compose(
        self,
        sheet: Sheet,
        values: Mapping[str, str],
        *,
        key: str,
        to: str,
        reply_to: str,
        headers: Mapping[str, str],
        attachments: tuple[Attachment, ...],
    ) -> Composed:
        rendered = self._templates.render(sheet, values)
        if rendered.problems:
            return Composed(None, rendered.problems)
        message = Message(
            key=key,
            sender=sheet.sender,
            to=to,
            reply_to=reply_to,
            subject=rendered.subject,
            html=rendered.html,
            text=rendered.text,
            headers=headers,
            attachments=attachments,
        )
        return Composed(message)
