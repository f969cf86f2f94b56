"""An index of problems by row, and the right of a member to read clinical notes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_problem_row", "problem_line", ["migration_id", "run", "part", "line"])
    op.add_column("membership", sa.Column("clinical", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column("membership", "clinical")
    op.drop_index("ix_problem_row", "problem_line")
