"""Live records that a later migration holds as well, and what each undo did."""

from alembic import op

from app.schema.revision_columns import TEXT, keyed, need

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shared_records",
        *need(TEXT, "workspace_id object id migration_id brought_by moment"),
        keyed("workspace_id", "object", "id", "migration_id"),
    )
    op.create_table(
        "undone_moves",
        *need(TEXT, "workspace_id migration_id done"),
        keyed("workspace_id", "migration_id"),
    )


def downgrade() -> None:
    op.drop_table("undone_moves")
    op.drop_table("shared_records")
