"""What people do: each deed as the page or the mailbox does it, and what it makes of her rights."""

import hashlib
from collections.abc import Callable
from datetime import UTC, timedelta
from email.message import EmailMessage

from app import admission
from app.admission import Evidence
from app.web import booking, confirm, letters, unsubscribe
from app.web.booking_form import Asked
from app.web.readers import reader_of
from app.web.signup_form import SignUp
from app.web.troubles import Trouble
from course import bookings, changes, zones
from course.consents import Means
from course.enrolments import State
from emails import inbound
from emails.links import Purpose
from emails.message import Message
from tests.simulation.erasing import be_erased, follow_an_old_link
from tests.simulation.laws import SECRET
from tests.simulation.people import Person, Wish
from tests.simulation.world import World
from tests.support.houses import COURSE

MOST_PEOPLE = 4
EXPIRED = 410
UNDO_LIFE = timedelta(hours=24)
# Words that are commands, alone on their line.
PACE = ("Pause.", "next", "RESUME")


def sign_up(world: World) -> None:
    """Somebody new; or, when the room is full, somebody who is here already."""
    number = len(world.watch.people)
    if number < MOST_PEOPLE:
        person = Person(f"reader{number}@example.com", world.rng.choice(world.zones))
        world.watch.people[person.email] = person
        if world.rng.random() < 0.05:
            world.provider.bad.add(person.email)
        if world.rng.random() < 0.1:
            world.gossip.full.add(person.email)
    else:
        person = world.rng.choice(list(world.watch.people.values()))
    ask_anew(world, person)


def ask_anew(world: World, person: Person) -> None:
    world.say(f"{person.email} signs up, {person.zone}")
    asked = SignUp(person.email, "Ana", person.zone).wish(world.house.catalogue[COURSE], Means.FORM)
    admission.admit(world.house, asked, Evidence(trial=True), world.now)
    if person.wish == Wish.GONE:
        person.come_back(Wish.ASKED)


def press_confirm(world: World, person: Person) -> None:
    token = person.token("confirm")
    if token is None:
        return
    answer = confirm.confirm(token, world.site, pressed=True)
    world.say(f"{person.email} confirms: {answer.status_code}")
    if answer.status_code == EXPIRED:
        confirm.ask_again(token, world.site, pressed=True)
    elif person.wish == Wish.ASKED:
        person.come_back(Wish.IN)


def pause(world: World, person: Person) -> None:
    token = person.token("letters")
    if token is None:
        return
    weeks = world.rng.choice((1, 2, 4))
    world.say(f"{person.email} rests for {weeks} weeks")
    letters.pause(token, world.site, _seen(world, token), str(weeks))
    # Whoever has had the last letter has none to rest from, and is told so.
    if person.wish == Wish.IN and _state(world, token) == State.PAUSED:
        local = world.now.astimezone(zones.zone(person.zone)) + timedelta(weeks=weeks)
        person.paused_until = local.astimezone(UTC)
        world.note_too_late(person)


def resume(world: World, person: Person) -> None:
    token = person.token("letters")
    if token is not None:
        world.say(f"{person.email} goes on")
        letters.resume(token, world.site, _seen(world, token))
        person.paused_until = None


def say_goodbye(world: World, person: Person) -> None:
    token = person.token("unsubscribe")
    if token is not None:
        world.say(f"{person.email} leaves")
        unsubscribe.stop(token, world.site, leaves=True)
        world.leave(person)


def undo(world: World, person: Person) -> None:
    token = person.token("unsubscribe")
    if token is None:
        return
    world.say(f"{person.email} takes her goodbye back")
    unsubscribe.undo(token, world.site, pressed=True)
    in_time = person.left_at is not None and world.now - person.left_at <= UNDO_LIFE
    if person.wish == Wish.GONE and in_time:
        person.come_back(person.before)


def reply(world: World, person: Person) -> None:
    if not person.inbox:
        return
    letter = world.rng.choice(person.inbox)
    words = world.rng.choice((f"{SECRET}, since you ask.", "STOP", "", f"{SECRET}\nStop.", *PACE))
    raw = answer_to(letter, person.email, words, number=len(world.trace))
    _receive(world, raw, twice=world.rng.random() < 0.3)
    world.say(f"{person.email} answers {letter.subject!r}: {words!r}")
    if words == "STOP" and "+" in letter.reply_to:
        _will_stop(world, person, raw)
    if words in PACE:
        world.pacing[hashlib.sha256(raw).hexdigest()] = person


