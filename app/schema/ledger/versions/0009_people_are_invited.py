"""Invitations of people, and the end of older sign-in links."""

import sqlalchemy as sa
from alembic import op

from app.schema.revision_columns import TEXT, TIME, keyed, may, need

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitation",
        *need(TEXT, "id workspace_id migration_id email role"),
        sa.Column("clinical", sa.Boolean(), nullable=False, server_default=sa.false()),
        *need(TEXT, "invited_by"),
        *need(TIME, "invited_at expires_at"),
        *may(TIME, "accepted_at declined_at withdrawn_at"),
        sa.ForeignKeyConstraint(["invited_by"], ["person.id"]),
        keyed("id"),
    )
    op.create_index("ix_invitation_workspace_id", "invitation", ["workspace_id"])
    op.create_index("ix_invitation_email", "invitation", ["email"])
    op.add_column("sign_in_token", sa.Column("device", TEXT, nullable=False, server_default=""))
    op.add_column("sign_in_token", sa.Column("ended_at", TIME, nullable=True))
    op.create_index("ix_sign_in_token_person_id", "sign_in_token", ["person_id"])
