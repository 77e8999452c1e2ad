"""Writing in any number of windows: what a reader saved or kept is never overwritten unseen."""

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.schema import METADATA
from course import drafts, reflections, writing
from course.database import Database
from course.drafts import AT_MOST, KEPT_DAYS, Draft
from course.enrolments import Enrolment
from course.errors import KeyMissing
from course.keys import Keys
from course.progress import Progress
from course.reflections import UNDO_LIFE, Reflection
from course.vault import Vault
from course.writing import Saved, Written
from tests.course.specimens import NOW, confirmed, make_course, make_keys

COURSE = make_course("one", "two")
WORDS = "The oven was off. — Œ"
BEGUN = Written("a" * 32, WORDS)


@pytest.fixture
def reader(session: Session, keys: Keys) -> Enrolment:
    return confirmed(session, keys, COURSE)


@pytest.fixture
def vault(keys: Keys) -> Vault:
    return Vault(keys)


def save(session: Session, vault: Vault, reader: Enrolment, written: Written) -> Saved | None:
    return writing.save(session, vault, reader, "one", written, NOW)


def keep(
    session: Session, vault: Vault, reader: Enrolment, written: Written
) -> tuple[Reflection, bool]:
    return writing.keep(session, vault, reader, "one", written, NOW)


def drafted(session: Session, vault: Vault, reader: Enrolment) -> list[str]:
    return [one.words for one in drafts.of_enrolment(session, vault, reader.id)]


def kept(session: Session, vault: Vault, reader: Enrolment) -> list[str]:
    return [one.words for one in reflections.of_enrolment(session, vault, reader.id)]


def test_a_draft_is_sealed_and_the_owner_never_sees_it(
    session: Session, vault: Vault, reader: Enrolment
) -> None:
    save(session, vault, reader, BEGUN)
    [row] = session.scalars(select(Draft))
    assert b"oven" not in row.words
    assert "oven" not in f"{row!r} {row} {drafts.of_enrolment(session, vault, reader.id)} {BEGUN}"
    assert drafted(session, vault, reader) == [WORDS]
    assert reflections.read_all(session, vault, 10) == []


def test_a_draft_opens_only_in_its_own_row(
    session: Session, vault: Vault, reader: Enrolment
) -> None:
    for name in ("a", "b"):
        save(session, vault, reader, replace(BEGUN, id=name * 32, words=WORDS + name))
    one, other = session.scalars(select(Draft))
    one.words, other.words = other.words, one.words
    session.flush()
    with pytest.raises(KeyMissing):
        drafts.of_enrolment(session, vault, reader.id)


def test_kept_for_herself_the_owner_is_not_told_and_does_not_see_it(
    session: Session, vault: Vault, reader: Enrolment
) -> None:
    found, beside = keep(session, vault, reader, BEGUN)
    assert (found.shared, found.notice_due_at, beside) == (False, None, False)
    assert reflections.read_all(session, vault, 10) == []
    assert kept(session, vault, reader) == [WORDS]


def test_shared_the_owner_is_told_and_nobody_is_answered(
    session: Session, vault: Vault, reader: Enrolment
) -> None:
    found, _ = keep(session, vault, reader, replace(BEGUN, shared=True))
    assert (found.notice_due_at, found.acknowledgement_due_at) == (NOW, None)
    assert [one.words for one in reflections.read_all(session, vault, 10)] == [WORDS]


def test_only_what_is_shared_answers_the_letter(
    session: Session, vault: Vault, reader: Enrolment
) -> None:
    session.add(Progress(enrolment_id=reader.id, lesson="one", sent_at=NOW))
    session.flush()
    progress = session.scalars(select(Progress)).one()
    keep(session, vault, reader, BEGUN)
    session.refresh(progress)
    assert progress.answered_at is None
    keep(session, vault, reader, replace(BEGUN, kept=1, shared=True))
    session.refresh(progress)
    assert progress.answered_at == NOW


