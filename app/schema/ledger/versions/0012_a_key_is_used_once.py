"""Requests with an Idempotency-Key, with their first response."""

from alembic import op

from app.schema.revision_columns import TEXT, TIME, keyed, need

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sent_key", *need(TEXT, "who key digest"), *need(TIME, "begun_at"), *need(TEXT, "location"), keyed("who", "key")
    )


def downgrade() -> None:
    op.drop_table("sent_key")
