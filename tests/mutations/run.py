"""Each email is posted as Mailgun would, worked at once, and looked up by what it is."""

import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import httpx
from sqlalchemy import select

from app.bootstrap import House
from emails.hook_calls import HookCall
from emails.inbound import ReceivedEmail, Verdict
from emails.providers.rebuilt import addressed
from scheduler.receiving import receive_waiting
from tests.mutations import stock
from tests.mutations.changes import CHANGES
from tests.mutations.monsters import MONSTERS
from tests.players import mailgun
from tests.support.houses import now

RECIPIENT = "letters@practice.example"
EMAILS = {"mailgun": {"webhook_secret": mailgun.SIGNING_KEY}}
SLOW_SECONDS = 1.0
SLOWEST = 10
# Most mail is small; one monster in so many is as large as a provider lets through.
SMALL, LARGE, LARGE_ONE_IN = 60_000, 30_000_000, 400
MONSTER_SHARE = 0.2


@dataclass(frozen=True)
class Specimen:
    number: int
    made: str
    raw: bytes = field(repr=False)


@dataclass(frozen=True)
class Worked:
    """Seconds of the processor, which a busy machine doesn't stretch."""

    specimen: Specimen
    posting: float
    routing: float
    verdict: str

    def __str__(self) -> str:
        made, size = self.specimen.made, len(self.specimen.raw)
        return (
            f"post {self.posting:.3f} s, route {self.routing:.3f} s  {size:>10,} bytes"
            f"  {self.verdict:11}  number {self.specimen.number}: {made}"
        )


@dataclass
class Outcome:
    count: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    slowest: list[Worked] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def add(self, worked: Worked) -> None:
        self.count += 1
        self.verdicts[worked.verdict] += 1
        ranked = sorted([*self.slowest, worked], key=lambda one: -max(one.posting, one.routing))
        self.slowest = ranked[:SLOWEST]
        if max(worked.posting, worked.routing) > SLOW_SECONDS:
            self.wrong.append(f"took over a second: {worked}")


def specimens(to: str, count: int, seed: int, *, large: bool) -> Iterator[Specimen]:
    for number in range(count):
        yield specimen(to, number, seed, large=large)


def specimen(to: str, number: int, seed: int, *, large: bool) -> Specimen:
    """Its own source of chance, so that each can be made again alone."""
    chance = Random(f"{seed}-{number}")
    if chance.random() < MONSTER_SHARE:
        size = LARGE if large and chance.randrange(LARGE_ONE_IN) == 0 else SMALL
        monster = chance.choice(MONSTERS)
        made, raw = monster.__name__, monster(chance, to, size)
    else:
        made, raw = _changed(chance, to, number)
    return Specimen(number, made, raw.rstrip(b"\r\n") + b"\r\n%d" % number)


def run(house: House, web: httpx.Client, found: Iterator[Specimen]) -> Outcome:
    """Whatever is wrong is a sentence of the outcome."""
    outcome = Outcome()
    for each in found:
        answered, posting = _post(house, web, each)
        if answered.status_code // 100 != 2:
            outcome.wrong.append(f"answered {answered.status_code}: {each}")
        started = time.process_time()
        receive_waiting(house.receiver, now(house))
        routing = time.process_time() - started
        verdict = _verdict_on(house, each)
        if verdict is None:
            outcome.wrong.append(f"no verdict: {each}")
        outcome.add(Worked(each, posting, routing, verdict or "none"))
    outcome.wrong += _left_waiting(house)
    return outcome


def _changed(chance: Random, to: str, number: int) -> tuple[str, bytes]:
    match chance.randrange(3):
        case 0:
            made, raw = "a report", chance.choice(stock.reports())
        case 1:
            made, raw = "parts", stock.many_parts(to, number)
        case _:
            body, kind = chance.choice(stock.bodies()), chance.choice(stock.KINDS)
            made, raw = "an answer", stock.answer(to, body, kind, number)
    for change in chance.choices(CHANGES, k=chance.randint(1, 3)):
        raw = change(chance, raw) or b"\n"
        made += f", {change.__name__}"
    return made, raw


def _post(house: House, web: httpx.Client, each: Specimen) -> tuple[httpx.Response, float]:
    fields = {**mailgun.proof(_fingerprint(each), now(house)), "recipient": RECIPIENT}
    request = web.build_request(
        "POST", "/hooks/mailgun/inbound", data=fields, files={"body-mime": (None, each.raw)}
    )
    request.read()
    started = time.process_time()
    return web.send(request), time.process_time() - started


def _fingerprint(each: Specimen) -> str:
    return hashlib.sha256(addressed(each.raw, [RECIPIENT])).hexdigest()


def _verdict_on(house: House, each: Specimen) -> str | None:
    query = select(ReceivedEmail).where(ReceivedEmail.fingerprint == _fingerprint(each))
    with house.database.reading() as session:
        received = session.scalar(query)
    known = received is not None and received.route_due_at is None and received.verdict
    return str(Verdict(known)) if known else None


def _left_waiting(house: House) -> list[str]:
    with house.database.reading() as session:
        calls = session.scalars(
            select(HookCall.id).where(
                HookCall.work_due_at.is_not(None) | HookCall.trouble.is_not(None)
            )
        ).all()
    return [f"not worked, or with trouble: call {call}" for call in calls]
