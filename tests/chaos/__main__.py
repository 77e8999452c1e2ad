"""Workers killed with signal 9 at random moments, and what the vendor's journal says of it.

    python -m tests.chaos --vendor resend --database sqlite --workers 4 --kills 500 --readers 20000

Real processes, a real vendor's server in another one, a real database. Prints one line; exits 1
when a letter came twice, or is missing without standing in the database as unknown.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from subprocess import PIPE, Popen

from sqlalchemy import select

from app.schema import METADATA
from course.database import Database
from course.enrolments import Enrolment
from course.subscribers import Subscriber
from scheduler.outbox import Delivery, State
from tests.chaos.crowd import move_in
from tests.players import postmark, resend
from tests.support.driver import Order, serve_until_empty, warm_up
from tests.support.houses import SECRET, TUESDAY
from tests.support.postgres import Cluster

KEYS = {"resend": resend.API_KEY, "postmark": postmark.TOKEN}
BATCH = 25
STANDING = (
    select(Subscriber.email, Delivery.state)
    .join(Enrolment, Enrolment.subscriber_id == Subscriber.id)
    .join(Delivery, Delivery.enrolment_id == Enrolment.id)
)


def main() -> int:
    asked = _arguments()
    random.seed(asked.seed)
    warm_up()
    with tempfile.TemporaryDirectory() as name, _database(asked.database, Path(name)) as url:
        folder = Path(name)
        database = Database(url)
        move_in(database, asked.readers, TUESDAY)
        database.engine.dispose()
        (folder / "keys").write_text(SECRET)
        with _vendor(asked.vendor, folder / "journal") as base_url:
            key = KEYS[asked.vendor]
            at = TUESDAY.isoformat()
            order = Order(url, asked.vendor, base_url, key, str(folder / "keys"), at, BATCH)
            start = time.monotonic()
            kills = _kill_at_random(order, asked.workers, asked.kills)
            seconds = time.monotonic() - start
        return _verdict(asked, url, folder / "journal", kills, seconds)


def _kill_at_random(order: Order, workers: int, kills: int) -> int:
    """Keep `workers` at work, kill one again and again, until all is done; returns the kills."""
    alive = {_fork(order) for _ in range(workers)}
    done, killed = 0, 0
    while done < workers:
        time.sleep(random.uniform(0.01, 0.25))
        if killed < kills and alive:
            victim = random.choice(sorted(alive))
            os.kill(victim, signal.SIGKILL)
            os.waitpid(victim, 0)
            alive.remove(victim)
            alive.add(_fork(order))
            killed += 1
        for child in list(alive):
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                alive.remove(child)
                done += 1
                assert os.waitstatus_to_exitcode(status) == 0
    return killed


def _fork(order: Order) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        serve_until_empty(order)
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def _verdict(asked: argparse.Namespace, url: str, journal: Path, kills: int, seconds: float) -> int:
    taken = Counter(json.loads(line)["to"] for line in journal.read_text().splitlines())
    doubled = sum(1 for count in taken.values() if count > 1)
    database = Database(url)
    with database.reading() as session:
        standing = dict(session.execute(STANDING).all())
    database.engine.dispose()
    missing = {f"reader{n}@example.com" for n in range(asked.readers)} - set(taken)
    unlisted = [reader for reader in missing if standing.get(reader) != State.UNKNOWN]
    states = Counter(standing.values())
    print(
        f"{asked.vendor} on {asked.database}, {asked.workers} workers: {kills} kills in "
        f"{seconds:.0f} s; {len(taken)} of {asked.readers} taken, {doubled} twice, "
        f"{len(missing)} missing, {len(unlisted)} of them unlisted; {dict(states)}"
    )
    return 1 if doubled or unlisted or (asked.vendor == "resend" and missing) else 0


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        url = f"sqlite:///{folder / 'lettercourse.sqlite3'}"
        database = Database(url)
        METADATA.create_all(database.engine)
        database.engine.dispose()
        yield url
        return
    cluster = Cluster()
    try:
        yield cluster.create_database()
    finally:
        cluster.stop()


@contextmanager
def _vendor(name: str, journal: Path) -> Iterator[str]:
    journal.touch()
    player = f"tests.players.{name}"
    words = [sys.executable, "-m", player, "--port", "0", "--journal", str(journal)]
    process = Popen(words, stdout=PIPE, text=True)
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.terminate()
    process.wait()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--vendor", choices=KEYS, default="resend")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--readers", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=int(datetime.now().timestamp()))  # noqa: DTZ005
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
