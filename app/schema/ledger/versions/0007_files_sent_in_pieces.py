"""Files that a browser sends in pieces, so that uploads can resume."""

import sqlalchemy as sa
from alembic import op

from app.schema.revision_columns import TEXT, TIME, WHOLE, keyed, need

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "upload_file",
        *need(TEXT, "migration_id id name object_key sha256"),
        *need(WHOLE, "number"),
        *need(sa.BigInteger(), "size received"),
        *need(TIME, "touched_at"),
        keyed("migration_id", "number"),
        sa.UniqueConstraint("id"),
    )
