"""Readers from a file: each stands for herself, whoever brings the list and how often."""

from pathlib import Path

import pytest
from sqlalchemy import event, select

from app.bootstrap import House
from app.errors import CommandError
from app.readers_import import CHUNK, Imported, import_readers
from course.consents import Consent
from course.database import Database
from course.enrolments import Enrolment, State
from course.pacing import first_due
from course.subscribers import Subscriber, by_email
from emails.providers.memory import MemoryProvider
from tests.support.houses import COURSE, TUESDAY, join, leave, make_house, now, sign_up, tick

HEADER = "email,name,timezone"
MOST_STATEMENTS = 7


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "readers.csv"


def bring_in(house: House, file: Path, *lines: str, confirmed: bool = True) -> Imported:
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return carry_in(house, file, confirmed=confirmed)


def carry_in(house: House, file: Path, *, confirmed: bool = True) -> Imported:
    return import_readers(
        house, house.catalogue[COURSE], file, confirmed=confirmed, progress=lambda _: None
    )


def standing_of(house: House, email: str) -> Enrolment:
    with house.database.reading() as session:
        query = select(Enrolment).join(Enrolment.subscriber).where(Subscriber.email == email)
        return session.scalars(query).one()


def test_who_has_agreed_already_gets_the_first_letter_at_her_own_morning(
    house: House, file: Path
) -> None:
    bring_in(house, file, HEADER, "ana@example.com,Ana,Asia/Tokyo", "bo@example.com,,")
    ana, bo = (standing_of(house, f"{name}@example.com") for name in ("ana", "bo"))
    course = house.catalogue[COURSE]
    with house.database.reading() as session:
        for reader in map(session.merge, (ana, bo)):
            session.refresh(reader, ["subscriber"])
            expected = first_due(reader.pace(course), course.lessons[0], now(house))
            assert (reader.state, reader.next_due_at) == (State.ACTIVE, expected)
    assert ana.next_due_at != bo.next_due_at
    assert ana.confirmation_due_at is None


def test_who_hasnt_is_asked_first(house: House, file: Path) -> None:
    bring_in(house, file, HEADER, "ana@example.com,Ana,Asia/Tokyo", confirmed=False)
    ana = standing_of(house, "ana@example.com")
    assert (ana.state, ana.next_due_at) == (State.PENDING, None)
    assert ana.confirmation_due_at == now(house)


def test_each_agreement_is_kept_with_where_it_came_from(house: House, file: Path) -> None:
    bring_in(house, file, HEADER, "ana@example.com,,", "bo@example.com,,")
    with house.database.reading() as session:
        kept = session.execute(select(Consent.wording, Consent.means)).all()
    assert kept == [("brought in by the owner, agreed already", "CSV file")] * 2


def test_somebody_named_twice_comes_once_and_keeps_her_first_name(house: House, file: Path) -> None:
    done = bring_in(house, file, HEADER, "ana@example.com,Ana,", "ANA@example.com,Eve,Asia/Tokyo")
    assert (done.added, done.known) == (1, 1)
    with house.database.reading() as session:
        ana = by_email(session, "ana@example.com")
    assert ana
    assert (ana.name, ana.zone) == ("Ana", house.settings.owner.timezone)


def test_a_repeat_changes_nothing_wherever_she_stands(house: House, file: Path) -> None:
    reading = join(house, "reading@example.com")
    sign_up(house, "asked@example.com")
    tick(house, TUESDAY)
    done = bring_in(house, file, HEADER, "reading@example.com,,", "asked@example.com,,")
    assert (done.added, done.known) == (0, 2)
    assert standing_of(house, "asked@example.com").state == State.PENDING
    assert standing_of(house, "reading@example.com").id == reading
    assert standing_of(house, "reading@example.com").last_sent_at == TUESDAY


def test_who_has_left_isnt_brought_back(house: House, file: Path) -> None:
    leave(house, join(house, "ana@example.com"))
    done = bring_in(house, file, HEADER, "ana@example.com,,", "bo@example.com,,")
    assert (done.left_out, done.added) == (1, 1)
    assert standing_of(house, "ana@example.com").state == State.LEFT


def test_a_long_list_costs_a_few_statements_for_each_couple_of_hundred(
    postgresql: Database, file: Path
) -> None:
    house = make_house(postgresql, provider=MemoryProvider())
    asked: list[str] = []
    event.listen(
        house.database.engine,
        "before_cursor_execute",
        lambda _c, _k, statement, *_: asked.append(statement),
    )
    done = bring_in(house, file, HEADER, *(f"reader{n}@example.com,," for n in range(CHUNK * 3)))
    assert done.added == CHUNK * 3
    assert len(asked) <= 3 * MOST_STATEMENTS


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_any_separator_that_spreadsheets_use_will_do(
    house: House, file: Path, separator: str
) -> None:
    rows = (["Email ", "Timezone", "Notes"], ["ana@example.com", "Asia/Tokyo", "met in May"])
    done = bring_in(house, file, *map(separator.join, rows))
    assert (done.added, done.unread) == (1, ["notes"])


def test_whoever_came_before_a_mistake_that_ends_it_is_told_of(house: House, file: Path) -> None:
    lines = ["email", *(f"r{n}@example.com" for n in range(CHUNK * 5)), "bo@example.com,ÿ"]
    file.write_bytes("\n".join(lines).encode("latin-1"))
    with pytest.raises(CommandError, match=r"Brought in: [1-9]\d+, in already: 0"):
        carry_in(house, file)


def test_what_a_spreadsheet_puts_in_front_is_no_part_of_a_name(house: House, file: Path) -> None:
    assert bring_in(house, file, "\ufeffemail", "ana@example.com").added == 1


def test_letters_in_another_encoding_are_told_with_the_cure(house: House, file: Path) -> None:
    file.write_bytes("email,name\nana@example.com,Jürgen\n".encode("latin-1"))
    with pytest.raises(CommandError, match='"CSV UTF-8"'):
        carry_in(house, file)


def test_a_file_that_isnt_csv_is_told_so(house: House, file: Path) -> None:
    with pytest.raises(CommandError, match="can't be read as CSV"):
        bring_in(house, file, "email", "a" * 200_000)


@pytest.mark.parametrize(
    ("first", "told"), [("Email Address,Name", "email address, name"), ("", "nothing")]
)
def test_columns_that_are_missing_are_told_with_those_found(
    house: House, file: Path, first: str, told: str
) -> None:
    with pytest.raises(CommandError, match=rf"names: {told}\."):
        bring_in(house, file, first, "ana@example.com,Ana")


def test_a_line_that_cant_be_used_is_named_as_an_editor_numbers_it(
    house: House, file: Path
) -> None:
    done = bring_in(house, file, HEADER, "ana@example.com,,", "", "bo@example.com,,Mars", "nobody")
    assert [mistake.split(":")[0] for mistake in done.mistakes] == ["line 4", "line 5"]
    assert done.added == 1
