"""What all readers of one email share, and the slots for what they don't."""

from dataclasses import dataclass, replace

from course.catalogue import CallToAction, Course
from course.lessons import Lesson
from emails.message import Address
from emails.stationery import Stationery


@dataclass(frozen=True)
class Sheet:
    """What all readers of one email share."""

    kind: str
    course: Course
    stationery: Stationery
    lesson: Lesson | None = None
    # What the frame invites its reader to; nothing where it doesn't.
    call: CallToAction | None = None

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
        return (self.kind, *shown, self.call, place, lesson, self.stationery)


class Slots:
    """`slot.greeting` in a template is the word that becomes this reader's greeting."""

    def __getattr__(self, name: str) -> str:
        if name.startswith("_"):
            raise AttributeError(name)
        return f"slotstart{name}slotend"
