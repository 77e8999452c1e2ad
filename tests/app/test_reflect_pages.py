"""The exercise on a page of its own: drafts, keeping, sharing, changing, deleting."""

import logging
import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from app.bootstrap import House
from course import reflections
from course.drafts import Draft
from course.reflections import UNDO_LIFE, WORDS_LENGTH
from emails import inbound
from emails.inbound import ReceivedEmail
from emails.providers.memory import MemoryProvider
from tests.support.houses import deliveries, enrolment, go_to, join, now, tick
from tests.support.letters import PRESSED
from tests.support.lives import answer

SLUG, NEXT = "hard-to-see", "what-gives-it-away"
WORDS = "The kettle, and a hand on my shoulder."
JSON = {"Accept": "application/json"}


@pytest.fixture
def page(house: House, reader: int) -> str:
    url = house.links.reflect(enrolment(house, reader).code, SLUG)
    return url.removeprefix(house.settings.web.public_url)


def form(words: str = WORDS, **more: str) -> dict[str, str]:
    return {"id": uuid4().hex, "words": words} | PRESSED | more


def shown(answer: httpx.Response) -> str:
    return unescape(re.sub(r"<[^>]+>", "", answer.text))


def hidden(answer: httpx.Response) -> dict[str, str]:
    """What the page's own form sends along unseen."""
    inside = answer.text.partition('class="sheet writing"')[2].partition("</form>")[0]
    return PRESSED | dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', inside))


def owners(house: House) -> list[str]:
    with house.database.reading() as session:
        return [one.words for one in reflections.read_all(session, house.vault, 10)]


def hers(house: House, reader: int) -> list[str]:
    with house.database.reading() as session:
        return [one.words for one in reflections.of_enrolment(session, house.vault, reader)]


def test_the_letter_leads_here_and_the_crisis_note_stands_before_the_box(
    pages: httpx.Client, house: House, page: str
) -> None:
    assert isinstance(house.provider, MemoryProvider)
    letter = house.provider.sent[-1]
    assert page in letter.html
    assert page in letter.text
    text = pages.get(page).text
    assert text.index(house.settings.owner.crisis_note) < text.index("<textarea")
    assert re.search(r'value="no" checked', text)
    assert text.count("checked") == 1


def test_kept_for_herself_nobody_is_told(pages: httpx.Client, house: House, page: str) -> None:
    answer = pages.post(page, data=form(share="no"))
    assert "Kept, for you only." in shown(answer)
    assert WORDS in shown(answer)
    assert WORDS.split()[1] not in str(answer.url)
    tick(house)
    assert owners(house) == []
    assert deliveries(house, "reflection-notice") == []


def test_shared_the_owner_is_told_and_no_automatic_note_is_sent(
    pages: httpx.Client, house: House, page: str
) -> None:
    assert "shared with Your practice" in shown(pages.post(page, data=form(share="yes")))
    tick(house)
    assert owners(house) == [WORDS]
    [notice] = deliveries(house, "reflection-notice")
    assert notice.state == "accepted"
    assert deliveries(house, "acknowledgement") == []
    assert isinstance(house.provider, MemoryProvider)
    assert "kettle" not in house.provider.sent[-1].text


@pytest.mark.parametrize("how", ["take back", "delete"])
def test_what_is_taken_back_before_the_owner_is_told_she_is_never_told_of(
    pages: httpx.Client, house: House, page: str, how: str
) -> None:
    sent = form(share="yes")
    pages.post(page, data=sent)
    house.engine.plan()
    if how == "delete":
        pages.post(f"{page}/delete", data=sent)
    else:
        pages.post(page, data=sent | {"share": "no", "kept": "1"})
    tick(house)
    assert [one.state for one in deliveries(house, "reflection-notice")] == ["withheld"]


