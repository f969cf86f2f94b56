"""The date of a note and the moment of a communication may be unknown."""

from alembic import op

from app.schema.revision_columns import MOMENT

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_MOMENTS = {"communications": "occurred_at", "progress_notes": "note_date"}


def upgrade() -> None:
    for table, column in _MOMENTS.items():
        with op.batch_alter_table(table) as batch:
            batch.alter_column(column, existing_type=MOMENT, nullable=True)


def downgrade() -> None:
    for table, column in _MOMENTS.items():
        with op.batch_alter_table(table) as batch:
            batch.alter_column(column, existing_type=MOMENT, nullable=False)
