"""A row for each file behind a share link, passwords of links, and sizes beyond 2 GiB."""

import sqlalchemy as sa
from alembic import op

from app.schema.revision_columns import JSON, TEXT, TIME, WHOLE, keyed, may, need

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BYTES = sa.BigInteger()
WIDER = (("export", "size"), ("exportfile", "size"), ("work", "weight"), ("work", "done_weight"))


def upgrade() -> None:
    op.create_table(
        "linked_file",
        *need(TEXT, "migration_id object_key path sealed_item sha256 last_problem"),
        *need(WHOLE, "export_number epoch"),
        *may(BYTES, "expected_size"),
        *need(BYTES, "bytes_done"),
        *may(TIME, "next_try_at"),
        *need(JSON, "state"),
        keyed("migration_id", "export_number", "object_key"),
    )
    op.add_column("export", sa.Column("sealed_password", TEXT, nullable=True))
    for table, column in WIDER:
        with op.batch_alter_table(table) as change:
            change.alter_column(column, existing_type=WHOLE, type_=BYTES, existing_nullable=False)
