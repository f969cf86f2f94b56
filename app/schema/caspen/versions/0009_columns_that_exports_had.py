"""The columns that the exports of moves that went live had: what a later export has no column for stays."""

from alembic import op

from app.schema.revision_columns import TEXT, keyed, need

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delivered_columns",
        *need(TEXT, "workspace_id migration_id kind name"),
        keyed("workspace_id", "migration_id", "kind", "name"),
    )


def downgrade() -> None:
    op.drop_table("delivered_columns")
