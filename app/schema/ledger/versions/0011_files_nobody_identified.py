"""The unidentified files of a trial's export at its start."""

from alembic import op

from app.schema.revision_columns import JSON, may

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in may(JSON, "unanswered"):
        op.add_column("trial", column)


def downgrade() -> None:
    op.drop_column("trial", "unanswered")