def test_sharing_can_be_taken_back_and_a_change_of_words_is_no_news(
    session: Session, vault: Vault, reader: Enrolment
) -> None:
    found, _ = keep(session, vault, reader, replace(BEGUN, shared=True))
    found.notice_due_at = None
    keep(session, vault, reader, replace(BEGUN, words="Other words.", shared=True, kept=1))
    assert (found.notice_due_at, found.changed_at) == (None, NOW)
    keep(session, vault, reader, replace(BEGUN, words="Other words.", kept=2))
    assert reflections.read_all(session, vault, 10) == []
    keep(session, vault, reader, replace(BEGUN, words="Other words.", shared=True, kept=3))
    assert found.notice_due_at == NOW


def test_pressing_twice_keeps_once(session: Session, vault: Vault, reader: Enrolment) -> None:
    for _ in range(3):
        assert keep(session, vault, reader, BEGUN)[1] is False
    assert kept(session, vault, reader) == [WORDS]


def test_keeping_ends_the_draft(session: Session, vault: Vault, reader: Enrolment) -> None:
    saved = save(session, vault, reader, BEGUN)
    assert saved is not None
    keep(session, vault, reader, replace(BEGUN, words="To the end.", draft=saved.draft))
    assert (drafted(session, vault, reader), kept(session, vault, reader)) == ([], ["To the end."])


def test_a_draft_saved_late_of_what_is_kept_already_is_none(
    session: Session, vault: Vault, reader: Enrolment
) -> None:
    keep(session, vault, reader, BEGUN)
    assert save(session, vault, reader, BEGUN) == Saved(BEGUN.id, 0)
    assert drafted(session, vault, reader) == []


def test_another_windows_change_is_not_overwritten(
    session: Session, vault: Vault, reader: Enrolment
) -> None:
    keep(session, vault, reader, BEGUN)
    keep(session, vault, reader, replace(BEGUN, words="From one window.", kept=1))
    _, beside = keep(session, vault, reader, replace(BEGUN, words="From the other.", kept=1))
    assert beside
    assert kept(session, vault, reader) == ["From one window.", "From the other."]


def test_what_another_window_deleted_is_kept_anew_and_the_deleted_stays_deleted(
    session: Session, vault: Vault, reader: Enrolment
) -> None:
    found, _ = keep(session, vault, reader, BEGUN)
    reflections.put_away(found, NOW)
    _, beside = keep(session, vault, reader, replace(BEGUN, words="Once more.", kept=1))
    assert beside
    assert kept(session, vault, reader) == ["Once more."]


def test_nobody_elses_words_are_touched_by_their_name(
    session: Session, vault: Vault, keys: Keys, reader: Enrolment
) -> None:
    other = confirmed(session, keys, COURSE, email="bo@example.com")
    keep(session, vault, reader, BEGUN)
    save(session, vault, reader, replace(BEGUN, id="b" * 32))
    keep(session, vault, other, replace(BEGUN, words="Bo’s.", kept=1))
    save(session, vault, other, replace(BEGUN, id="b" * 32, words="Bo’s draft.", draft=1))
    assert (drafted(session, vault, reader), kept(session, vault, reader)) == ([WORDS], [WORDS])
    assert drafts.find(session, other.id, "b" * 32) is None
    assert reflections.find(session, other.id, BEGUN.id) is None


def test_an_emptied_box_is_no_draft_and_can_be_taken_back(
    session: Session, vault: Vault, reader: Enrolment
) -> None:
    save(session, vault, reader, BEGUN)
    assert save(session, vault, reader, replace(BEGUN, words="", draft=1)) == Saved(BEGUN.id, 0)
    assert drafted(session, vault, reader) == []
    draft = drafts.find(session, reader.id, BEGUN.id)
    assert draft is not None
    drafts.take_back(draft)
    assert drafted(session, vault, reader) == [WORDS]


def test_drafts_are_as_many_as_a_person_has_windows(
    session: Session, vault: Vault, reader: Enrolment
) -> None:
    saved = [
        save(session, vault, reader, replace(BEGUN, id=f"{n:032}")) for n in range(AT_MOST + 1)
    ]
    assert [one is None for one in saved] == [False] * AT_MOST + [True]


@pytest.mark.parametrize(
    ("age", "gone"),
    [(timedelta(days=KEPT_DAYS), 0), (timedelta(days=KEPT_DAYS, seconds=1), 1)],
)
def test_a_draft_is_forgotten_after_a_while_of_silence(
    session: Session, vault: Vault, reader: Enrolment, age: timedelta, gone: int
) -> None:
    save(session, vault, reader, BEGUN)
    assert drafts.forget(session, NOW + age, 10) == gone
    assert len(drafted(session, vault, reader)) == 1 - gone


