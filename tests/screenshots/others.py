"""The pages of trouble, the trial mailbox, and every email."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from fastapi import FastAPI, HTTPException

from app.proofs import proofs
from app.web.body_limit import NO_ROOM
from tests.screenshots.stage import ANA, Sight, Stage, stage
from tests.support.houses import COURSE, TUESDAY, confirm, play, sign_up, tick


def trouble(folder: Path) -> Iterator[Sight]:
    with stage(folder, prepare=_prepare) as one:
        yield one.get("trouble-404", "/nowhere")
        yield one.get("trouble-404-link", "/letters/half-a-link")
        yield one.get("trouble-405", "/confirm/x/again")
        yield one.post("trouble-413", f"/courses/{COURSE}", name="x" * 100_000)
        yield one.get("trouble-500", "/broken")
        yield one.get("trouble-503", "/full")


def _prepare(app: FastAPI) -> None:
    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError

    @app.get("/full")
    def full() -> None:
        raise HTTPException(NO_ROOM)


def mailbox(folder: Path) -> Iterator[Sight]:
    with stage(folder) as one:
        yield from _mailbox(one)


def _mailbox(one: Stage) -> Iterator[Sight]:
    yield one.get("mailbox-empty", "/dev/mailbox")
    reader = sign_up(one.house)
    tick(one.house)
    confirm(one.house, reader)
    play(one.house, TUESDAY)
    inside = one.pages.get("/dev/mailbox/2/letter").text
    for part in ("letter", "text", "headers"):
        seen = one.get(f"mailbox-{part}", f"/dev/mailbox/2?part={part}")
        yield replace(seen, inside=inside)
    seen = one.post("mailbox-answered", "/dev/mailbox/2/reply", text="The kettle.")
    yield replace(seen, inside=inside)


def emails(folder: Path) -> Iterator[Sight]:
    with stage(folder) as one:
        yield from _emails(one)


def _emails(one: Stage) -> Iterator[Sight]:
    for proof in proofs(one.house, one.house.catalogue[COURSE], ANA):
        message = proof.composed.message
        assert message is not None, proof.composed.problems
        name = proof.name.partition("/")[2]
        yield Sight(f"email-{name}", message.html, is_email=True)
