"""Rows that the clinic had deleted in the source: they are skipped and need no decision."""

from app.index.schema import DELETED
from app.resolving.rule import ResolvingContext


def apply(work: ResolvingContext) -> None:
    """Skips deleted rows, held ones as well, unless rows with their id contradict each other."""
    work.db.execute(
        """INSERT INTO verdicts SELECT rows.row, 'skipped', 'deleted_in_source'
        FROM rows JOIN kinds ON kinds.id = rows.kind AND kinds.imported WHERE rows.flags & ?
        ON CONFLICT (row) DO UPDATE SET outcome = 'skipped', code = 'deleted_in_source'
        WHERE outcome = 'held' AND code <> 'id_conflict'""",
        (DELETED,),
    )
