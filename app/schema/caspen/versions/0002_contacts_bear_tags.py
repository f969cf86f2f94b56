"""Contacts have tags, such as a tag for contacts that were archived in the source."""

from alembic import op

from app.schema.revision_columns import NESTED, may

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in may(NESTED, "tags"):
        op.add_column("contacts", column)


def downgrade() -> None:
    op.drop_column("contacts", "tags")
