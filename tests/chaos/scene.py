"""A database full of readers whose letter is due, and a vendor in a process of its own."""

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from urllib.request import Request, urlopen

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.schema import METADATA
from course.database import Database
from course.enrolments import Enrolment
from course.subscribers import Subscriber
from scheduler.outbox import Batch, BatchState, Delivery
from tests.chaos.crew import Crew
from tests.chaos.crowd import move_in
from tests.chaos.worker import Shift
from tests.players import postmark, resend
from tests.players.faults import Fault
from tests.support.houses import SECRET, TUESDAY
from tests.support.postgres import Cluster

DATABASE = "lettercourse.sqlite3"
KEYS = {"resend": resend.API_KEY, "postmark": postmark.TOKEN}
STANDING = (
    select(Subscriber.email, Delivery.state)
    .join(Enrolment, Enrolment.subscriber_id == Subscriber.id)
    .join(Delivery, Delivery.enrolment_id == Enrolment.id)
)


# Nothing is left to be done by anybody: no delivery without an outcome, no batch still open.
UNSETTLED = select(func.count()).where(Delivery.settled_at.is_(None))
SETTLED = select(func.count()).where(Delivery.settled_at.is_not(None))
OPEN = select(func.count()).where(Batch.state != BatchState.SETTLED)


@dataclass(frozen=True)
class Plan:
    """What a run is asked for."""

    hardship: str
    vendor: str
    database: str
    workers: int
    readers: int
    batch: int
    times: int


@dataclass(frozen=True)
class Scene:
    plan: Plan
    folder: Path
    url: str
    base_url: str
    crew: Crew
    cluster: Cluster | None

    @property
    def shift(self) -> Shift:
        plan = self.plan
        account = (plan.vendor, self.base_url, KEYS[plan.vendor], str(self.folder / "keys"))
        return Shift(self.url, *account, TUESDAY.isoformat(), plan.batch, since=time.time())

    @contextmanager
    def look(self) -> Iterator[Session]:
        """For a moment only: a connection of ours that a fork takes along is trouble."""
        database = Database(self.url)
        with database.reading() as session:
            yield session
        database.engine.dispose()

    def add_readers(self, first: int, number: int) -> None:
        database = Database(self.url)
        move_in(database, number, TUESDAY, first=first)
        database.engine.dispose()

    def taken(self) -> Counter[str]:
        """How often the vendor has taken a letter for each address, by its own journal."""
        journal = (self.folder / "journal").read_text()
        return Counter(json.loads(line)["to"] for line in journal.splitlines())

    def sent(self) -> int:
        """How many the vendor has taken so far; it may be writing at this moment."""
        return (self.folder / "journal").read_bytes().count(b"\n")

    def standing(self) -> dict[str, str]:
        with self.look() as session:
            return dict(session.execute(STANDING).all())

    def is_done(self, readers: int | None = None) -> bool:
        with self.look() as session:
            settled, *rest = (session.scalar(query) for query in (SETTLED, UNSETTLED, OPEN))
        return settled == (readers or self.plan.readers) and not any(rest)

    def wait_until_taken(self, share: float) -> None:
        self.crew.wait_until(lambda: self.sent() >= share * self.plan.readers)

    def trouble(self, faults: Sequence[Fault]) -> None:
        """What the vendor does wrong from now on, call by call."""
        body = json.dumps([asdict(fault) for fault in faults]).encode()
        request = Request(f"{self.base_url}/_faults", body, method="POST")
        urlopen(request).close()


@contextmanager
def set_up(plan: Plan, refused: Iterable[str] = (), disk: Path | None = None) -> Iterator[Scene]:
    """A scene in a folder of its own; where there is a `disk`, the database lives on that."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        (folder / "keys").write_text(SECRET)
        (folder / "refused").write_text("\n".join(refused))
        cluster = stack.enter_context(_server()) if plan.database == "postgresql" else None
        url = cluster.create_database() if cluster else _new_file(disk or folder)
        base_url = stack.enter_context(_vendor(plan.vendor, folder))
        crew = stack.enter_context(closing(Crew(folder)))
        yield Scene(plan, folder, url, base_url, crew, cluster)


@contextmanager
def _server() -> Iterator[Cluster]:
    # Durable, since a crash of a server that isn't forgets what it has promised.
    cluster = Cluster(durable=True)
    try:
        yield cluster
    finally:
        cluster.stop()


def _new_file(folder: Path) -> str:
    url = f"sqlite:///{folder / DATABASE}"
    database = Database(url)
    METADATA.create_all(database.engine)
    database.engine.dispose()
    return url


@contextmanager
def _vendor(name: str, folder: Path) -> Iterator[str]:
    journal = folder / "journal"
    journal.touch()
    words = ["--journal", str(journal), "--bad", str(folder / "refused")]
    command = [sys.executable, "-m", f"tests.players.{name}", *words]
    with Popen(command, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()
