"""Why an email wasn't sent, or isn't known to have been: kept with its delivery in these words.

What a provider says of one stands there in the provider's own.
"""

import traceback
from enum import StrEnum
from pathlib import Path

UNFORESEEN = "something nobody foresaw happened"


class Why(StrEnum):
    SUPPRESSED = "the address is suppressed"
    LEFT = "the reader has left"
    PAUSED = "the reader is paused"
    PENDING = "the reader is pending"
    FINISHED = "the reader is finished"
    TAKEN_BACK = "the reader no longer shares it"
    SESSION_CHANGED = "the session has changed since"
    NOTHING_AHEAD = "there is nothing to remind of"
    CONFIRMED = "the address is confirmed already"
    ASKED_TODAY = "another email asked this mailbox within the day"
    NO_REASON = "no reason was given"
    NO_ANSWER = "no answer told what became of it, and the provider can't be asked any more"
    NEIGHBOUR_LEFT = "a reader of the same batch has left, so the call isn't repeated"
    RECEIPTS_TOLD = "its receipts have told"
    ONCE_MORE = "it may have arrived; sent once more, as emails.when_in_doubt says"


def unforeseen(error: Exception) -> str:
    """What happened and where, for whoever mends it; never what was at hand just then."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{UNFORESEEN} ({type(error).__name__}, {Path(where.filename).name} {where.lineno})"
