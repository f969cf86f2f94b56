"""The results of manual checks of each provider's links."""

from alembic import op

from app.schema.revision_columns import TEXT, TIME, keyed, may, need

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provider_check",
        *need(TEXT, "provider"),
        *need(TIME, "checked_at"),
        *may(TEXT, "code"),
        *may(TIME, "verified_at"),
        keyed("provider"),
    )
