"""The one place where the real things are picked and put together."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache, cached_property, partial
from pathlib import Path

from app.errors import SettingsError
from app.installation import read_mark
from app.key_file import open_keys
from app.settings import MAILBOX, EmailsSection, Settings, variable
from app.tombstones import tombstone_file
from course import zones
from course.bulk import Values
from course.catalogue import Catalogue, Shelf
from course.database import Database
from course.diary import Diary
from course.group_commit import GroupCommit
from course.keys import Keys
from course.vault import Vault
from emails.booking_tools.base import BookingTool
from emails.booking_tools.registry import TOOLS
from emails.calendar import is_session
from emails.compose import Composer
from emails.hook_calls import Kept, keeper
from emails.links import Links, Tokens
from emails.message import Address
from emails.providers.base import Provider, Vendor
from emails.providers.mailbox import MailboxProvider
from emails.providers.registry import VENDORS
from emails.rendering import Templates
from emails.routing import Router
from emails.sieve import Sieve
from emails.stationery import Stationery
from scheduler.agendas import Agendas
from scheduler.clock import Clock, ShiftedClock, SystemClock
from scheduler.composing import Office
from scheduler.delivery import Postman
from scheduler.doors import Door
from scheduler.fetching import Fetcher, Mailbox
from scheduler.following import Follower
from scheduler.jobs import Engine
from scheduler.limits import NO_LIMITS, Limits
from scheduler.receiving import Receiver
from scheduler.terms import Terms
from scheduler.workers import Life, begin_life


@dataclass(frozen=True)
class House:
    """One assembled installation. What costs something is made when it is first asked for."""

    settings: Settings
    database: Database
    keys: Keys
    catalogue: Catalogue
    clock: Clock
    provider: Provider
    # Which installation this is; None where nobody asks.
    mark: str | None = None
    # Where erasures are remembered outside of the database; None where nobody asks.
    tombstones: Path | None = None

    @cached_property
    def vault(self) -> Vault:
        return Vault(self.keys)

    @cached_property
    def tokens(self) -> Tokens:
        return Tokens(self.keys)

    @cached_property
    def links(self) -> Links:
        base_url, reply_address = self.settings.web.public_url, self.settings.emails.reply_address
        return Links(base_url, reply_address, self.tokens)

    @cached_property
    def stationery(self) -> Stationery:
        owner = self.settings.owner
        return Stationery(
            sender=Address(self.settings.emails.from_address, owner.name),
            owner=Address(owner.email, owner.name),
            postal_address=owner.postal_address,
            educational_note=owner.educational_note,
            crisis_note=owner.crisis_note,
            reading_days=owner.reading_days,
            accent=owner.accent,
            answers_by_mail=owner.answer_by_mail,
        )

    @cached_property
    def composer(self) -> Composer:
        templates = _templates(self.settings.content.templates_folder)
        return Composer(templates, self.links, self.stationery)

    @cached_property
    def office(self) -> Office:
        owner_zone = self.settings.owner.timezone
        return Office(self.composer, self.catalogue, self.diary, owner_zone)

    @cached_property
    def router(self) -> Router:
        owner = self.settings.owner
        answers_from = owner.email if owner.answer_by_mail else ""
        return Router(
            self.vault, self.tokens, self.catalogue, answers_from, self.settings.emails.from_address
        )

    @cached_property
    def diary(self) -> Diary:
        booking = self.settings.booking
        return Diary(
            kinds=booking.kinds_offered(self.settings.owner.timezone),
            catalogue=self.catalogue,
            vault=self.vault,
            instant=booking.confirm == "instant",
            reminders=booking.reminders,
        )

    @cached_property
    def life(self) -> Life:
        """This process's own, from now until it ends."""
        return begin_life(self.database)

    @property
    def terms(self) -> Terms:
        in_doubt = self.settings.emails.when_in_doubt
        return Terms(self.mark, in_doubt == "resend", self._limits)

    @property
    def _limits(self) -> Limits:
        """Of the provider that the settings speak of; a rehearsal's has none."""
        emails, name = self.settings.emails, self.provider.name
        if name != emails.provider:
            return NO_LIMITS
        named = self.provider.calls_per_second
        per_second = named if emails.per_second == "provider" else emails.per_second
        return Limits(per_second, emails.per_day, emails.warm_up_from)

    @cached_property
    def engine(self) -> Engine:
        postman = Postman(
            self.database, self.office, self.provider, self.life, self.terms, self._second
        )
        fetcher = (
            Fetcher(self.database, self.vault, self.mailbox, postman.stop) if self.mailbox else None
        )
        follower = Follower(self.database, self.catalogue, self.tool) if self.tool else None
        return Engine(self.clock, self.receiver, postman, fetcher, follower, self.agendas)

    @cached_property
    def agendas(self) -> Agendas:
        booking = self.settings.booking
        return Agendas(
            database=self.database,
            hosts={self.keys.digest(host.address): host for host in booking.busy.hosts},
            zone=zones.zone(self.settings.owner.timezone),
            horizon=timedelta(days=booking.horizon_days),
            is_ours=partial(is_session, domain=self.stationery.sender.domain),
        )

    @cached_property
    def mailbox(self) -> Mailbox | None:
        """Where replies come; none while no mail leaves that could be answered."""
        emails, owner = self.settings.emails, self.settings.owner
        if not emails.imap.host or emails.provider == MAILBOX:
            return None
        private = emails.reply_address in {owner.email, emails.from_address}
        return Mailbox(emails.imap, Sieve(self.tokens, emails.reply_address, private))

    @cached_property
    def _second(self) -> Door | None:
        """Who takes over while the first is out of order; a rehearsal has nobody."""
        name = self.settings.emails.second_provider
        if not name or self.provider.name != self.settings.emails.provider:
            return None
        vendor = self.vendor(name)
        return Door(vendor, Limits(vendor.calls_per_second)) if vendor else None

    @cached_property
    def keep_call(self) -> GroupCommit[Values, Kept]:
        """Keep a vendor's call for good; calls that come at once are committed at once."""
        return keeper(self.database)

    @cached_property
    def receiver(self) -> Receiver:
        return Receiver(self.database, self.router, self.vendor, self.booking_tool)

    @cached_property
    def _vendors(self) -> dict[str, Vendor]:
        return {}

    @property
    def tool(self) -> BookingTool | None:
        """Where readers book now; none where they do on our own pages."""
        return self.booking_tool(self.settings.booking.tool)

    def booking_tool(self, name: str) -> BookingTool | None:
        """Who speaks this tool's words, also where sessions are booked otherwise today."""
        if name in TOOLS and name not in self._tools:
            self._tools[name] = TOOLS[name].make(self.settings.booking.options(name))
        return self._tools.get(name)

    @cached_property
    def _tools(self) -> dict[str, BookingTool]:
        return {}

    def vendor(self, name: str) -> Vendor | None:
        """Who speaks this provider's words, whether or not it sends for us today."""
        if name in VENDORS and name not in self._vendors:
            self._vendors[name] = make_vendor(self.settings, name, self.clock)
        return self._vendors.get(name)


