"""The link that a clinic checked, sealed until the hand-over."""

from alembic import op

from app.schema.revision_columns import JSON, TEXT, TIME, keyed, may, need

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "checked_link",
        *need(TEXT, "migration_id hint"),
        *may(TEXT, "sealed_link sealed_password"),
        *need(TIME, "checked_at"),
        *need(JSON, "findings"),
        keyed("migration_id"),
    )
