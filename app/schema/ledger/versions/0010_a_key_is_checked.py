"""A check that the ledger is opened with its own key."""

from alembic import op

from app.schema.revision_columns import TEXT, keyed, need

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("key_check", *need(TEXT, "setting sealed"), keyed("setting"))