def strange_mail(world: World, person: Person) -> None:
    """From somebody else, or from a machine; neither may stop anybody."""
    if not person.inbox:
        return
    letter = world.rng.choice(person.inbox)
    kind = world.rng.choice(("stranger", "vacation"))
    sender = "else@example.com" if kind == "stranger" else person.email
    extra = {"Auto-Submitted": "auto-replied"} if kind == "vacation" else {}
    raw = answer_to(letter, sender, "STOP", number=len(world.trace), **extra)
    world.say(f"{kind} mail to {person.email}'s letter")
    _receive(world, raw, twice=False)


def mail_goodbye(world: World, person: Person) -> None:
    """What Outlook does: a mail to the unsubscribe address."""
    found = [m.headers["List-Unsubscribe"] for m in person.letters()]
    if found:
        to = found[-1].partition("mailto:")[2].rstrip(">")
        raw = _mail(person.email, to, "", len(world.trace))
        world.say(f"{person.email} leaves by mail")
        _receive(world, raw, twice=True)
        _will_stop(world, person, raw)


def book(world: World, person: Person) -> None:
    token = person.token("book")
    if token is None:
        return
    house = world.house
    kind = next(iter(house.diary.kinds.values()))
    with house.database.reading() as session:
        slots = bookings.available(session, kind.hours, world.now)[:3]
    if slots:
        starts_at = world.rng.choice(slots).starts_at.isoformat()
        asked = Asked(name="Ana", zone=person.zone, starts_at=starts_at)
        answer = booking.book(token, world.site, asked)
        world.say(f"{person.email} books {starts_at}: {answer.status_code}")


Deed = Callable[[World, Person], None]
# What a person is likely to do next, by what she is.
LIKELY: dict[Wish, dict[Deed, int]] = {
    Wish.ASKED: {press_confirm: 16, reply: 1, say_goodbye: 1, book: 1, be_erased: 1},
    Wish.IN: {
        reply: 6,
        strange_mail: 1,
        pause: 5,
        resume: 2,
        say_goodbye: 2,
        mail_goodbye: 1,
        press_confirm: 1,
        undo: 1,
        book: 2,
        be_erased: 1,
    },
    Wish.GONE: {
        undo: 4,
        ask_anew: 4,
        press_confirm: 1,
        reply: 1,
        resume: 1,
        be_erased: 1,
        follow_an_old_link: 1,
    },
}


def any_deed(world: World) -> None:
    people = list(world.watch.people.values())
    if not people:
        return
    person = world.rng.choice(people)
    likely = LIKELY[person.wish]
    [deed] = world.rng.choices(list(likely), list(likely.values()))
    try:
        deed(world, person)
    except Trouble as trouble:
        world.say(f"  in vain: {trouble}")


def answer_to(letter: Message, sender: str, words: str, *, number: int, **extra: str) -> bytes:
    own = letter.headers.get("Message-ID", "")
    return _mail(sender, letter.reply_to, words, number, **{"In-Reply-To": own, **extra})


def _mail(sender: str, to: str, words: str, number: int, **extra: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, to
    mail["Subject"], mail["Message-ID"] = "Re: your letter", f"<{number}@example.com>"
    for name, value in extra.items():
        if value:
            mail[name] = value
    mail.set_content(words)
    return mail.as_bytes()


def _state(world: World, token: str) -> str:
    with world.house.database.reading() as session:
        return reader_of(session, world.site, Purpose.LETTERS, token).state


def _seen(world: World, token: str) -> str:
    """The version that stands in the forms of her page."""
    with world.house.database.reading() as session:
        enrolment = reader_of(session, world.site, Purpose.LETTERS, token)
        return changes.facts_of(session, enrolment).version


def _receive(world: World, raw: bytes, *, twice: bool) -> None:
    for _ in range(2 if twice else 1):
        with world.database.transaction() as session:
            inbound.store(session, world.house.vault, raw, world.now)


def _will_stop(world: World, person: Person, raw: bytes) -> None:
    world.stopping[hashlib.sha256(raw).hexdigest()] = person
