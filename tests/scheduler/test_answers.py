"""The owner answers a reader through her own mail program, and one thread goes on."""

from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP
from zlib import crc32

import pytest
from sqlalchemy import select

from app import erasure, reader_export
from app.bootstrap import House
from course import answers, reflections
from course.answers import ANSWER_LENGTH, Answer
from course.database import Database
from emails import inbound
from emails.inbound import FOR_THE_OWNER, ReceivedEmail, Verdict
from emails.message import Message
from tests.support.houses import TUESDAY, deliveries, go_to, join, leave, now, tick
from tests.support.houses import enrolment as look
from tests.support.providers import Scripted

Houses = Callable[..., House]
ANA, OWNER, LETTERS = "ana@example.com", "owner@practice.example", "letters@practice.example"
HERS = "It began in the chest. Quince marmalade."
WORDS = "Thank you, Ana.\n\nStay with it <a while>,\nif you like."
SIGNED = f"{WORDS}\n\n-- \nDr. O. Wner\n+1 555 0100\n"


@pytest.fixture
def ana(house: House) -> int:
    return look(house, 1).id


@pytest.fixture
def house(database: Database, houses: Houses) -> House:
    house = houses(database, provider=Scripted())
    join(house, ANA)
    tick(house, TUESDAY)
    assert write(house, sent(house)[-1], HERS, sender=ANA) == Verdict.REFLECTION
    return house


def sent(house: House) -> list[Message]:
    assert isinstance(house.provider, Scripted)
    return house.provider.sent


def notice(house: House) -> Message:
    return next(each for each in reversed(sent(house)) if each.to == OWNER)


def notices(house: House) -> list[str]:
    return [each.text for each in sent(house) if each.to == OWNER]


def write(house: House, to: Message, words: str, sender: str = OWNER, **headers: str) -> str | None:
    """Somebody replies to an email of ours; returns what became of that."""
    mail = EmailMessage(policy=SMTP)
    facts = {"Message-ID": f"<{len(sent(house))}.{crc32(words.encode())}@mail.example>"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    mail["From"], mail["To"], mail["Subject"] = sender, to.reply_to, f"Re: {to.subject}"
    for name, value in facts.items():
        mail[name] = value
    mail.set_content(words)
    return receive(house, mail.as_bytes())


def receive(house: House, raw: bytes) -> str | None:
    with house.database.transaction() as session:
        found = inbound.store(session, house.vault, raw, now(house))
    tick(house)
    with house.database.reading() as session:
        return session.get_one(ReceivedEmail, found).verdict


def kept(house: House) -> list[Answer]:
    with house.database.reading() as session:
        return list(session.scalars(select(Answer)))


def test_the_notice_leads_to_the_reader_and_says_nothing_of_her_words(house: House) -> None:
    assert notice(house).reply_to.startswith("replies+")
    assert len(notice(house).reply_to.partition("@")[0]) <= 64
    assert "marmalade" not in notice(house).text + notice(house).html + notice(house).subject
    assert notice(house).reply_to not in {each.reply_to for each in sent(house) if each.to == ANA}


def test_her_own_words_go_to_the_reader_and_no_others(house: House) -> None:
    quoted = f"{SIGNED}\nOn Tue, 3 Nov 2026 Your practice wrote:\n> {HERS}\n"
    assert write(house, notice(house), quoted) == Verdict.ANSWER
    letter = sent(house)[-1]
    assert (letter.to, letter.sender.email) == (ANA, LETTERS)
    assert WORDS in letter.text
    assert "Stay with it &lt;a while&gt;,<br />if you like.</p>" in letter.html
    everything = letter.text + letter.html + letter.subject + str(letter.headers)
    for private in ("marmalade", "O. Wner", "555 0100", OWNER):
        assert private not in everything
    assert "unsubscribe" in letter.text


def test_words_quoted_by_hand_travel_neither(house: House) -> None:
    write(house, notice(house), f"You wrote\n\n> {HERS}\n\nand I have read it.")
    assert "marmalade" not in sent(house)[-1].text + sent(house)[-1].html
    assert "and I have read it." in sent(house)[-1].text


def test_one_thread_goes_on_and_each_answer_has_its_place_in_it(house: House) -> None:
    write(house, notice(house), WORDS)
    letter = sent(house)[-1]
    with house.database.reading() as session:
        hers = session.scalar(select(ReceivedEmail.message_id).order_by(ReceivedEmail.received_at))
    assert letter.headers["In-Reply-To"] == letter.headers["References"] == hers
    assert letter.reply_to == sent(house)[0].reply_to
    assert write(house, letter, "I will.", sender=ANA) == Verdict.REFLECTION
    assert write(house, notice(house), "Good.") == Verdict.ANSWER
    with house.database.reading() as session:
        thread = reflections.of_enrolment(session, house.vault, 1)
        answered = answers.to_reflections(session, house.vault, [one.id for one in thread])
    assert [(one.lesson, one.words) for one in thread] == [
        (thread[0].lesson, HERS),
        (thread[0].lesson, "I will."),
    ]
    assert {one.reflection_id: one.words for one in answered} == {
        thread[0].id: WORDS,
        thread[1].id: "Good.",
    }


def test_an_answer_is_sealed_and_sent_once(house: House) -> None:
    write(house, notice(house), WORDS)
    [answer] = kept(house)
    assert b"Ana" not in answer.words
    assert "Ana" not in repr(answer)
    tick(house)
    assert [each.state for each in deliveries(house, "answer")] == ["accepted"]


def test_the_same_email_by_two_ways_is_one_answer(house: House) -> None:
    to = notice(house)
    assert write(house, to, WORDS, Message_ID="<one@mail.example>") == Verdict.ANSWER
    again = write(
        house, to, WORDS, Message_ID="<one@mail.example>", Received="from mx.example; today"
    )
    assert again == Verdict.ANSWER
    assert len(kept(house)) == len(deliveries(house, "answer")) == 1


@pytest.mark.parametrize(
    ("sender", "headers"),
    [
        ("eve@example.com", {}),
        (f"{OWNER}, eve@example.com", {}),
        (f'"{OWNER}" <eve@example.com>', {}),
        (ANA, {}),
        (OWNER, {"Authentication_Results": "mx.example; spf=pass; dmarc=fail header.from=x"}),
    ],
)
def test_whoever_else_writes_there_reaches_nobody_and_the_owner_is_told(
    house: House, sender: str, headers: dict[str, str]
) -> None:
    verdict = write(house, notice(house), WORDS, sender, **headers)
    assert verdict == Verdict.FORGED_ANSWER
    assert kept(house) == []
    assert " ".join(FOR_THE_OWNER[Verdict.FORGED_ANSWER].split()) in flat(notices(house)[-1])


def flat(text: str) -> str:
    return " ".join(text.split())


def test_a_changed_address_leads_to_nobody(house: House) -> None:
    to = notice(house)
    name, _, domain = to.reply_to.partition("@")
    changed = name[:-1] + ("a" if name[-1] != "a" else "b")
    assert write(house, replace(to, reply_to=f"{changed}@{domain}"), WORDS) == Verdict.UNSORTED
    assert kept(house) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"X_Autoreply": "yes"},
    ],
)
def test_her_vacation_note_never_reaches_a_reader(house: House, headers: dict[str, str]) -> None:
    assert write(house, notice(house), "I am away.", **headers) == Verdict.AUTOMATIC
    assert kept(house) == []


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("-- \nDr. O. Wner\n", Verdict.EMPTY_ANSWER),
        ("x" * (ANSWER_LENGTH + 1), Verdict.LONG_ANSWER),
    ],
)
def test_what_cannot_be_sent_is_told_to_the_owner(
    house: House, words: str, verdict: Verdict
) -> None:
    before = len(notices(house))
    assert write(house, notice(house), words) == verdict
    assert kept(house) == []
    assert len(notices(house)) == before + 1