@cache
def _templates(owner_folder: Path | None) -> Templates:
    """Compiled once in a process, however many houses it has."""
    return Templates(owner_folder)


def build(settings: Settings, clock: Clock | None = None, *, to_keep: bool = True) -> House:
    """The house as the settings say; `clock` stands in for the real one where time is given.

    Who only looks keeps nothing in it, and leaves no key file behind.
    """
    database = Database(settings.database.url)
    chosen = clock or _clock(settings, database)
    return House(
        settings=settings,
        database=database,
        keys=open_keys(settings.security, database, to_keep=to_keep),
        catalogue=Catalogue(Shelf(settings.content.courses_folder)),
        clock=chosen,
        provider=_provider(settings, database, chosen),
        mark=read_mark(settings.security.key_store),
        tombstones=tombstone_file(settings.security.key_store),
    )


def _clock(settings: Settings, database: Database) -> Clock:
    """Only where no real mail can leave may time be moved."""
    return ShiftedClock(database) if settings.emails.provider == MAILBOX else SystemClock()


def _provider(settings: Settings, database: Database, clock: Clock) -> Provider:
    name = settings.emails.provider
    if name == MAILBOX:
        return MailboxProvider(database, clock.now)
    _check_accounts(settings.emails)
    return make_vendor(settings, name, clock)


def _check_accounts(emails: EmailsSection) -> None:
    """Raises SettingsError with all that is missing for those who are to send."""
    if emails.second_provider == emails.provider:
        raise SettingsError(["emails.second_provider: is the first one; choose another, or none."])
    senders = [name for name in (emails.provider, emails.second_provider) if name]
    missing = [(name, option) for name in senders for option in emails.options(name).missing()]
    if missing:
        raise SettingsError([_missing(name, option) for name, option in missing])


def make_vendor(settings: Settings, name: str, clock: Clock) -> Vendor:
    return VENDORS[name].provider(settings.emails.options(name), clock.now)


def _missing(vendor: str, option: str) -> str:
    key = f"emails.{vendor}.{option}"
    if option in VENDORS[vendor].options.secrets():
        return f"{key}: is missing; give it as {variable(key)}."
    return f"{key}: is missing; write it in settings.toml."
