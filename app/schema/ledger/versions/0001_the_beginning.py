"""Migrations, the people who work on them, and their e-mails."""

import sqlalchemy as sa
from alembic import op

from app.schema.revision_columns import JSON, NUMBER, TEXT, TIME, TRUTH, WHOLE, keyed, may, need

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        *need(WHOLE, "id"),
        *need(TIME, "at"),
        *need(TEXT, "workspace_id by role act reason previous hash"),
        *may(TEXT, "migration_id"),
        *need(JSON, "facts"),
        keyed("id"),
    )
    op.create_index("ix_audit_entry_migration_id", "audit_entry", ["migration_id"])
    op.create_index("ix_audit_entry_workspace_id", "audit_entry", ["workspace_id"])
    op.create_table(
        "change_request",
        *need(TEXT, "id migration_id text asked_by"),
        *need(WHOLE, "trial_number"),
        *need(TRUTH, "blocking"),
        *need(TIME, "asked_at"),
        *may(TEXT, "answer answered_by"),
        *may(TIME, "answered_at withdrawn_at"),
        keyed("id"),
    )
    op.create_index("ix_change_request_migration_id", "change_request", ["migration_id"])
    op.create_table(
        "export",
        *need(TEXT, "migration_id way link_hint name"),
        *need(WHOLE, "number size"),
        *may(TEXT, "sealed_link sha256"),
        *need(TIME, "received_at"),
        *may(TIME, "fetched_at read_at"),
        *need(JSON, "fetch_state inventory"),
        keyed("migration_id", "number"),
    )
    op.create_table(
        "exportfile",
        *need(TEXT, "migration_id path object_key sha256"),
        *need(WHOLE, "export_number number size rows parts"),
        *may(TEXT, "kind dialect encoding refused"),
        *may(TIME, "read_at"),
        *need(JSON, "facts"),
        keyed("migration_id", "export_number", "number"),
    )
    op.create_table(
        "help_message",
        *need(TEXT, "id migration_id author page text"),
        *need(TRUTH, "from_support"),
        *may(TEXT, "problem"),
        *need(TIME, "written_at"),
        keyed("id"),
    )
    op.create_index("ix_help_message_migration_id", "help_message", ["migration_id"])
    op.create_table(
        "migration",
        *need(TEXT, "id workspace_id clinic source state created_by wrapped_key"),
        *may(TEXT, "paused_from conversion_date services_way approved_digest approved_by"),
        *need(TIME, "since created_at"),
        *may(TIME, "moves_acknowledged_at export_confirmed_at plan_confirmed_at approved_at finalised_at"),
        *may(TIME, "last_sign_of_work"),
        *need(WHOLE, "export_number found_acknowledged trial_number epoch"),
        *need(JSON, "plan report"),
        *may(JSON, "problem"),
        keyed("id"),
    )
    op.create_index("ix_migration_workspace_id", "migration", ["workspace_id"])
    op.create_table(
        "outbox_mail",
        *need(TEXT, "id cause kind recipient"),
        *may(TEXT, "migration_id last_error"),
        *need(JSON, "params"),
        *need(TIME, "written_at"),
        *may(TIME, "sent_at not_before"),
        *need(WHOLE, "attempts"),
        keyed("id"),
        sa.UniqueConstraint("migration_id", "cause", "recipient"),
    )
    op.create_index("ix_outbox_mail_migration_id", "outbox_mail", ["migration_id"])
    op.create_table(
        "part",
        *need(TEXT, "migration_id kind object_key digest"),
        *need(WHOLE, "export_number number file_number first_line rows"),
        keyed("migration_id", "export_number", "number"),
    )
    op.create_table(
        "person",
        *need(TEXT, "id email name"),
        *may(TIME, "disabled_at"),
        keyed("id"),
        sa.UniqueConstraint("email"),
    )
    op.create_table(
        "problem_line",
        *need(WHOLE, "id part count"),
        *need(TEXT, "migration_id run code level"),
        *may(TEXT, "kind file source_id column"),
        *may(WHOLE, "line"),
        keyed("id"),
    )
    op.create_index("ix_problem_code", "problem_line", ["migration_id", "run", "code", "kind"])
    op.create_table(
        "sign_in_token",
        *need(TEXT, "hash person_id next"),
        *need(TIME, "expires_at"),
        *may(TIME, "used_at"),
        keyed("hash"),
    )
    op.create_table(
        "signed_in",
        *need(TEXT, "hash person_id"),
        *may(TEXT, "workspace_id"),
        *need(TIME, "started_at seen_at"),
        *may(TIME, "ended_at"),
        keyed("hash"),
    )
    op.create_index("ix_signed_in_person_id", "signed_in", ["person_id"])
    op.create_table(
        "trial",
        *need(TEXT, "migration_id store plan_fingerprint digest"),
        *need(WHOLE, "number workspace_version"),
        *need(JSON, "plan kinds seconds"),
        *need(TIME, "started_at"),
        *may(TIME, "finished_at dropped_at"),
        *need(TRUTH, "balanced"),
        *need(NUMBER, "peak_rss_mb"),
        keyed("migration_id", "number"),
    )
    op.create_table(
        "waiver",
        *need(TEXT, "migration_id check reason by"),
        *need(TIME, "at"),
        keyed("migration_id", "check"),
    )
    op.create_table(
        "work",
        *need(TEXT, "migration_id run phase state"),
        *need(WHOLE, "number epoch attempts weight done_weight"),
        *may(TEXT, "owner last_problem"),
        *may(TIME, "leased_until settled_at not_before"),
        *need(JSON, "result"),
        keyed("migration_id", "run", "phase", "number"),
    )
    op.create_index("ix_work_open", "work", ["migration_id", "run", "phase", "state"])
    op.create_table(
        "membership",
        *need(TEXT, "person_id workspace_id role"),
        keyed("person_id", "workspace_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
    )


def downgrade() -> None:
    for table in (
        "membership",
        "work",
        "waiver",
        "trial",
        "signed_in",
        "sign_in_token",
        "problem_line",
        "person",
        "part",
        "outbox_mail",
        "migration",
        "help_message",
        "exportfile",
        "export",
        "change_request",
        "audit_entry",
    ):
        op.drop_table(table)
