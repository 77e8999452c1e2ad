"""One person gone: every row, every byte; and back again only by asking anew."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from app.bootstrap import House
from app.erasure import Erased, erase
from app.reader_export import export
from app.schema import METADATA
from course.confirmations import A_DAY
from course.database import Database
from course.enrolments import Enrolment
from emails import inbound
from emails.hook_calls import HookCall
from emails.inbound import ReceivedEmail
from emails.providers.hooks import EventKind
from emails.providers.mailbox import CapturedAttachment, CapturedEmail, MailboxProvider
from emails.suppression import EVERYTHING, Reason, Suppression, suppress
from scheduler.audit import audit
from scheduler.clock import FixedClock
from tests.support.houses import (
    MONDAY,
    TUESDAY,
    confirm,
    counts,
    deliveries,
    enrolment,
    go_to,
    join,
    join_many,
    leave,
    now,
    play,
    sign_up,
    tick,
)
from tests.support.lives import (
    BEGUN,
    FOR_HERSELF,
    SHARED,
    WORDS,
    answer,
    hear,
    hers,
    known,
    live,
    mail,
    suppressions,
)
from tests.support.postgres import Cluster

Houses = Callable[..., House]
ANA, BO = "ana@example.com", "bo@example.com"
# Another person's address that ends like hers.
DIANA = "di-ana@example.com"

# No row of these belongs to anybody. A table of a new kind belongs here, or in `erasure`.
NAMES_NOBODY = {
    *("allowances", "provider_pauses", "letters_pause", "clock_shift", "installation", "bookmarks"),
    # Her letters in a batch's payload, and digests that stay: each has a test of its own.
    *("batches", "suppressions", "tallies"),
    # When the owner is busy, and where her own calendar finds the sessions.
    *("busy_calendars", "busy_times", "calendar_feed", "tool_rounds"),
    # What names her here is found by opening it, or by her address.
    *("hook_calls", "captured_emails", "captured_attachments", "held_sign_ups"),
}


@pytest.fixture
def house(database: Database, houses: Houses) -> House:
    clock = FixedClock(MONDAY)
    return houses(database, provider=MailboxProvider(database, clock.now))


@pytest.fixture
def fresh(cluster: Cluster) -> Iterator[Database]:
    """A PostgreSQL database that has never held anybody's data."""
    database = Database(cluster.create_database())
    yield database
    database.engine.dispose()
    cluster.drop_database(str(database.engine.url.set(drivername="postgresql")))


def rows(house: House, model: type) -> int:
    with house.database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_every_table_that_refers_to_a_person_is_emptied_of_her_and_of_nobody_else(
    house: House,
) -> None:
    live(house, ANA)
    live(house, BO)
    before, others = hers(house, ANA), hers(house, BO)
    assert {table.name for table in METADATA.sorted_tables} == set(before) | NAMES_NOBODY
    assert all(before.values()), "a table in which `live` leaves nothing of hers"
    assert erase(house, ANA) is not None
    assert not any(hers(house, ANA).values())
    assert not known(house, ANA)
    assert hers(house, BO) == others


def test_what_names_her_outside_of_any_course_goes_too(house: House) -> None:
    live(house, ANA)
    with house.database.transaction() as session:
        for sender in (DIANA, "Ana@Example.com"):
            inbound.store(session, house.vault, mail("x@y.example", sender), now(house))
    erase(house, ANA)
    with house.database.reading() as session:
        [kept] = session.scalars(select(ReceivedEmail))
        assert DIANA.encode() in inbound.open_raw(house.vault, kept)
    assert [rows(house, table) for table in (HookCall, CapturedEmail, CapturedAttachment)] == [
        0
    ] * 3


def test_a_notice_to_the_owner_of_mail_to_her_address_goes_with_it(house: House) -> None:
    """Or it would wait for ever for the mail it tells of."""
    subscribed = enrolment(house, join(house))
    forged = answer(house, subscribed, "somebody@else.example")
    with house.database.transaction() as session:
        inbound.store(session, house.vault, forged, now(house))
    house.engine.receive()
    house.engine.plan()
    assert [letter.kind for letter in deliveries(house) if letter.state == "planned"] == [
        "mail-notice"
    ]
    erase(house, subscribed.subscriber.email)
    assert deliveries(house) == []


def test_a_call_that_nobody_has_worked_yet_is_left_to_its_job(house: House) -> None:
    live(house, ANA)
    with house.database.transaction() as session:
        call = session.scalars(select(HookCall).limit(1)).one()
        call.work_due_at = now(house)
    erase(house, ANA)
    assert rows(house, HookCall) == 1


def test_a_keyed_hash_alone_stays(house: House) -> None:
    reader = live(house, ANA)
    leave(house, reader)
    erase(house, ANA)
    assert suppressions(house) == [(EVERYTHING, Reason.ERASED)]
    with house.database.reading() as session:
        assert session.scalars(select(Suppression.digest)).all() == [house.keys.digest(ANA)]


@pytest.mark.parametrize("reason", [Reason.HARD_BOUNCE, Reason.COMPLAINT])
def test_what_her_mailbox_said_stays_and_no_fresh_consent_lifts_it(
    house: House, reason: Reason
) -> None:
    join(house, ANA)
    with house.database.transaction() as session:
        suppress(session, house.keys.digest(ANA), EVERYTHING, reason, now(house))
    erase(house, ANA)
    assert suppressions(house) == [(EVERYTHING, reason)]
    confirm(house, sign_up(house, ANA))
    play(house, TUESDAY)
    assert suppressions(house) == [(EVERYTHING, reason)]
    assert set(counts(house)) == {"withheld"}


