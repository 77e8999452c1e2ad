"""Signing up and confirming, as pages."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from app.bootstrap import House
from course.consents import Act, Consent
from course.enrolments import State
from course.subscribers import Subscriber
from tests.support.houses import confirm, deliveries, enrolment, go_to, leave, now, sign_up, tick
from tests.support.letters import PRESSED

FORM = {"email": "ana@example.com", "timezone": "Europe/Berlin", "consent": "yes"}
PAGE = "/courses/six-letters"


def consents(house: House) -> list[Consent]:
    with house.database.reading() as session:
        return list(session.scalars(select(Consent).order_by(Consent.id)))


def confirmation(house: House, enrolment_id: int) -> str:
    code = enrolment(house, enrolment_id).code
    return house.links.confirm(code, now(house)).removeprefix(house.settings.web.public_url)


def test_the_box_of_consent_is_not_ticked_beforehand(pages: httpx.Client) -> None:
    page = pages.get(PAGE).text
    box = page[page.index('id="consent"') : page.index(">", page.index('id="consent"'))]
    assert "checked" not in box


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "not an address"),
        ("email", ""),
        ("timezone", "Mars/Olympus"),
        ("consent", ""),
        ("name", "Visit www.example.com"),
    ],
)
def test_a_field_that_cannot_be_used_is_named_twice_and_nothing_is_lost(
    pages: httpx.Client, house: House, field: str, value: str
) -> None:
    answer = pages.post(PAGE, data={**FORM, "name": "Ana", field: value})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    kept = {"email": "ana@example.com", "name": "Ana"} | {field: value}
    assert f'value="{kept["email"]}"' in answer.text
    assert f'value="{kept["name"]}"' in answer.text
    assert consents(house) == []


def test_what_was_agreed_to_is_kept_in_the_words_that_were_shown(
    pages: httpx.Client, house: House
) -> None:
    shown = pages.get(PAGE).text
    pages.post(PAGE, data=FORM).raise_for_status()
    (asked,) = consents(house)
    assert asked.act == Act.ASKED
    assert asked.wording in shown.replace("&#39;", "'")
    assert "one click" in asked.wording.lower()


def test_a_stranger_cannot_change_a_known_reader(pages: httpx.Client, house: House) -> None:
    sign_up(house)
    pages.post(PAGE, data={**FORM, "name": "Mallory", "timezone": "Asia/Tokyo"})
    with house.database.reading() as session:
        (reader,) = session.scalars(select(Subscriber))
    assert (reader.name, reader.zone) == ("Ana", "Europe/Berlin")


def test_an_address_is_asked_once_a_day_however_often_it_is_entered(
    pages: httpx.Client, house: House
) -> None:
    for _ in range(5):
        pages.post(PAGE, data=FORM).raise_for_status()
        tick(house)
    assert len(deliveries(house, "confirmation")) == 1
    go_to(house, now(house) + timedelta(hours=25))
    pages.post(PAGE, data=FORM)
    tick(house)
    assert len(deliveries(house, "confirmation")) == 2


def test_who_is_in_already_is_told_by_mail_and_not_by_the_page(
    pages: httpx.Client, house: House
) -> None:
    confirm(house, sign_up(house))
    go_to(house, now(house) + timedelta(hours=13))
    known = pages.post(PAGE, data=FORM)
    unknown = pages.post(PAGE, data={**FORM, "email": "bo@example.com"})
    assert known.text == unknown.text


def test_only_the_button_confirms(pages: httpx.Client, house: House) -> None:
    reader = sign_up(house)
    path = confirmation(house, reader)
    page = pages.get(path)
    assert page.text.count("<button") == 1
    assert enrolment(house, reader).state == State.PENDING
    done = pages.post(path, data=PRESSED)
    assert "You are in" in done.text
    assert "Tuesday" in done.text
    assert enrolment(house, reader).state == State.ACTIVE
    assert [c.act for c in consents(house)] == [Act.CONFIRMED]


def test_a_used_link_says_you_are_in_and_changes_nothing(pages: httpx.Client, house: House) -> None:
    reader = sign_up(house)
    path = confirmation(house, reader)
    pages.post(path, data=PRESSED)
    before = enrolment(house, reader).next_due_at
    go_to(house, now(house) + timedelta(days=30))
    for answer in (pages.get(path), pages.post(path, data=PRESSED)):
        assert answer.status_code == 200
        assert "You are in" in answer.text
    assert enrolment(house, reader).next_due_at == before
    assert len(consents(house)) == 1


def test_an_expired_link_confirms_nothing_and_offers_a_new_one(
    pages: httpx.Client, house: House
) -> None:
    reader = sign_up(house)
    tick(house)
    path = confirmation(house, reader)
    go_to(house, now(house) + timedelta(days=8))
    pages.post(path, data=PRESSED)
    assert enrolment(house, reader).state == State.PENDING
    assert "/again" in pages.get(path).text
    pages.post(f"{path}/again", data=PRESSED).raise_for_status()
    tick(house)
    assert len(deliveries(house, "confirmation")) == 2


def test_after_this_was_not_me_the_link_confirms_no_more(pages: httpx.Client, house: House) -> None:
    reader = sign_up(house)
    leave(house, reader)
    assert pages.post(confirmation(house, reader), data=PRESSED).status_code == 200
    assert enrolment(house, reader).state == State.LEFT


@pytest.mark.parametrize("page", ["confirm", "unsubscribe", "letters", "book"])
def test_a_damaged_link_gets_a_calm_page(pages: httpx.Client, page: str) -> None:
    for token in ("x", "aaaaaaaaaaaaa.bbbb", "%00", "a" * 3000):
        for answer in (pages.get(f"/{page}/{token}"), pages.post(f"/{page}/{token}")):
            assert answer.status_code in {404, 405}
            assert "Traceback" not in answer.text
