"""Live records that a later migration removed, because their rows no longer become them."""

from alembic import op

from app.schema.revision_columns import TEXT, keyed, need

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "removed_records",
        *need(TEXT, "workspace_id object id migration_id source_kind source_id"),
        keyed("workspace_id", "object", "id", "migration_id"),
    )


def downgrade() -> None:
    op.drop_table("removed_records")
