"""The first tables."""

import sqlalchemy as sa
from alembic import op

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "allowances",
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("resumes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_call_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("halvings", sa.Integer(), nullable=False),
        sa.Column("slow_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wait_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_allowances")),
    )
    op.create_table(
        "batches",
        sa.Column("id", Id, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("worker", sa.String(length=32), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ask_again_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sa.UniqueConstraint("key", name=op.f("uq_batches_key")),
    )
    op.create_index(
        "ix_batches_open",
        "batches",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("state != 'settled'"),
        postgresql_where=sa.text("state != 'settled'"),
    )
    op.create_table(
        "bookmarks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=1000), nullable=False),
        sa.Column("validity", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookmarks")),
    )
    op.create_table(
        "busy_calendars",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_busy_calendars")),
    )
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
    )
    op.create_table(
        "captured_attachments",
        sa.Column("id", Id, nullable=False),
        sa.Column("email_key", sa.String(length=32), nullable=False),
        sa.Column("filename", sa.String(length=100), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_captured_attachments")),
        sa.UniqueConstraint(
            "email_key", "filename", name=op.f("uq_captured_attachments_email_key_filename")
        ),
    )
    op.create_table(
        "captured_emails",
        sa.Column("id", Id, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=998), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_captured_emails")),
        sa.UniqueConstraint("key", name=op.f("uq_captured_emails_key")),
    )
    op.create_index("ix_captured_emails_recipient", "captured_emails", ["recipient"], unique=False)
    op.create_index("ix_captured_emails_sent_at", "captured_emails", ["sent_at"], unique=False)
    op.create_table(
        "clock_shift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("microseconds", Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_shift")),
    )
    op.create_table(
        "held_sign_ups",
        sa.Column("id", Id, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("mailbox", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("course", sa.String(length=60), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("means", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_sign_ups")),
        sa.UniqueConstraint("mailbox", "course", name=op.f("uq_held_sign_ups_mailbox_course")),
    )
    op.create_index("ix_held_sign_ups_at", "held_sign_ups", ["at"], unique=False)
    op.create_table(
        "hook_calls",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("door", sa.String(length=10), nullable=False),
        sa.Column("call", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("work_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_calls")),
        sa.UniqueConstraint("call", name=op.f("uq_hook_calls_call")),
    )
    op.create_index("ix_hook_calls_received_at", "hook_calls", ["received_at"], unique=False)
    op.create_index(
        "ix_hook_calls_trouble",
        "hook_calls",
        ["trouble"],
        unique=False,
        sqlite_where=sa.text("trouble IS NOT NULL"),
        postgresql_where=sa.text("trouble IS NOT NULL"),
    )
    op.create_index(
        "ix_hook_calls_work_due_at",
        "hook_calls",
        ["work_due_at"],
        unique=False,
        sqlite_where=sa.text("work_due_at IS NOT NULL"),
        postgresql_where=sa.text("work_due_at IS NOT NULL"),
    )
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.create_table(
        "letters_pause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("judged_from", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters_pause")),
    )
    op.create_table(
        "provider_pauses",
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("silent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_provider_pauses")),
    )
    op.create_table(
        "subscribers",
        sa.Column("id", Id, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("mailbox", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("zone_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
        sa.UniqueConstraint("digest", name=op.f("uq_subscribers_digest")),
        sa.UniqueConstraint("email", name=op.f("uq_subscribers_email")),
    )
    op.create_index(
        "ix_subscribers_acknowledged_at",
        "subscribers",
        ["acknowledged_at"],
        unique=False,
        sqlite_where=sa.text("acknowledged_at IS NOT NULL"),
        postgresql_where=sa.text("acknowledged_at IS NOT NULL"),
    )
    op.create_index("ix_subscribers_mailbox", "subscribers", ["mailbox"], unique=False)
    op.create_table(
        "suppressions",
        sa.Column("id", Id, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("course", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
        sa.UniqueConstraint("digest", "course", name=op.f("uq_suppressions_digest_course")),
    )
    op.create_table(
        "tallies",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("times", sa.JSON(), nullable=False),
        sa.Column("forget_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_tallies")),
    )
    op.create_index("ix_tallies_forget_at", "tallies", ["forget_at"], unique=False)
    op.create_table(
        "tool_rounds",
        sa.Column("tool", sa.String(length=20), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("tool", name=op.f("pk_tool_rounds")),
    )
    op.create_table(
        "busy_times",
        sa.Column("id", Id, nullable=False),
        sa.Column("calendar", sa.String(length=64), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar"],
            ["busy_calendars.name"],
            name=op.f("fk_busy_times_calendar"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_busy_times")),
    )
    op.create_index("ix_busy_times_calendar", "busy_times", ["calendar"], unique=False)
    op.create_index("ix_busy_times_ends_at", "busy_times", ["ends_at"], unique=False)
    op.create_table(
        "consents",
        sa.Column("id", Id, nullable=False),
        sa.Column("subscriber_id", Id, nullable=False),
        sa.Column("course", sa.String(length=60), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("means", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_consents_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index("ix_consents_subscriber_id", "consents", ["subscriber_id"], unique=False)
    op.create_table(
        "enrolments",
        sa.Column("id", Id, nullable=False),
        sa.Column("code", sa.String(length=13), nullable=False),
        sa.Column("subscriber_id", Id, nullable=False),
        sa.Column("course", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.String(length=10), nullable=True),
        sa.Column("hour", sa.Integer(), nullable=True),
        sa.Column("signed_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmation_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("welcome_back_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pace_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("postponed", sa.Boolean(), nullable=False),
        sa.Column("last_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_enrolments_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolments")),
        sa.UniqueConstraint("code", name=op.f("uq_enrolments_code")),
        sa.UniqueConstraint(
            "subscriber_id", "course", name=op.f("uq_enrolments_subscriber_id_course")
        ),
    )
    op.create_index(
        "ix_enrolments_confirmation_due_at",
        "enrolments",
        ["confirmation_due_at"],
        unique=False,
        sqlite_where=sa.text("confirmation_due_at IS NOT NULL"),
        postgresql_where=sa.text("confirmation_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_enrolments_next_due_at",
        "enrolments",
        ["next_due_at"],
        unique=False,
        sqlite_where=sa.text("next_due_at IS NOT NULL"),
        postgresql_where=sa.text("next_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_enrolments_unconfirmed",
        "enrolments",
        ["signed_up_at"],
        unique=False,
        sqlite_where=sa.text("confirmed_at IS NULL"),
        postgresql_where=sa.text("confirmed_at IS NULL"),
    )
    op.create_index(
        "ix_enrolments_welcome_back_due_at",
        "enrolments",
        ["welcome_back_due_at"],
        unique=False,
        sqlite_where=sa.text("welcome_back_due_at IS NOT NULL"),
        postgresql_where=sa.text("welcome_back_due_at IS NOT NULL"),
    )
    op.create_table(
        "answers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("enrolment_id", Id, nullable=False),
        sa.Column("reflection_id", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notice_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolments.id"], name=op.f("fk_answers_enrolment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint("source", name=op.f("uq_answers_source")),
    )
    op.create_index(
        "ix_answers_due_at",
        "answers",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_answers_enrolment_id", "answers", ["enrolment_id"], unique=False)
    op.create_index(
        "ix_answers_notice_due_at",
        "answers",
        ["notice_due_at"],
        unique=False,
        sqlite_where=sa.text("notice_due_at IS NOT NULL"),
        postgresql_where=sa.text("notice_due_at IS NOT NULL"),
    )
    op.create_table(
        "bookings",
        sa.Column("id", Id, nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("enrolment_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("kind_name", sa.String(length=60), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("tool", sa.String(length=20), nullable=True),
        sa.Column("tool_uid", sa.String(length=64), nullable=True),
        sa.Column("moved_from", sa.String(length=64), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by_owner", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invitation_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notice_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminder_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("second_reminder_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolments.id"], name=op.f("fk_bookings_enrolment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
        sa.UniqueConstraint("uid", name=op.f("uq_bookings_uid")),
    )
    op.create_index("ix_bookings_enrolment_id", "bookings", ["enrolment_id"], unique=False)
    op.create_index(
        "ix_bookings_invitation_due_at",
        "bookings",
        ["invitation_due_at"],
        unique=False,
        sqlite_where=sa.text("invitation_due_at IS NOT NULL"),
        postgresql_where=sa.text("invitation_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_bookings_moved_from",
        "bookings",
        ["moved_from"],
        unique=False,
        sqlite_where=sa.text("moved_from IS NOT NULL"),
        postgresql_where=sa.text("moved_from IS NOT NULL"),
    )
    op.create_index(
        "ix_bookings_notice_due_at",
        "bookings",
        ["notice_due_at"],
        unique=False,
        sqlite_where=sa.text("notice_due_at IS NOT NULL"),
        postgresql_where=sa.text("notice_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_bookings_reminder_due_at",
        "bookings",
        ["reminder_due_at"],
        unique=False,
        sqlite_where=sa.text("reminder_due_at IS NOT NULL"),
        postgresql_where=sa.text("reminder_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_bookings_second_reminder_due_at",
        "bookings",
        ["second_reminder_due_at"],
        unique=False,
        sqlite_where=sa.text("second_reminder_due_at IS NOT NULL"),
        postgresql_where=sa.text("second_reminder_due_at IS NOT NULL"),
    )
    op.create_index(
        "uq_bookings_starts_at",
        "bookings",
        ["starts_at"],
        unique=True,
        sqlite_where=sa.text("cancelled_at IS NULL AND tool IS NULL"),
        postgresql_where=sa.text("cancelled_at IS NULL AND tool IS NULL"),
    )
    op.create_index("uq_bookings_tool_uid", "bookings", ["tool", "tool_uid"], unique=True)
    op.create_table(
        "changes",
        sa.Column("enrolment_id", Id, nullable=False),
        sa.Column("wish", sa.String(length=200), nullable=False),
        sa.Column("seen", sa.String(length=16), nullable=False),
        sa.Column("made", sa.String(length=16), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("wished_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolments.id"], name=op.f("fk_changes_enrolment_id")
        ),
        sa.PrimaryKeyConstraint("enrolment_id", name=op.f("pk_changes")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", Id, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("about", sa.String(length=100), nullable=False),
        sa.Column("lane", sa.String(length=10), nullable=False),
        sa.Column("enrolment_id", Id, nullable=True),
        sa.Column("lesson", sa.String(length=60), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("provider", sa.String(length=20), nullable=True),
        sa.Column("provider_id", sa.String(length=200), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolments.id"], name=op.f("fk_deliveries_enrolment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("key", name=op.f("uq_deliveries_key")),
        sa.UniqueConstraint("kind", "about", name=op.f("uq_deliveries_kind_about")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_index(
        "ix_deliveries_batch_id",
        "deliveries",
        ["batch_id"],
        unique=False,
        sqlite_where=sa.text("batch_id IS NOT NULL"),
        postgresql_where=sa.text("batch_id IS NOT NULL"),
    )
    op.create_index("ix_deliveries_enrolment_id", "deliveries", ["enrolment_id"], unique=False)
    op.create_index(
        "ix_deliveries_lane_ready_at",
        "deliveries",
        ["lane", "ready_at"],
        unique=False,
        sqlite_where=sa.text("ready_at IS NOT NULL"),
        postgresql_where=sa.text("ready_at IS NOT NULL"),
    )
    op.create_index(
        "ix_deliveries_reason",
        "deliveries",
        ["reason"],
        unique=False,
        sqlite_where=sa.text("reason IS NOT NULL"),
        postgresql_where=sa.text("reason IS NOT NULL"),
    )
    op.create_table(
        "drafts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("enrolment_id", Id, nullable=False),
        sa.Column("lesson", sa.String(length=60), nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolments.id"], name=op.f("fk_drafts_enrolment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
    )
    op.create_index(
        "ix_drafts_deleted_at",
        "drafts",
        ["deleted_at"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index("ix_drafts_enrolment_id", "drafts", ["enrolment_id"], unique=False)
    op.create_index("ix_drafts_saved_at", "drafts", ["saved_at"], unique=False)
    op.create_table(
        "progress",
        sa.Column("enrolment_id", Id, nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("lesson", sa.String(length=60), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolments.id"], name=op.f("fk_progress_enrolment_id")
        ),
        sa.PrimaryKeyConstraint("enrolment_id", "turn", "lesson", name=op.f("pk_progress")),
    )
    op.create_table(
        "received_emails",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("route_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verdict", sa.String(length=20), nullable=True),
        sa.Column("enrolment_id", Id, nullable=True),
        sa.Column("message_id", sa.String(length=1000), nullable=True),
        sa.Column("notice_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pace_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolments.id"], name=op.f("fk_received_emails_enrolment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received_emails")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_received_emails_fingerprint")),
    )
    op.create_index(
        "ix_received_emails_enrolment_id",
        "received_emails",
        ["enrolment_id"],
        unique=False,
        sqlite_where=sa.text("enrolment_id IS NOT NULL"),
        postgresql_where=sa.text("enrolment_id IS NOT NULL"),
    )
    op.create_index(
        "ix_received_emails_notice_due_at",
        "received_emails",
        ["notice_due_at"],
        unique=False,
        sqlite_where=sa.text("notice_due_at IS NOT NULL"),
        postgresql_where=sa.text("notice_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_received_emails_pace_due_at",
        "received_emails",
        ["pace_due_at"],
        unique=False,
        sqlite_where=sa.text("pace_due_at IS NOT NULL"),
        postgresql_where=sa.text("pace_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_received_emails_route_due_at",
        "received_emails",
        ["route_due_at"],
        unique=False,
        sqlite_where=sa.text("route_due_at IS NOT NULL"),
        postgresql_where=sa.text("route_due_at IS NOT NULL"),
    )
    op.create_table(
        "reflections",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("enrolment_id", Id, nullable=False),
        sa.Column("lesson", sa.String(length=60), nullable=True),
        sa.Column("received_id", sa.String(length=32), nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledgement_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notice_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolments.id"], name=op.f("fk_reflections_enrolment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reflections")),
        sa.UniqueConstraint("received_id", name=op.f("uq_reflections_received_id")),
    )
    op.create_index(
        "ix_reflections_acknowledgement_due_at",
        "reflections",
        ["acknowledgement_due_at"],
        unique=False,
        sqlite_where=sa.text("acknowledgement_due_at IS NOT NULL"),
        postgresql_where=sa.text("acknowledgement_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_reflections_deleted_at",
        "reflections",
        ["deleted_at"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index("ix_reflections_enrolment_id", "reflections", ["enrolment_id"], unique=False)
    op.create_index(
        "ix_reflections_notice_due_at",
        "reflections",
        ["notice_due_at"],
        unique=False,
        sqlite_where=sa.text("notice_due_at IS NOT NULL"),
        postgresql_where=sa.text("notice_due_at IS NOT NULL"),
    )
    op.create_index("ix_reflections_received_at", "reflections", ["received_at"], unique=False)
    op.create_table(
        "skips",
        sa.Column("enrolment_id", Id, nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("lesson", sa.String(length=60), nullable=False),
        sa.Column("skipped_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolments.id"], name=op.f("fk_skips_enrolment_id")
        ),
        sa.PrimaryKeyConstraint("enrolment_id", "turn", "lesson", name=op.f("pk_skips")),
    )
    op.create_table(
        "provider_events",
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("word", sa.String(length=60), nullable=False),
        sa.Column("delivery_id", Id, nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_provider_events_delivery_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("provider", "event", name=op.f("pk_provider_events")),
    )
    op.create_index(
        "ix_provider_events_delivery_id", "provider_events", ["delivery_id"], unique=False
    )
    op.create_index("ix_provider_events_heard_at", "provider_events", ["heard_at"], unique=False)
    op.create_table(
        "receipts",
        sa.Column("delivery_id", Id, nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deferred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("soft_bounced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hard_bounced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("complained_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unsubscribed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_receipts_delivery_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_receipts")),
    )
    op.create_table(
        "second_chances",
        sa.Column("delivery_id", Id, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_second_chances_delivery_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_second_chances")),
    )


def downgrade() -> None:
    for table in (
        "second_chances",
        "receipts",
        "provider_events",
        "skips",
        "reflections",
        "received_emails",
        "progress",
        "drafts",
        "deliveries",
        "changes",
        "bookings",
        "answers",
        "enrolments",
        "consents",
        "busy_times",
        "tool_rounds",
        "tallies",
        "suppressions",
        "subscribers",
        "provider_pauses",
        "letters_pause",
        "installation",
        "hook_calls",
        "held_sign_ups",
        "clock_shift",
        "captured_emails",
        "captured_attachments",
        "calendar_feed",
        "busy_calendars",
        "bookmarks",
        "batches",
        "allowances",
    ):
        op.drop_table(table)
