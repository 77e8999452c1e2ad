from dataclasses import replace
from uuid import uuid4

import click

from app.cli.handing_out import plain
from app.cli.support import find_course, find_lesson, open_house
from app.errors import CommandError
from app.proofs import PROOF_READER
from course.subscribers import clean_email
from emails.providers.base import Accepted


@click.command("send-test")
@click.argument("course")
@click.argument("lesson")
@click.argument("address")
def command(course: str, lesson: str, address: str) -> None:
    """Send one LESSON of COURSE (its name, or its number) to ADDRESS.

    It is the letter a reader gets, except that its links belong to nobody.
    """
    house = open_house()
    found = find_course(house, course)
    letter = find_lesson(found, lesson)
    reader = replace(PROOF_READER, email=clean_email(address), name=None)
    composed = house.composer.lesson(uuid4().hex, found, letter, reader)
    if composed.message is None:
        raise CommandError("\n".join(composed.problems))
    outcome = house.provider.send([composed.message], uuid4().hex)[0]
    if not isinstance(outcome, Accepted):
        raise CommandError(f"{house.provider.name} didn't take it: {plain(outcome.reason)}")
    click.echo(f"{house.provider.name} has taken “{letter.subject}” for {reader.email}.")
