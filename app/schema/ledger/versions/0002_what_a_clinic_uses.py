"""The clinic's uses and numbers of its old software, and the totals that a trial was compared with."""

from alembic import op

from app.schema.revision_columns import JSON, may

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in may(JSON, "uses own_counts"):
        op.add_column("migration", column)
    for column in may(JSON, "held_against"):
        op.add_column("trial", column)


def downgrade() -> None:
    op.drop_column("trial", "held_against")
    op.drop_column("migration", "own_counts")
    op.drop_column("migration", "uses")
