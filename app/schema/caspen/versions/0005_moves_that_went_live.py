"""The migrations that went live in a workspace, whichever ledger they are in."""

from alembic import op

from app.schema.revision_columns import TEXT, keyed, need

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("live_moves", *need(TEXT, "workspace_id migration_id"), keyed("workspace_id", "migration_id"))


def downgrade() -> None:
    op.drop_table("live_moves")
