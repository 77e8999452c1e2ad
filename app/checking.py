"""What can be said of settings, lessons and emails without asking anybody."""

from dataclasses import dataclass

from app.bootstrap import House
from app.placeholders import placeholders
from app.proofs import proofs
from course.catalogue import unnumbered


@dataclass(frozen=True)
class Checked:
    """How many emails were rendered, what is wrong, and what only production minds."""

    emails: int
    problems: list[str]
    before_production: list[str]


def check(house: House) -> Checked:
    courses = house.catalogue.courses.values()
    rendered = [proof for course in courses for proof in proofs(house, course)]
    problems = [f"{p.name}: {problem}" for p in rendered for problem in p.composed.problems]
    problems += map(str, unnumbered(house.settings.content.courses_folder))
    open_points = placeholders(house.settings)
    if house.settings.environment == "production":
        return Checked(len(rendered), problems + open_points, [])
    return Checked(len(rendered), problems, open_points)
