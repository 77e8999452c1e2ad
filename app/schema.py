"""The database's tables, as the models say and as the migrations make them.

Importing this module makes every table known to `Base.metadata`.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from course.answers import Answer
from course.bookings import Booking
from course.busy import BusyCalendar, BusyTime
from course.changes import Change
from course.consents import Consent
from course.database import Base, Database
from course.drafts import Draft
from course.enrolments import Enrolment
from course.feed import CalendarFeed
from course.progress import Progress
from course.reflections import Reflection
from course.review import HeldSignUp
from course.skips import Skip
from course.subscribers import Subscriber
from course.tallies import Tally
from course.tool_rounds import ToolRound
from emails.bookmarks import Bookmark
from emails.hook_calls import HookCall
from emails.inbound import ReceivedEmail
from emails.providers.mailbox import CapturedAttachment, CapturedEmail
from emails.suppression import Suppression
from scheduler.allowances import Allowance
from scheduler.clock import ClockShift
from scheduler.holding import Installation
from scheduler.outbox import Batch, Delivery
from scheduler.pauses import LettersPause, ProviderPause
from scheduler.receipts import ProviderEvent, Receipt
from scheduler.second_chances import SecondChance

TABLES: tuple[type[Base], ...] = (
    *(Subscriber, Consent, Enrolment, Progress, Skip, Change, Reflection, Answer, Draft),
    *(Booking, BusyCalendar, BusyTime, ToolRound, CalendarFeed, HeldSignUp, Tally),
    *(ReceivedEmail, Bookmark, HookCall, Suppression, CapturedEmail, CapturedAttachment),
    *(Batch, Delivery, SecondChance, ProviderEvent, Receipt),
    *(ProviderPause, LettersPause, Allowance, ClockShift, Installation),
)
METADATA = Base.metadata
MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: Database) -> None:
    """Bring the database to this version's tables; does nothing when it is there already."""
    config = _config()
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(database: Database) -> bool:
    """Whether the database has exactly this version's tables."""
    return revision_of(database) == ScriptDirectory.from_config(_config()).get_current_head()


def revision_of(database: Database) -> str | None:
    """Which tables the database has; nothing where none of ours."""
    with database.reader.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def knows(revision: str) -> bool:
    """Whether it is this version's or an earlier one's, so that `migrate` can begin there."""
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return revision in {script.revision for script in scripts}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