def test_a_word_of_command_is_only_a_word_from_the_owner(house: House) -> None:
    assert write(house, notice(house), "STOP") == Verdict.ANSWER
    assert look(house, 1).left_at is None


def test_what_she_attaches_stays_and_she_is_told(house: House) -> None:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = OWNER, notice(house).reply_to
    mail.set_content(WORDS)
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="plan.pdf")
    assert receive(house, mail.as_bytes()) == Verdict.BARE_ANSWER
    assert [each.attachments for each in sent(house) if each.to == ANA and WORDS in each.text] == [
        ()
    ]
    assert "without what you had attached" in flat(notices(house)[-1])


def test_a_reader_who_has_left_is_not_written_to(house: House, ana: int) -> None:
    to = notice(house)
    leave(house, ana)
    assert write(house, to, WORDS) == Verdict.LATE_ANSWER
    assert kept(house) == []
    assert "went to nobody" in flat(notices(house)[-1])


def test_words_taken_back_are_not_answered(house: House, ana: int) -> None:
    with house.database.transaction() as session:
        [one] = reflections.of_enrolment(session, house.vault, ana)
        found = reflections.find(session, ana, one.id)
        assert found is not None
        reflections.put_away(found, now(house))
    assert write(house, notice(house), WORDS) == Verdict.LATE_ANSWER


def test_who_leaves_while_the_answer_waits_gets_none_and_the_owner_is_told(
    house: House, ana: int
) -> None:
    with house.database.transaction() as session:
        [reflection] = reflections.read_all(session, house.vault, 1)
        found = reflections.tagged(session, ana, reflection.id)
        assert found is not None
        answers.write(session, house.vault, found, WORDS, now(house))
    leave(house, ana)
    tick(house)
    tick(house)
    assert [each.state for each in deliveries(house, "answer")] == ["withheld"]
    assert sent(house)[-1].subject == "Your answer was not sent"
    assert WORDS not in sent(house)[-1].text


def test_an_erased_reader_leaves_no_answer_behind(house: House) -> None:
    to = notice(house)
    write(house, to, WORDS)
    [told] = reader_export.export(house, ANA)["answers"]
    assert told["words"] == WORDS
    erasure.erase(house, ANA)
    assert kept(house) == []
    assert write(house, to, "Still there?") == Verdict.LATE_ANSWER
    assert kept(house) == []


def test_who_answers_by_no_mail_gets_no_way_back(database: Database, houses: Houses) -> None:
    on = houses(database, provider=Scripted())
    owner = on.settings.owner.model_dump() | {"answer_by_mail": False}
    off = houses(database, provider=Scripted(), owner=owner)
    join(off, ANA)
    tick(off, TUESDAY)
    write(off, sent(off)[-1], HERS, sender=ANA)
    assert notice(off).reply_to == OWNER
    assert "lettercourse reflections answer " in notice(off).text
    with off.database.reading() as session:
        [one] = reflections.read_all(session, off.vault, 1)
    address = on.links.answer_address(look(off, 1).code, one.id)
    assert write(off, replace(notice(off), reply_to=address), WORDS) == Verdict.FORGED_ANSWER
    go_to(off, now(off))
