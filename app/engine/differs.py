"""The clients of whom the export says another first or last visit than what came; and whether that visit is in it.

They lie in a temporary table beside the index, so that they may be many.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Self

from app.engine.came import Came
from app.engine.index.insert import seconds
from app.engine.told import Told
from app.mapping.kind import Carried

MAKE = """CREATE TEMP TABLE differs (row INTEGER PRIMARY KEY, client TEXT, id TEXT, name TEXT, file TEXT, line INTEGER,
    told_first INTEGER, told_last INTEGER, came_first INTEGER, came_last INTEGER, wanted INTEGER, found INTEGER)"""
# A visit names its client itself, or through a row that tells more of it. Many rows, few clients: the order matters.
FIND = """UPDATE temp.differs SET found = 1 WHERE row IN (
    SELECT d.row FROM refs CROSS JOIN temp.differs d ON d.row = refs.target CROSS JOIN rows r ON r.row = refs.row
        WHERE r.kind = :visits AND r.starts_at = d.wanted
    UNION SELECT d.row FROM members m CROSS JOIN temp.differs d ON d.row = m.target CROSS JOIN rows r ON r.row = m.row
        WHERE r.kind = :visits AND r.starts_at = d.wanted)"""


class Differs:
    """A temporary table of the index's connection, for as long as the block."""

    def __init__(self, connection: sqlite3.Connection, carried: Carried) -> None:
        self._db = connection
        self._visits = carried.visits

    def __enter__(self) -> Self:
        self._db.execute("DROP TABLE IF EXISTS temp.differs")
        self._db.execute(MAKE)
        return self

    def __exit__(self, *_: object) -> None:
        self._db.execute("DROP TABLE IF EXISTS temp.differs")

    def add(self, told: Told, came: Came, wanted: datetime | None) -> None:
        """`wanted` is the visit that the source tells of and that did not come."""
        times = (told.first, told.last, came.first, came.last, wanted)
        place = (told.row, told.client_id, told.source_id, told.name, told.file, told.line)
        values = (*place, *(seconds(at) for at in times), 0)
        self._db.execute("INSERT OR REPLACE INTO temp.differs VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", values)

    def settled(self) -> Counter[str]:
        """Looks all of them up in the index at once, and counts."""
        if self._db.execute("SELECT 1 FROM temp.differs LIMIT 1").fetchone() is None:
            return Counter()
        visits = self._db.execute("SELECT id FROM kinds WHERE name = ?", (self._visits,)).fetchone()
        if visits is not None:
            self._db.execute(FIND, {"visits": visits[0]})
        total, found = self._db.execute("SELECT COUNT(*), SUM(found) FROM temp.differs").fetchone()
        return Counter({"clients_differ": total, "visits_kept_back": found, "visits_not_exported": total - found})

    def lines(self) -> Iterator[dict[str, Any]]:
        """One line for each client, by name."""
        asked = "SELECT client, id, name, file, line, told_first, told_last, came_first, came_last, found"
        for client, source_id, name, file, line, *times, found in self._db.execute(
            f"{asked} FROM temp.differs ORDER BY name, row"
        ):
            told = dict(zip(("told_first", "told_last", "came_first", "came_last"), map(_text, times), strict=True))
            yield {
                "client": client,
                "id": source_id,
                "name": name,
                "file": file,
                "line": line,
                **told,
                "exported": bool(found),
            }


def _text(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()
