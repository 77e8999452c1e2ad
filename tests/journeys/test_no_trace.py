"""One person exported, then erased: no byte of her address or words is left; nor after a restore.

The server is a real one, and what is searched is every file it wrote: the database with its logs,
what lies beside the key store, what was printed. Her words are sealed from the start, so a piece
of each sealed value is searched for, too.
"""

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import LargeBinary, select

from app.backup import back_up
from app.reader_export import export
from app.schema import METADATA
from course.database import Database
from course.keys import Keys, load_or_make
from course.vault import Vault
from emails import inbound
from emails.providers.memory import MemoryProvider
from scheduler.holding import why_held
from tests.players import postmark
from tests.support.houses import make_house
from tests.support.letters import PRESSED, Newcomer, link
from tests.support.lives import mail
from tests.support.postgres import Cluster, find_binaries
from tests.support.served import Served, run, serving

ANA, NAME, BO = "ana.quince@example.com", "Quincelle", "bo@example.com"
FOR_HERSELF = "Nobody else is to read of the blue staircase."
SHARED = "I held the cup of juniper tea and said so."
BEGUN = "The lighthouse, I think, was"
BY_EMAIL = "It began in the chest, like marmalade."
ELSEWHERE = "I wrote to the wrong address about the heron."
WORDS = (FOR_HERSELF, SHARED, BEGUN, BY_EMAIL)
VENDOR = {"LETTERCOURSE_EMAILS__POSTMARK__WEBHOOK_SECRET": postmark.WEBHOOK_SECRET}


@dataclass
class Place:
    """An installation's files, its database, and all that its commands ever printed."""

    folder: Path
    url: str
    environment: Mapping[str, str]
    said: list[str] = field(default_factory=list)

    @cached_property
    def database(self) -> Database:
        return Database(self.url)

    @property
    def keys(self) -> Keys:
        return load_or_make(self.folder / "keys")

    def run(self, *words: str) -> str:
        environment = {**self.environment, "LETTERCOURSE_DATABASE__URL": self.url}
        done = run(environment, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        self.said.append(done.stdout + done.stderr)
        return self.said[-1]

    def everything(self) -> dict[str, bytes]:
        """Whatever could hold a trace, by its name."""
        found = (file for file in self.folder.rglob("*") if file.is_file())
        files = {str(file): file.read_bytes() for file in found}
        said = {f"said {n}": words.encode() for n, words in enumerate(self.said)}
        return {name: held.lower() for name, held in (files | self._dumped() | said).items()}

    def _dumped(self) -> dict[str, bytes]:
        """PostgreSQL's files hold more than its rows, see docs/erasing.md; so its rows alone."""
        if not self.database.is_postgresql:
            return {}
        command = [str(find_binaries() / "pg_dump"), "--inserts", self.url]
        dump = subprocess.run(command, capture_output=True, check=True).stdout
        return {"rows": dump, "bytes in rows": b"".join(map(_unhexed, dump.split(b"'\\x")[1:]))}


def _unhexed(part: bytes) -> bytes:
    return bytes.fromhex(part.partition(b"'")[0].decode())


def live(served: Served, database: Database, keys: Keys) -> str:
    """She signs up, reads, writes in every way there is, books; her code in links."""
    with Newcomer(served.base_url) as ana:
        for email, name in ((ANA, NAME), (BO, "Bo")):
            ana.sign_up(email, name=name).raise_for_status()
            ana.confirm(email).raise_for_status()
        ana.advance("8d")
        letter = next(one for one in ana.mail(ANA) if "List-Unsubscribe" in one["headers"])
        page = link(letter, "reflect")
        for words, share in ((FOR_HERSELF, "no"), (SHARED, "yes")):
            form = {"id": uuid4().hex, "words": words, "share": share} | PRESSED
            ana.http.post(page, data=form).raise_for_status()
        ana.http.post(f"{page}/draft", data={"id": uuid4().hex, "words": BEGUN}).raise_for_status()
        ana.answer(letter, BY_EMAIL).raise_for_status()
        book(ana, link(letter, "book"))
        hear(ana)
        with database.transaction() as session:
            stray = mail("desk@practice.example", ANA, ELSEWHERE)
            inbound.store(session, Vault(keys), stray, ana.now())
        ana.advance("1h")
    return link(letter, "letters").split("/")[2].partition(".")[0]


def book(ana: Newcomer, path: str) -> None:
    page = ana.http.get(path).raise_for_status().text
    at = page.partition('name="starts_at" value="')[2].partition('"')[0]
    form = {"name": NAME, "zone": "Europe/Berlin", "starts_at": at}
    ana.http.post(path, data=form).raise_for_status()


def hear(ana: Newcomer) -> None:
    told = json.dumps({"RecordType": "Delivery", "Recipient": ANA, "MessageID": uuid4().hex})
    hook = postmark.sign(told.encode(), ana.now())
    path = "/hooks/postmark/events"
    ana.http.post(path, content=hook.body, headers=dict(hook.headers)).raise_for_status()


def sealed(database: Database) -> list[bytes]:
    """A piece of every sealed value, while nobody but her has written."""
    columns = [
        column
        for table in METADATA.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary) and table.name != "captured_attachments"
    ]
    with database.reading() as session:
        values = [value for column in columns for value in session.scalars(select(column))]
    return [value[20:44] for value in values if value]


def traces(found: Mapping[str, bytes], needles: list[bytes]) -> list[tuple[str, bytes]]:
    return [(name, needle) for name, held in found.items() for needle in needles if needle in held]


Fresh = Callable[[str], str]


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Fresh:
    """The URL of a database that has no tables yet."""
    if request.param == "sqlite":
        return lambda name: f"sqlite:///{tmp_path / name}.sqlite3"
    cluster: Cluster = request.getfixturevalue("cluster")
    return lambda _name: cluster.copy_database(cluster.url("template0"))


def test_exported_then_erased_and_again_after_an_older_backup(
    fresh: Fresh, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    backup, url = tmp_path_factory.mktemp("elsewhere") / "backup", fresh("lettercourse")
    with serving(tmp_path, url, **VENDOR) as served:
        place = Place(tmp_path, url, served.environment)
        code = live(served, place.database, place.keys)
        plain = [ANA, ANA.partition("@")[0], NAME, code, *WORDS, ELSEWHERE]
        needles = [word.encode().lower() for word in plain]
        needles += [piece.lower() for piece in sealed(place.database)]
        found = {needle for _, needle in traces(place.everything(), needles)}
        # Her words lie nowhere in clear even now.
        assert set(needles) - found == {word.encode().lower() for word in (*WORDS, ELSEWHERE)}
        handed_out = json.dumps(exported(place))
        assert [word for word in (*WORDS, ANA, NAME) if word not in handed_out] == []
        back_up(place.database, url, backup)

        place.run("readers", "erase", ANA, "--yes")
        after = place.everything()
        assert traces(after, needles) == []
        assert traces(after, [BO.encode()])
    place.database.engine.dispose()

    place = Place(tmp_path, fresh("restored"), served.environment)
    assert "had been erased: gone again" in place.run("restore", str(backup))
    after = place.everything()
    assert traces(after, needles) == []
    assert traces(after, [BO.encode()])
    assert traces(after, [place.keys.digest(ANA).encode()])
    with place.database.reading() as session:
        assert "restored from a backup" in (why_held(session, None) or "")
    place.database.engine.dispose()


def exported(place: Place) -> dict[str, object]:
    secret = (place.folder / "keys").read_text()
    house = make_house(place.database, provider=MemoryProvider(), secret=secret)
    return export(house, ANA)
