"""What the file of a reader’s data calls each thing: its parts, its fields and their values."""

from collections.abc import Mapping
from datetime import time

from course import spoken
from course.consents import Means
from course.language import Language, mark
from scheduler.reasons import Why

# In this order; what is missing here comes last, under its own name.
TITLES = {
    "reflections": mark("Your words"),
    "answers": mark("What was answered to you"),
    "drafts": mark("What you have begun to write"),
    "wishes": mark("Your courses"),
    "letters_had": mark("Letters you have had"),
    "letters_skipped": mark("Letters you have skipped"),
    "last_change": mark("The last change of your pace"),
    "sessions": mark("Your sessions"),
    "consents": mark("What you agreed to, in the words you were shown"),
    "suppressed": mark("Where you asked for silence"),
    "received": mark("Emails from you"),
    "emails": mark("Every email to you"),
    "receipts": mark("What became of them, as far as our provider told us"),
    "trial_mailbox": mark("Emails in the trial mailbox"),
}
# Every name in what `export` finds.
LABELS = {
    "course": mark("Course"),
    "lesson": mark("Lesson"),
    "turn": mark("Turn"),
    "weekday": mark("Weekday"),
    "hour": mark("Hour"),
    "paused_until": mark("Paused until"),
    "confirmed_at": mark("Confirmed"),
    "finished_at": mark("Finished"),
    "left_at": mark("Left"),
    "sent_at": mark("Sent"),
    "answered_at": mark("Answered"),
    "skipped_at": mark("Skipped"),
    "wish": mark("Wish"),
    "wished_at": mark("Wished"),
    "received_at": mark("Received"),
    "changed_at": mark("Changed"),
    "by_email": mark("By email"),
    "shared": mark("Shared"),
    "words": mark("Words"),
    "written_at": mark("Written"),
    "saved_at": mark("Saved"),
    "kind": mark("Kind"),
    "name": mark("Name"),
    "zone": mark("Zone"),
    "starts_at": mark("Starts"),
    "ends_at": mark("Ends"),
    "booked_at": mark("Booked"),
    "moved_at": mark("Moved"),
    "cancelled_at": mark("Cancelled"),
    "note": mark("Note"),
    "verdict": mark("Verdict"),
    "accepted_at": mark("Accepted"),
    "delivered_at": mark("Delivered"),
    "deferred_at": mark("Deferred"),
    "soft_bounced_at": mark("Soft bounced"),
    "hard_bounced_at": mark("Hard bounced"),
    "complained_at": mark("Complained"),
    "rejected_at": mark("Rejected"),
    "unsubscribed_at": mark("Unsubscribed"),
    "subject": mark("Subject"),
    "act": mark("Act"),
    "wording": mark("Wording"),
    "means": mark("Means"),
    "at": mark("At"),
    "reason": mark("Reason"),
    "state": mark("State"),
    "due_at": mark("Due"),
    "planned_at": mark("Planned"),
    "settled_at": mark("Settled"),
    "provider": mark("Provider"),
    "provider_id": mark("Provider id"),
}
# Values that are a program's words, by the field they stand in.
VALUES: Mapping[str, Mapping[str, str]] = {
    "act": {
        "asked": mark("You asked for the letters"),
        "confirmed": mark("You confirmed"),
        "imported": mark("You were taken over from an earlier list"),
        "withdrawn": mark("You took it back"),
    },
    "kind": {
        "lesson": mark("Letter"),
        "confirmation": mark("Question whether it is you"),
        "welcome-back": mark("Welcome back"),
        "invitation": mark("About your session"),
        "reminder": mark("Reminder of your session"),
        "acknowledgement": mark("Thanks for your words"),
        "answer": mark("Answer to your words"),
        "pace": mark("What your word has changed"),
        "booking-notice": mark("News of your session, for the sender of these letters"),
        "reflection-notice": mark("News of your words, for the sender of these letters"),
        "answer-notice": mark("News of an answer to you, for the sender of these letters"),
        "mail-notice": mark("News of your email, for the sender of these letters"),
    },
    "means": {
        Means.FORM: mark("The form on the course’s page"),
        Means.API: mark("A form elsewhere"),
        Means.FILE: mark("A list brought along"),
        Means.CONFIRMATION_PAGE: mark("The button on the page that asked you to confirm"),
        Means.OWN_PAGE: mark("A button on your own page"),
        Means.GOODBYE_PAGE: mark("The goodbye link of an email, or the button on its page"),
        Means.UNDO: mark("The button that takes a goodbye back"),
        Means.GOODBYE_MAIL: mark("An email to the goodbye address"),
        Means.WORD: mark("A word in an answer of yours"),
        Means.COMPLAINT: mark("A report as spam in your mailbox"),
        Means.MAILBOX_BUTTON: mark("The goodbye button of your mailbox"),
    },
    "reason": {
        "unsubscribed": mark("You stopped the letters"),
        "hard bounce": mark("Your mailbox takes no emails"),
        "soft bounces": mark("Your mailbox refused several emails"),
        "complaint": mark("It was reported as spam"),
        "erased": mark("You had everything erased"),
        Why.SUPPRESSED: mark("Nothing may be sent to your address"),
        Why.LEFT: mark("You had stopped the letters"),
        Why.PAUSED: mark("Your letters were resting"),
        Why.PENDING: mark("You hadn’t confirmed yet"),
        Why.FINISHED: mark("You had had all letters"),
        Why.TAKEN_BACK: mark("You had taken back what it told of"),
        Why.SESSION_CHANGED: mark("Your session had changed meanwhile"),
        Why.NOTHING_AHEAD: mark("There was no session ahead to remind you of"),
        Why.CONFIRMED: mark("You had confirmed already"),
        Why.ASKED_TODAY: mark("Another email had asked you within the day"),
        Why.NO_REASON: mark("Our provider gave no reason"),
        Why.NO_ANSWER: mark("Our provider never told whether it took it"),
        # Why it couldn't be asked once more is about somebody else.
        Why.NEIGHBOUR_LEFT: mark("Our provider never told whether it took it"),
        Why.RECEIPTS_TOLD: mark("Our provider told only later"),
        Why.ONCE_MORE: mark("It may have reached you before, and was sent once more"),
    },
    "state": {
        "planned": mark("About to be sent"),
        "claimed": mark("Being sent"),
        "accepted": mark("Handed over to our provider"),
        "waiting": mark("Waiting"),
        "withheld": mark("Not sent"),
        "failed": mark("Couldn’t be sent"),
        "unknown": mark("Perhaps sent"),
    },
    "verdict": {
        "reflection": mark("Kept as your words"),
        "stopped": mark("Your letters were stopped"),
        "paced": mark("Your pace was changed"),
        "bounce": mark("News that an email didn’t reach you"),
        "automatic": mark("An automatic answer"),
        "empty": mark("Without words"),
        "unverified": mark("Sent from another address; it counted for nothing"),
        "unreadable": mark("Couldn’t be read"),
    },
    "wish": {
        "Rest": mark("A rest"),
        "GoOn": mark("Going on after a rest"),
        "NextNow": mark("The next letter sooner"),
        "SkipNext": mark("A letter skipped"),
        "Times": mark("Another day, hour or zone"),
        "BeginAgain": mark("Beginning again"),
        "Undo": mark("The change before, taken back"),
    },
}


def said(name: str, value: str | int, language: Language) -> str:
    """A field's value as a person reads it; one that is nobody's code is itself."""
    match name:
        case "weekday":
            return spoken.weekday_names(language)[str(value)]
        case "hour":
            return spoken.hour(time(int(value)), language)
        case "wish":
            # What it is about, such as an instant, stands behind its name.
            value = str(value).partition(" ")[0]
    known = VALUES.get(name, {}).get(str(value))
    return language.say(known) if known else str(value)
