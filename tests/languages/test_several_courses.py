"""Courses of several languages side by side: each reader is spoken to in that of her own."""

from dataclasses import replace
from pathlib import Path

from course.catalogue import Catalogue, load_catalogue
from tests.screenshots.stage import stage
from tests.screenshots.tongues import COURSES
from tests.support.houses import COURSE, join, shipped_catalogue


def test_what_has_gone_wrong_is_said_in_the_language_of_her_course(tmp_path: Path) -> None:
    german = load_catalogue(COURSES)["stille-briefe"]
    english = replace(shipped_catalogue()[COURSE], slug="before")
    catalogue = Catalogue({"before": english, COURSE: replace(german, slug=COURSE)})
    with stage(tmp_path, catalogue=catalogue) as one:
        letters = one.own("letters", join(one.house))
        gone = one.pages.get(f"{letters}/never-written")
        assert gone.status_code == 404
        assert '<html lang="de"' in gone.text
        assert "Dieser Brief ist nicht hier" in gone.text
        # Where no course is known, as the first one.
        assert '<html lang="en"' in one.pages.get("/nowhere").text
