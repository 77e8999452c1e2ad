"""The examination of a living installation: whom it needs, asked; what it stands on, looked at."""

import shutil
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import false, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import dns_records, overview, schema
from app.accounts import account, hooks
from app.booking_account import booking_account
from app.booking_settings import OWN
from app.bootstrap import House
from app.busy_calendars import calendar
from app.checking import check
from app.dns_records import Dns
from app.findings import Finding, Question, answers, look, ok, wrong
from app.key_file import lost
from app.mailboxes import mailbox, needs_mailbox
from app.public_address import clock, public_address
from app.settings import MAILBOX
from course.enrolments import Enrolment
from course.errors import ContentError
from emails.booking_tools.registry import title_of
from scheduler import holding
from scheduler.outbox import Delivery

# Names that never lead anywhere: RFC 2606, and RFC 6761.
NOWHERE = ("example", "invalid", "localhost", "test")
GIGABYTE = 1024**3
# What is due is planned within a minute by whoever is at work.
NOBODY_WORKS_AFTER = timedelta(minutes=15)


def examine(house: House, dns: Dns) -> list[Finding]:
    """Everything `check` says, and then whatever can be asked."""
    return [*_checked(house), *answers(_questions(house, dns))]


def _checked(house: House) -> list[Finding]:
    what = "settings and lessons"
    try:
        checked = check(house)
    except ContentError as error:
        return [wrong(what, str(fault)) for fault in error.faults]
    in_order = ok(what, f"in order; {checked.emails} emails rendered as they should.")
    return [
        *([wrong(what, problem) for problem in checked.problems] or [in_order]),
        *(look("before production", point) for point in checked.before_production),
    ]


def _questions(house: House, dns: Dns) -> list[Question]:
    emails = house.settings.emails
    senders = [n for n in (emails.provider, emails.second_provider) if n not in {"", MAILBOX}]
    url = house.settings.web.public_url
    elsewhere = [emails.options(name).base_url for name in senders]
    if url.startswith("https"):
        elsewhere.append(url)
    return [
        Question("database", partial(_database, house)),
        Question("disk", partial(_disk, house)),
        *(Question(f"account with {name}", partial(account, house, name)) for name in senders),
        *(Question(f"webhooks of {name}", partial(hooks, house, name)) for name in senders),
        *_about_booking(house),
        *([Question("mailbox", partial(mailbox, emails))] if needs_mailbox(emails) else []),
        *(
            Question("calendar", partial(calendar, house, host))
            for host in house.agendas.hosts.values()
        ),
        Question("public address", partial(public_address, url)),
        Question("clock", partial(clock, elsewhere)),
        *_about_domains(house, dns, senders),
    ]


def _about_booking(house: House) -> list[Question]:
    tool = house.settings.booking.tool
    if tool == OWN:
        return []
    return [Question(f"account with {title_of(tool)}", partial(booking_account, house, tool))]


def _about_domains(house: House, dns: Dns, senders: list[str]) -> list[Question]:
    emails = house.settings.emails
    sender, replies = _domain(emails.from_address), _domain(emails.reply_address)
    questions = {
        sender: [
            Question(f"SPF of {sender}", partial(dns_records.spf, dns, sender)),
            Question(f"DMARC of {sender}", partial(dns_records.dmarc, dns, sender)),
            *(
                Question(f"DKIM of {sender}", partial(dns_records.dkim, dns, name, sender))
                for name in senders
            ),
        ],
    }
    questions.setdefault(replies, []).append(
        Question(f"MX of {replies}", partial(dns_records.mail_for, dns, replies))
    )
    return [each for domain, asked in questions.items() for each in _unless_example(domain, asked)]


def _unless_example(domain: str, questions: list[Question]) -> list[Question]:
    """The domains of examples are nobody's, so that nobody is asked about them."""
    if domain.rsplit(".", 1)[-1] not in NOWHERE:
        return questions
    cure = "Write your own addresses under [emails] in settings.toml."
    finding = look(f"DNS of {domain}", "not asked, for it is only an example.", cure)
    return [Question(finding.what, lambda: [finding])]


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _database(house: House) -> list[Finding]:
    try:
        if not schema.is_current(house.database):
            return [wrong("database", "it isn't ready for this version.", "lettercourse migrate")]
        with house.database.transaction() as session:
            session.execute(update(Delivery).where(false()).values(reason=None))
        with house.database.reading() as session:
            ready = ok("database", "ready, and can be written.")
            return [ready, *_keys(house), *_standing(house, session)]
    except (DBAPIError, OSError) as error:
        why = str(getattr(error, "orig", error)).strip().split("\n")[0]
        return [wrong("database", f"it can't be used: {why}.", "Look at database.url, and there.")]


def _keys(house: House) -> list[Finding]:
    mistake = lost(house.settings.security, house.database)
    return [wrong("keys", mistake)] if mistake else []


def _standing(house: House, session: Session) -> list[Finding]:
    now, provider = house.clock.now(), house.provider.name
    held = holding.why_held(session, house.mark)
    needs = overview.look(session, provider, now).needs
    due = session.scalar(select(func.min(Enrolment.next_due_at)))
    findings = [judge_work(due, now)]
    if held:
        findings.append(look("mail", held, "lettercourse release"))
    if needs:
        findings.append(look("mail", f"what needs you: {needs}.", "lettercourse status"))
    return findings


def judge_work(first_due: datetime | None, now: datetime) -> Finding:
    """Whoever works plans what is due; nobody else tells of a worker on another machine."""
    if first_due is None or now - first_due < NOBODY_WORKS_AFTER:
        return ok("worker", "nothing that is due was left lying.")
    since = f"{first_due:%Y-%m-%d %H:%M} UTC"
    says = f"a letter has been due since {since} and nobody took it up: no worker is at work."
    return wrong("worker", says, "Start lettercourse serve, or look why it ended.")


def _disk(house: House) -> list[Finding]:
    file = house.database.file
    if file is None:
        says = "the database stands elsewhere, and its disk can't be seen from here."
        return [look("disk", says, "Look there for free space.")]
    return [judge_disk(shutil.disk_usage(file.parent).free)]


def judge_disk(free: int) -> Finding:
    says = f"{free / GIGABYTE:.1f} GB are free beside the database."
    return look("disk", says, "Make room.") if free < GIGABYTE else ok("disk", says)
