"""Who writes PAUSE, NEXT or RESUME hears how her letters stand; a machine hears nothing."""

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from sqlalchemy import select

from app import erasure, reader_export
from app.bootstrap import House
from course import changes, enrolments
from course.database import Database
from course.wishes import Rest
from emails import inbound, pace
from emails.inbound import ReceivedEmail, Verdict
from emails.message import Message
from tests.support.houses import (
    TUESDAY,
    deliveries,
    enrolment,
    go_to,
    join,
    leave,
    now,
    pause,
    play,
    sign_up,
    tick,
)
from tests.support.providers import Scripted

ANA = "ana@example.com"
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
RESTS = "Your letters rest until Tuesday, 17 November. They go on by themselves."
GOES_ON = "The next letter comes on Tuesday, 10 November."
SOONER = "The next letter comes on Sunday, 8 November."


@pytest.fixture
def house(sqlite: Database, houses: Callable[..., House]) -> House:
    house = houses(sqlite, provider=Scripted())
    join(house, ANA)
    tick(house, TUESDAY)
    return house


def sent(house: House) -> list[Message]:
    assert isinstance(house.provider, Scripted)
    return house.provider.sent


def answers(house: House) -> list[Message]:
    keys = {delivery.key for delivery in deliveries(house, "pace")}
    return [message for message in sent(house) if message.key in keys]


def told(house: House) -> list[str]:
    """What each answer says below its greeting."""
    return [message.text.split("\n\n")[3].replace("\n", " ") for message in answers(house)]


def store(house: House, words: str, **headers: str) -> str:
    """Her reply to the newest email she has had, not looked at yet; returns its id."""
    letter = [message for message in sent(house) if message.to == ANA][-1]
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = ANA, letter.reply_to, "Re: quince marmalade"
    mail["Message-ID"] = f"<{now(house):%d%H%M}.{len(sent(house))}@mail.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(f"{words}\n\nOn Tue, 3 Nov 2026 Your practice wrote:\n> quince marmalade\n")
    with house.database.transaction() as session:
        found = inbound.store(session, house.vault, mail.as_bytes(), now(house))
    assert found is not None
    return found


def write(house: House, words: str, **headers: str) -> str | None:
    received = store(house, words, **headers)
    tick(house)
    with house.database.reading() as session:
        return session.get_one(ReceivedEmail, received).verdict


def test_a_rest_is_answered_with_the_day_it_ends(house: House) -> None:
    assert write(house, "PAUSE") == Verdict.PACED
    assert told(house) == [RESTS]
    [answer] = answers(house)
    assert (answer.to, answer.subject) == (ANA, "How your letters stand")
    assert "/letters/" in answer.text
    assert "/letters/" in answer.html


def test_going_on_is_answered_with_the_day_of_the_next_letter(house: House) -> None:
    write(house, "PAUSE")
    write(house, "RESUME")
    assert told(house) == [RESTS, GOES_ON]


def test_a_letter_wished_sooner_is_promised_for_the_day_it_comes(house: House) -> None:
    write(house, "NEXT")
    assert told(house) == [SOONER]
    play(house, TUESDAY + 5 * DAY)
    assert len(deliveries(house, "lesson")) == 2


def test_one_that_comes_at_once_is_on_its_way(house: House) -> None:
    go_to(house, TUESDAY + 6 * DAY)
    write(house, "NEXT")
    assert told(house) == [pace.ON_ITS_WAY]
    assert len(deliveries(house, "lesson")) == 2


def test_a_letter_that_cannot_come_sooner_is_told_with_its_day_once_a_day(house: House) -> None:
    write(house, "NEXT")
    write(house, "NEXT, please")
    assert told(house) == [SOONER]
    go_to(house, TUESDAY + DAY)
    write(house, "NEXT")
    assert told(house) == [SOONER, SOONER]


def test_whoever_has_had_them_all_is_told_so(house: House) -> None:
    play(house, TUESDAY + 8 * WEEK)
    write(house, "NEXT")
    assert told(house) == [pace.HAD_ALL]


def test_it_threads_with_her_word_says_a_machine_wrote_it_and_quotes_nothing(house: House) -> None:
    received = store(house, "PAUSE")
    tick(house)
    with house.database.reading() as session:
        hers = session.get_one(ReceivedEmail, received).message_id
    [answer] = answers(house)
    assert answer.headers["In-Reply-To"] == answer.headers["References"] == hers
    assert answer.headers["Auto-Submitted"] == "auto-replied"
    assert answer.headers["X-Auto-Response-Suppress"] == "All"
    assert "marmalade" not in answer.text + answer.html + answer.subject


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"X_Auto_Response_Suppress": "All"},
        {"List_Id": "<list.example>"},
    ],
)
def test_no_machine_and_nobody_who_wants_none_is_answered(
    house: House, headers: dict[str, str]
) -> None:
    write(house, "PAUSE", **headers)
    assert deliveries(house, "pace") == []


def test_the_same_email_twice_is_answered_once(house: House) -> None:
    store(house, "PAUSE")
    with house.database.reading() as session:
        raw = inbound.open_raw(house.vault, session.scalars(select(ReceivedEmail)).one())
    with house.database.transaction() as session:
        assert inbound.store(session, house.vault, raw, now(house)) is None
    tick(house)
    assert len(answers(house)) == 1


def test_it_says_what_holds_when_it_goes_out(house: House) -> None:
    store(house, "PAUSE")
    house.engine.receive()
    until = now(house) + 3 * WEEK
    with house.database.transaction() as session:
        reader = enrolments.by_id(session, 1, for_update=True)
        assert reader is not None
        changes.make(session, house.catalogue, reader, Rest(until), now(house))
    tick(house)
    assert told(house) == [RESTS.replace("17", "24")]


def test_nothing_comes_after_a_goodbye(house: House) -> None:
    store(house, "PAUSE")
    house.engine.receive()
    house.engine.plan()
    leave(house, 1)
    tick(house)
    assert answers(house) == []
    assert [delivery.state for delivery in deliveries(house, "pace")] == ["withheld"]


def test_whoever_has_not_confirmed_is_not_answered(
    sqlite: Database, houses: Callable[..., House]
) -> None:
    house = houses(sqlite, provider=Scripted())
    sign_up(house, ANA)
    tick(house)
    assert write(house, "NEXT") == Verdict.PACED
    assert deliveries(house, "pace") == []


def test_a_letter_held_up_on_our_side_is_not_promised_for_a_day(house: House) -> None:
    with house.database.transaction() as session:
        reader = enrolments.by_id(session, 1, for_update=True)
        assert reader is not None
        reader.next_due_at = None
    write(house, "NEXT")
    assert told(house) == [pace.HELD_UP]


def test_while_she_rests_it_names_no_letter(house: House) -> None:
    pause(house, 1, TUESDAY + 2 * WEEK)
    write(house, "NEXT")
    assert told(house) == [RESTS]
    assert enrolment(house, 1).next_due_at == TUESDAY + 2 * WEEK


def test_it_is_hers_to_take_and_goes_with_her(house: House) -> None:
    write(house, "PAUSE")
    found = reader_export.export(house, ANA)
    assert "pace" in {each["kind"] for each in found["emails"]}
    erasure.erase(house, ANA)
    assert deliveries(house, "pace") == []
    with house.database.reading() as session:
        assert session.scalars(select(ReceivedEmail)).all() == []
