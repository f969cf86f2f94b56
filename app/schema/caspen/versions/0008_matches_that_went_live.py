"""The live records that rows of the moves that went live were matched with."""

from alembic import op

from app.schema.revision_columns import TEXT, keyed, need

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "live_matches",
        *need(TEXT, "workspace_id migration_id source object source_id id whom moment"),
        keyed("workspace_id", "migration_id", "source", "object", "source_id"),
    )


def downgrade() -> None:
    op.drop_table("live_matches")
