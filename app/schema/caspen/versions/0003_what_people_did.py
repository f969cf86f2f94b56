"""Entries for people's acts on records. Earlier acts get an entry without the record's state."""

import sqlalchemy as sa
from alembic import op

from app.caspen.edit_entries import DELETED, EDITED, MADE, EditEntry, seal
from app.schema.revision_columns import TEXT, WHOLE, keyed, need

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = (
    *("locations", "users", "practitioners", "provider_numbers", "availability", "categories", "taxes", "services"),
    *("custom_fields", "contacts", "referral_types", "clients", "custom_field_values", "cases", "cancellation_reasons"),
    *("appointment_groups", "appointments", "busy_times", "communications", "form_templates", "forms", "files"),
    *("progress_note_templates", "progress_notes"),
)
BY_PEOPLE = "edited_at IS NOT NULL OR deleted_at IS NOT NULL OR source_kind IS NULL"


def upgrade() -> None:
    made = op.create_table(
        "edits",
        *need(TEXT, "workspace_id object id act state by at previous hash"),
        *need(WHOLE, "number"),
        keyed("workspace_id", "number"),
    )
    op.create_index("ix_edits_record", "edits", ["workspace_id", "object", "id"])
    _enter_what_people_did(made)


def _enter_what_people_did(edits: sa.Table) -> None:
    last: dict[str, EditEntry] = {}
    for table in TABLES:
        acts = f"SELECT workspace_id, id, edited_by, deleted_at IS NOT NULL, source_kind FROM {table} WHERE {BY_PEOPLE}"  # noqa: S608 - our own names
        for workspace_id, record_id, by, deleted, kind in op.get_bind().execute(sa.text(acts)).all():
            act = DELETED if deleted else EDITED if kind else MADE
            before = last.get(workspace_id)
            number, previous = (before.number + 1, before.hash) if before else (1, "")
            open_entry = EditEntry(number, table, record_id, act, "", by or "", "", previous, "")
            entry = EditEntry(number, table, record_id, act, "", by or "", "", previous, seal(workspace_id, open_entry))
            last[workspace_id] = entry
            values = {"workspace_id": workspace_id, "number": number, "object": table, "id": record_id, "act": act}
            values |= {"state": "", "by": entry.by, "at": "", "previous": previous, "hash": entry.hash}
            op.get_bind().execute(edits.insert().values(values))


def downgrade() -> None:
    op.drop_index("ix_edits_record", "edits")
    op.drop_table("edits")
