"""The checksum of what reading stored about an export: its inventory, its files and their problems.

The warnings that a clinic confirms at approval come from these. The reading's work item stores the checksum, so that a
change of the ledger rows is found before a page shows them and before an approval skips a confirmation.
"""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from app.migration.ledger_json import InventoryJson
from app.migration.ledger_validation import LedgerChanged
from app.migration.models import Export, ExportFile, Migration
from app.trial.account_seal import Counts, checksum, counted_in, has_few_problems, seal_of_counts, sealed

PHASE = "resolve"
"""The phase of the work item that ends a reading."""
FILE_COLUMNS = ("number", "path", "size", "sha256", "kind", "dialect", "encoding", "rows", "parts", "refused", "facts")


def seal_of_reading(export: Export, inventory: InventoryJson, files: Sequence[ExportFile], counts: Counts) -> str:
    """Returns the checksum of the export, its inventory and its files, then a colon and the checksum of the
    problems."""
    lines = sorted([getattr(file, name) for name in FILE_COLUMNS] for file in files)
    account = checksum([export.way, export.sha256, export.size, dict(inventory), lines])
    return f"{account}:{seal_of_counts(counts)}"


def all_files(session: Session, migration_id: str, number: int) -> list[ExportFile]:
    """Returns the files of an export: as handed over and as read."""
    mine = select(ExportFile).where(ExportFile.migration_id == migration_id, ExportFile.export_number == number)
    return list(session.exec(mine.order_by(col(ExportFile.number))))


def require_true_reading(
    session: Session, migration: Migration, number: int | None = None, *, is_read: bool = False, thorough: bool = False
) -> None:
    """Raises LedgerChanged if an export differs from what its reading stored.

    `number` is the number of an earlier export; None is the current one. `is_read` requires a finished reading;
    otherwise an export without one is not checked. `thorough` counts the problems, however many there are.
    """
    wanted = migration.export_number if number is None else number
    run = f"export:{wanted}"
    export = session.get(Export, (migration.id, wanted)) if wanted else None
    seal = sealed(session, migration.id, PHASE, run, "reading")
    if seal is None and not is_read and (export is None or not (export.read_at or export.inventory)):
        return
    if seal is None or export is None or export.read_at is None or not isinstance(export.inventory, dict):
        raise LedgerChanged("export", ["read_at", "inventory"])
    counts: Counts = {}
    has_counts = thorough or has_few_problems(session, migration.id, run)
    if has_counts:
        counts = counted_in(session, migration.id, run)
    kept = seal_of_reading(export, export.inventory, all_files(session, migration.id, wanted), counts)
    differs = kept != seal if has_counts else kept.partition(":")[0] != seal.partition(":")[0]
    if differs:
        raise LedgerChanged("export", ["inventory, files or problems"])
