"""Runs the revisions of one database on the connection that it is given."""

from alembic import context

from app.schema.trees import LEDGER

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=LEDGER.metadata,
    version_table=LEDGER.version_table,
    compare_type=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