def test_a_deleted_draft_is_gone_for_good_a_little_later(
    session: Session, vault: Vault, reader: Enrolment
) -> None:
    save(session, vault, reader, BEGUN)
    draft = drafts.find(session, reader.id, BEGUN.id)
    assert draft is not None
    drafts.put_away(draft, NOW)
    session.flush()
    assert drafts.forget(session, NOW + UNDO_LIFE - timedelta(seconds=1), 10) == 0
    assert drafts.forget(session, NOW + UNDO_LIFE, 10) == 1


@dataclass
class Window:
    """What one window knows; `saw` are the texts it goes on from, and may therefore replace."""

    written: Written
    saw: set[str]
    saw_kept: set[str]


def _afresh() -> Window:
    return Window(Written(uuid4().hex, ""), set(), set())


class Windows(RuleBasedStateMachine):
    """Windows opened, typed in, saved and kept in any order: no text is lost that was not seen."""

    windows: Bundle[Window] = Bundle("windows")

    def __init__(self) -> None:
        super().__init__()
        self.database = Database("sqlite://")
        METADATA.create_all(self.database.engine)
        keys = make_keys()
        self.vault, self.session = Vault(keys), Session(self.database.engine)
        self.reader = confirmed(self.session, keys, COURSE)
        self.there: set[str] = set()
        self.texts = count()

    def teardown(self) -> None:
        self.session.close()
        self.database.engine.dispose()

    @rule(target=windows)
    def open_afresh(self) -> Window:
        return _afresh()

    @rule(target=windows, which=st.integers(0, 5))
    def open_a_draft(self, which: int) -> Window:
        found = drafts.of_enrolment(self.session, self.vault, self.reader.id)
        if not found:
            return _afresh()
        draft = found[which % len(found)]
        standing = self._kept().get(draft.id)
        written = Written(
            draft.id, draft.words, standing.revision if standing else 0, draft.revision
        )
        return Window(written, {draft.words}, {standing.words} if standing else set())

    @rule(target=windows, which=st.integers(0, 5))
    def open_what_is_kept(self, which: int) -> Window:
        found = list(self._kept().values())
        if not found:
            return _afresh()
        one = found[which % len(found)]
        return Window(Written(one.id, one.words, one.revision), set(), {one.words})

    @rule(window=windows)
    def type_and_save(self, window: Window) -> None:
        words = f"text {next(self.texts)}"
        saved = self._save(replace(window.written, words=words))
        self.there -= window.saw
        self.there.add(words)
        window.written = replace(window.written, id=saved.id, words=words, draft=saved.draft)
        window.saw = {words}

    @rule(window=windows)
    def type_and_lose_the_answer(self, window: Window) -> None:
        """Saved, but the window never hears of it and goes on from what it knows."""
        words = f"text {next(self.texts)}"
        self._save(replace(window.written, words=words))
        self.there -= window.saw
        self.there.add(words)

    @rule(window=consumes(windows), shared=st.booleans())
    def type_and_keep(self, window: Window, shared: bool) -> None:
        words = f"text {next(self.texts)}"
        written = replace(window.written, words=words, shared=shared)
        writing.keep(self.session, self.vault, self.reader, "one", written, NOW)
        self.there -= window.saw | window.saw_kept
        self.there.add(words)

    @invariant()
    def nothing_unseen_is_lost(self) -> None:
        drafted = {
            one.words for one in drafts.of_enrolment(self.session, self.vault, self.reader.id)
        }
        standing = {one.words for one in self._kept().values()}
        assert self.there <= drafted | standing

    def _save(self, written: Written) -> Saved:
        saved = writing.save(self.session, self.vault, self.reader, "one", written, NOW)
        assert saved is not None
        return saved

    def _kept(self) -> dict[str, reflections.Opened]:
        found = reflections.of_enrolment(self.session, self.vault, self.reader.id)
        return {one.id: one for one in found}


TestWindows = Windows.TestCase
TestWindows.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