def test_a_draft_waits_in_the_box_and_is_no_answer(
    pages: httpx.Client, house: House, reader: int, page: str
) -> None:
    saved = pages.post(f"{page}/draft", data=form("Begun, and"), headers=JSON)
    assert saved.json()["draft"] == 1
    again = pages.get(page)
    assert "Begun, and</textarea>" in again.text
    assert hidden(again) == PRESSED | {"id": saved.json()["id"], "kept": "0", "draft": "1"}
    assert hers(house, reader) == []
    pages.post(page, data=hidden(again) | {"words": "Begun, and ended."})
    assert hers(house, reader) == ["Begun, and ended."]
    with house.database.reading() as session:
        assert session.scalars(select(Draft)).all() == []


def test_without_a_script_a_button_saves_the_draft(pages: httpx.Client, page: str) -> None:
    answer = pages.post(f"{page}/draft", data=form("Begun, and"))
    assert "Your draft is saved" in shown(answer)
    assert "Begun, and</textarea>" in answer.text


def test_two_windows_on_one_draft_become_two_drafts(pages: httpx.Client, page: str) -> None:
    pages.post(f"{page}/draft", data=form("Begun"), headers=JSON)
    one, other = hidden(pages.get(page)), hidden(pages.get(page))
    went_on = pages.post(f"{page}/draft", data=one | {"words": "In one."}, headers=JSON).json()
    aside = pages.post(f"{page}/draft", data=other | {"words": "In the other."}, headers=JSON)
    assert went_on["id"] == one["id"] != aside.json()["id"]
    text = shown(pages.get(page))
    assert "In one." in text
    assert "In the other." in text


def test_two_windows_on_kept_words_overwrite_nothing_and_say_so(
    pages: httpx.Client, house: House, reader: int, page: str
) -> None:
    sent = form()
    pages.post(page, data=sent)
    edit = f"{page}/{sent['id']}"
    one, other = hidden(pages.get(edit)), hidden(pages.get(edit))
    assert one["kept"] == "1"
    pages.post(page, data=one | {"words": "From one."})
    answer = pages.post(page, data=other | {"words": "From the other."})
    assert "changed or deleted in another window" in shown(answer)
    assert hers(house, reader) == ["From one.", "From the other."]


def test_pressed_twice_it_is_kept_once(
    pages: httpx.Client, house: House, reader: int, page: str
) -> None:
    sent = form()
    for _ in range(2):
        assert "Kept" in shown(pages.post(page, data=sent))
    assert hers(house, reader) == [WORDS]


def test_deleted_words_are_out_of_sight_can_be_taken_back_and_then_are_gone(
    pages: httpx.Client, house: House, reader: int, page: str
) -> None:
    sent = form(share="yes")
    pages.post(page, data=sent)
    answer = pages.post(f"{page}/delete", data=sent)
    assert "Take it back" in shown(answer)
    assert (hers(house, reader), owners(house)) == ([], [])
    assert "It is back." in shown(pages.post(f"{page}/undo", data=sent))
    assert hers(house, reader) == [WORDS]
    pages.post(f"{page}/delete", data=sent)
    go_to(house, now(house) + UNDO_LIFE + timedelta(seconds=1))
    assert "gone for good" in shown(pages.post(f"{page}/undo", data=sent))
    house.engine.forget()
    assert hers(house, reader) == []
    with house.database.reading() as session:
        assert reflections.find(session, reader, sent["id"]) is None


def reply(house: House, reader: int) -> bytes:
    """She answers by email; the email as it came."""
    with house.database.transaction() as session:
        raw = answer(house, enrolment(house, reader), "ana@example.com")
        inbound.store(session, house.vault, raw, now(house))
    tick(house)
    return raw


@pytest.mark.parametrize("how", ["change", "delete"])
def test_an_answer_by_email_is_changed_and_deleted_with_the_email_itself(
    pages: httpx.Client, house: House, reader: int, how: str
) -> None:
    raw = reply(house, reader)
    with house.database.reading() as session:
        [one] = reflections.of_enrolment(session, house.vault, reader)
    token = house.links.keepsake(enrolment(house, reader).code).rpartition("/")[2]
    keepsake = pages.get(f"/keepsake/{token}")
    at = re.search(r'href="(/reflect/[^"]+)"', keepsake.text)
    assert at is not None
    assert "marmalade" in shown(pages.get(at[1]))
    sent = hidden(pages.get(f"{at[1]}/{one.id}"))
    if how == "delete":
        pages.post(f"{at[1]}/delete", data=sent)
        go_to(house, now(house) + UNDO_LIFE)
        house.engine.forget()
    else:
        pages.post(at[1], data=sent | {"words": "Jam.", "share": "yes"})
    with house.database.reading() as session:
        assert inbound.open_raw(house.vault, session.scalars(select(ReceivedEmail)).one()) == b""
    assert owners(house) == ([] if how == "delete" else ["Jam."])
    with house.database.transaction() as session:
        assert inbound.store(session, house.vault, raw, now(house)) is None


