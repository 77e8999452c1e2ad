"""A list bombing, played: a crowd of machines signs strangers up, over HTTP, for weeks.

It knows nothing of the limits: it tries each victim under many spellings, from thousands of
networks, by form and by API, with and without old proofs of work. In between real visitors come.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

import httpx

from app.bootstrap import House
from app.overview import look
from course.catalogue import Catalogue
from course.subscribers import mailbox_of
from emails.providers.memory import MemoryProvider
from tests.support.houses import COURSE, MONDAY, go_to, now, shipped_catalogue, tick
from tests.support.proofs import proof

# In days from the beginning: hours in which the crowd strikes, some of them close together.
STRIKES = (0.0, 0.4, 0.9, 1.5, 2.5, 7.0, 14.0, 21.0, 29.0, 33.0)
COURSES = (COURSE, "second", "third")
A_DAY, A_MONTH = timedelta(hours=24), timedelta(days=30)
BETWEEN_TICKS = 20


@dataclass
class Outcome:
    """What came of it: each mailbox's confirmations, by when they left; and how we answered."""

    mailboxes: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    answers: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    visitors: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)

    @property
    def too_soon(self) -> list[str]:
        """The mailboxes that got two within a day."""
        return [
            m for m, at in self.mailboxes.items() if any(b - a < A_DAY for a, b in pairwise(at))
        ]

    @property
    def too_many(self) -> list[str]:
        """The mailboxes that got more than three within a month."""
        return [
            m
            for m, at in self.mailboxes.items()
            if any(d - a < A_MONTH for a, d in zip(at, at[3:], strict=False))
        ]

    @property
    def kept_out(self) -> list[str]:
        """The real visitors who got no email."""
        return [email for email in self.visitors if not self.mailboxes[email]]


def three_courses() -> Catalogue:
    course = shipped_catalogue()[COURSE]
    return Catalogue({slug: replace(course, slug=slug) for slug in COURSES})


@dataclass
class Attack:
    house: House
    provider: MemoryProvider
    web: httpx.Client
    victims: int
    rng: random.Random
    outcome: Outcome = field(default_factory=Outcome)
    _seen: int = 0
    _old_proof: str = ""

    def play(self, sign_ups: int, visitors: int) -> Outcome:
        """So many sign-ups of the crowd in all, and so many visitors in each of its hours."""
        each = sign_ups // len(STRIKES)
        for strike in STRIKES:
            for second in self._an_hour(MONDAY + timedelta(days=strike), each):
                self._strike()
                if second % BETWEEN_TICKS == 0:
                    self._tick()
            for _ in range(visitors):
                self._visit()
            self._tick()
        # What was put off until the day after comes too.
        go_to(self.house, now(self.house) + timedelta(days=2))
        self._tick()
        self.outcome.sentences = self._told()
        return self.outcome

    def _an_hour(self, begins: datetime, number: int) -> Iterator[int]:
        for nth in range(number):
            go_to(self.house, begins + timedelta(hours=1) * (nth / number))
            yield nth

    def _strike(self) -> None:
        course, email = self.rng.choice(COURSES), self._spelling(self.rng.randrange(self.victims))
        if self.rng.random() < 0.5:
            form = {"email": email, "name": "Buy now", "consent": "yes", "altcha": self._old_proof}
            answer = self.web.post(f"/courses/{course}", data=form, headers=self._from())
        else:
            said = {"email": email, "consent": True, "altcha": self._old_proof}
            path = f"/api/v1/courses/{course}/subscribers"
            answer = self.web.post(path, json=said, headers=self._from())
        self.outcome.answers[answer.status_code] += 1

    def _visit(self) -> None:
        """One whose browser does the work; a stranger sees it and uses it again and again."""
        email = f"visitor{len(self.outcome.visitors)}@mail.example"
        self._old_proof = proof(self.house)
        form = {"email": email, "consent": "yes", "altcha": self._old_proof}
        self.web.post(f"/courses/{COURSE}", data=form, headers=self._from()).raise_for_status()
        self.outcome.visitors.append(email)

    def _spelling(self, victim: int) -> str:
        """One of the many addresses of the same mailbox."""
        name, domain = f"victim{victim}", ("gmail.com", "mail.example")[victim % 2]
        if domain == "gmail.com" and self.rng.random() < 0.3:
            name = f"{name[0]}.{name[1:]}"
        tag = f"+{self.rng.randrange(1000)}" if self.rng.random() < 0.3 else ""
        return f"{name}{tag}@{domain}"

    def _from(self) -> dict[str, str]:
        a, b, c = (self.rng.randrange(1, 250) for _ in range(3))
        return {"X-Forwarded-For": f"20.{a}.{b}.{c}"}

    def _tick(self) -> None:
        tick(self.house)
        for message in self.provider.sent[self._seen :]:
            self.outcome.mailboxes[mailbox_of(message.to)].append(now(self.house))
        self._seen = len(self.provider.sent)

    def _told(self) -> list[str]:
        with self.house.database.reading() as session:
            overview = look(session, self.provider.name, now(self.house))
        return [line for line in overview.attention if "sign-up" in line]