def test_whoever_asks_anew_is_asked_to_confirm_and_gets_nothing_else_before(house: House) -> None:
    live(house, ANA)
    erase(house, ANA)
    go_to(house, now(house) + A_DAY)
    reader = sign_up(house, ANA)
    play(house, now(house))
    [letter] = [each for each in deliveries(house) if each.enrolment_id is not None]
    assert (letter.kind, letter.state) == ("confirmation", "accepted")
    assert suppressions(house) == [(EVERYTHING, Reason.ERASED)]
    confirm(house, reader)
    assert suppressions(house) == []
    play(house, enrolment(house, reader).next_due_at or TUESDAY)
    assert [d.state for d in deliveries(house, "lesson")] == ["accepted"]


def test_a_bounce_of_that_confirmation_weighs_more_than_the_erasure(house: House) -> None:
    live(house, ANA)
    erase(house, ANA)
    go_to(house, now(house) + A_DAY)
    reader = sign_up(house, ANA)
    tick(house)
    hear(house, deliveries(house, "confirmation")[0], EventKind.HARD_BOUNCE)
    confirm(house, reader)
    assert suppressions(house) == [(EVERYTHING, Reason.HARD_BOUNCE)]


def test_what_is_heard_or_comes_of_her_afterwards_is_no_trouble(house: House) -> None:
    reader = live(house, ANA)
    last, raw = deliveries(house)[-1], answer(house, enrolment(house, reader), ANA)
    erase(house, ANA)
    assert hear(house, last, EventKind.COMPLAINT)
    with house.database.transaction() as session:
        inbound.store(session, house.vault, raw, now(house))
    tick(house)
    assert [d.kind for d in deliveries(house)] == ["erasure-notice", "mail-notice"]
    with house.database.snapshot() as session:
        assert not list(audit(session, house.catalogue, now(house)))


def test_a_stranger_leaves_nothing_to_erase(house: House) -> None:
    live(house, ANA)
    assert erase(house, DIANA) is None
    assert suppressions(house) == []


def test_what_was_there_is_told_and_so_is_the_session_ahead(house: House) -> None:
    live(house, ANA)
    erased = erase(house, ANA)
    assert isinstance(erased, Erased)
    assert (erased.courses, erased.answers, len(erased.sessions)) == (1, 3, 1)
    assert erased.sessions[0].starts_at > now(house)
    assert (erased.under_way, erased.without_trace) == (0, True)


def everything(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file()).lower()


def test_no_byte_of_her_lies_in_any_file(sqlite: Database, houses: Houses, tmp_path: Path) -> None:
    """Among so many others that pages have split and merged around her."""
    house = houses(sqlite, provider=MailboxProvider(sqlite, FixedClock(TUESDAY).now))
    # Sealed words can't be searched for; those of the trial mailbox lie in clear.
    join_many(house, 100)
    reader = live(house, ANA)
    live(house, BO)
    join_many(house, 200)
    code = enrolment(house, reader).code
    words = [word.lower().encode() for word in (ANA, code, house.keys.digest(ANA))]
    sealed = sealed_of(house, reader)
    before = everything(tmp_path)
    assert all(word in before for word in (*words, *sealed))
    erase(house, ANA)
    after = everything(tmp_path)
    assert [word for word in (*words[:2], *sealed) if word in after] == []
    assert words[2] in after
    assert BO.encode() in after


def sealed_of(house: House, reader: int) -> list[bytes]:
    """A piece of each of her sealed answers and mails, as it lies on the disk."""
    with house.database.reading() as session:
        mails = session.scalars(
            select(ReceivedEmail.raw).where(ReceivedEmail.enrolment_id == reader)
        )
        return [raw[20:60].lower() for raw in mails]


def test_a_log_that_is_being_read_is_said_to_hold_it_still(
    sqlite: Database, houses: Houses
) -> None:
    house = houses(sqlite, provider=MailboxProvider(sqlite, FixedClock(TUESDAY).now))
    live(house, ANA)
    with sqlite.reading() as reading:
        reading.scalars(select(Enrolment)).all()
        erased = erase(house, ANA)
    assert erased is not None
    assert not erased.without_trace


def test_on_postgresql_a_full_vacuum_leaves_her_in_the_log_alone(
    fresh: Database, houses: Houses, cluster: Cluster
) -> None:
    house = houses(fresh, provider=MailboxProvider(fresh, FixedClock(TUESDAY).now))
    join_many(house, 20)
    live(house, ANA)
    files = cluster.files_of(str(fresh.engine.url.database))
    cluster.run("CHECKPOINT")
    assert ANA.encode() in everything(files)
    erase(house, ANA)
    by_hand = fresh.engine.execution_options(isolation_level="AUTOCOMMIT")
    with by_hand.connect() as connection:
        connection.execute(text("VACUUM (FULL, ANALYZE)"))
    cluster.run("CHECKPOINT")
    assert ANA.encode() not in everything(files)
    assert b"reader1@example.com" in everything(files)


def test_everything_of_hers_is_handed_out_in_clear_and_nothing_of_ours(house: House) -> None:
    reader = live(house, ANA)
    handed_out = export(house, ANA)
    text = json.dumps(handed_out)
    kept = {one["words"]: (one["by_email"], one["shared"]) for one in handed_out["reflections"]}
    assert kept == {WORDS: (True, True), SHARED: (False, True), FOR_HERSELF: (False, False)}
    assert [one["words"] for one in handed_out["drafts"]] == [BEGUN]
    assert handed_out["receipts"][0]["delivered_at"] == now(house).isoformat()
    for part in ("consents", "emails", "letters_had", "sessions", "received", "trial_mailbox"):
        assert handed_out[part], part
    assert enrolment(house, reader).code not in text
    assert house.keys.digest(ANA) not in text