@pytest.mark.parametrize("words", ["  \r\n ", "x" * (WORDS_LENGTH + 1)])
def test_nothing_and_too_much_are_not_kept_and_stay_in_the_box(
    pages: httpx.Client, house: House, reader: int, page: str, words: str
) -> None:
    answer = pages.post(page, data=form(words))
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert words.strip() in answer.text
    assert hers(house, reader) == []


@pytest.mark.parametrize("sign", ["字", "😊"])
def test_as_much_as_fits_fits_in_every_script(
    pages: httpx.Client, house: House, reader: int, page: str, sign: str
) -> None:
    assert pages.post(page, data=form(sign * WORDS_LENGTH)).status_code == 200
    assert hers(house, reader) == [sign * WORDS_LENGTH]


def test_words_are_shown_as_words(pages: httpx.Client, page: str) -> None:
    answer = pages.post(page, data=form("<script>alert(1)</script> {{ 7 * 7 }}\r\nNext\x00 line"))
    assert "<script>alert" not in answer.text
    assert "<script>alert(1)</script> {{ 7 * 7 }}\nNext line" in shown(answer)


def test_one_letters_page_shows_no_other_letters_words(
    pages: httpx.Client, house: House, reader: int, page: str
) -> None:
    pages.post(page, data=form())
    other = house.links.reflect(enrolment(house, reader).code, NEXT).rpartition("/")[2]
    assert WORDS not in shown(pages.get(f"/reflect/{other}"))


def test_another_readers_link_reaches_none_of_her_words(
    pages: httpx.Client, house: House, reader: int, page: str
) -> None:
    sent = form()
    pages.post(page, data=sent)
    other = join(house, "bo@example.com")
    theirs = (
        f"/reflect/{house.links.reflect(enrolment(house, other).code, SLUG).rpartition('/')[2]}"
    )
    assert pages.get(f"{theirs}/{sent['id']}").status_code == 404
    pages.post(f"{theirs}/delete", data=sent)
    pages.post(theirs, data=sent | {"words": "Bo’s.", "kept": "1"})
    assert (hers(house, reader), hers(house, other)) == ([WORDS], ["Bo’s."])


@pytest.mark.parametrize("name", ["", "A" * 32])
def test_a_name_that_is_none_of_ours_is_refused(
    pages: httpx.Client, house: House, reader: int, page: str, name: str
) -> None:
    assert pages.post(page, data=PRESSED | {"id": name, "words": WORDS}).status_code == 422
    assert hers(house, reader) == []


def test_a_links_token_for_another_page_opens_nothing(
    pages: httpx.Client, house: House, reader: int, page: str
) -> None:
    token = house.links.letters(enrolment(house, reader).code).rpartition("/")[2]
    assert pages.get(f"/reflect/{token}").status_code == 404
    assert pages.get(f"/keepsake/{page.rpartition('/')[2]}").status_code == 404


def test_a_proofs_link_belongs_to_nobody(pages: httpx.Client, house: House) -> None:
    token = house.links.reflect("a" * 13, SLUG).rpartition("/")[2]
    assert pages.get(f"/reflect/{token}").status_code == 404
    assert pages.post(f"/reflect/{token}", data=form()).status_code == 404


def test_no_word_comes_into_a_log(
    pages: httpx.Client, house: House, page: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.DEBUG)
    pages.post(f"{page}/draft", data=form(), headers=JSON)
    pages.post(page, data=form(share="yes"))
    tick(house)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.NOTSET)
    assert caplog.text
    assert "kettle" not in caplog.text
