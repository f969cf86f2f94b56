"""Whether something else than this product has written the row of a migration."""

from app.migration.ledger_validation import changed_columns
from app.migration.models import Migration
from app.sources import SOURCES


def changed_in(migration: Migration) -> list[str]:
    """The columns of a migration that hold what this product does not write, its source among them."""
    return [*([] if migration.source in SOURCES else ["source"]), *changed_columns(migration)]
