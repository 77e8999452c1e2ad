"""`python -m tests.bombing`: ten thousand sign-ups against five hundred people."""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from app.schema import METADATA
from course.database import Database
from emails.providers.memory import MemoryProvider
from tests.bombing.attack import Attack, Outcome, three_courses
from tests.support.houses import make_house
from tests.support.pages import pages_of


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bombing")
    parser.add_argument("--sign-ups", type=int, default=10_000)
    parser.add_argument("--victims", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = _play(Path(folder), given.sign_ups, given.victims, given.seed)
    _tell(outcome)
    return int(bool(outcome.too_soon or outcome.too_many or outcome.kept_out))


def _play(folder: Path, sign_ups: int, victims: int, seed: int) -> Outcome:
    database, provider = Database(f"sqlite:///{folder / 'db.sqlite3'}"), MemoryProvider()
    METADATA.create_all(database.engine)
    house = make_house(database, provider=provider, catalogue=three_courses())
    began = time.monotonic()
    with pages_of(house) as web:
        outcome = Attack(house, provider, web, victims, random.Random(seed)).play(sign_ups, 2)
    house.life.end()
    print(f"{sign_ups} sign-ups over HTTP in {time.monotonic() - began:.0f} s")
    return outcome


def _tell(outcome: Outcome) -> None:
    victims = {m: at for m, at in outcome.mailboxes.items() if m not in outcome.visitors}
    most = max(map(len, victims.values()), default=0)
    print(f"answers: {dict(sorted(outcome.answers.items()))}")
    print(f"victims written to: {len(victims)}, at most {most} times in five weeks")
    print(f"twice within a day: {len(outcome.too_soon)}")
    print(f"more than three times within a month: {len(outcome.too_many)}")
    print(f"real visitors let in: {len(outcome.visitors) - len(outcome.kept_out)}", end="")
    print(f" of {len(outcome.visitors)}")
    print("the owner reads: " + " / ".join(outcome.sentences))


if __name__ == "__main__":
    sys.exit(main())
