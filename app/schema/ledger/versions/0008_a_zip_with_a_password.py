"""The password of locked zips."""

import sqlalchemy as sa
from alembic import op

from app.schema.revision_columns import TEXT

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("export", sa.Column("sealed_zip_password", TEXT, nullable=True))
