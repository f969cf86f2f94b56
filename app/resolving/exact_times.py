"""Rows with the same id and equal values to the minute whose times differ in their seconds are no equal rows.

A spreadsheet's copy may have lost the seconds, and another program the fractions of a second. Two times are therefore
compared in the precision of the coarser one.
"""

import hashlib
import sqlite3
from collections.abc import Iterable
from itertools import groupby

from app.mapping.equality import same_times

# Rows with equal digests of which the files show other seconds.
UNLIKE = """SELECT s.kind, s.id, s.hash, s.seconds, s.row FROM same_id s JOIN (
        SELECT kind, id, hash FROM same_id GROUP BY kind, id, hash HAVING COUNT(DISTINCT seconds) > 1
    ) g ON g.kind = s.kind AND g.id = s.id AND g.hash = s.hash
    ORDER BY s.kind, s.id, s.hash, LENGTH(s.seconds) DESC, s.row"""


def separate_times(db: sqlite3.Connection) -> None:
    """Gives rows of the table `same_id` another digest where their times contradict rows with the same digest."""
    changed: list[tuple[bytes, int]] = []
    for (_, _, digest), rows in groupby(db.execute(UNLIKE), key=lambda row: row[:3]):
        changed += _separated(digest, [(seconds, row) for _, _, _, seconds, row in rows])
    db.executemany("UPDATE same_id SET hash = ? WHERE row = ?", changed)


def _separated(digest: bytes, rows: Iterable[tuple[str, int]]) -> Iterable[tuple[bytes, int]]:
    """The other digests of rows that contradict the first row. `rows` are seconds and row numbers, the finest first."""
    groups: list[str] = []
    for seconds, row in rows:
        place = next((at for at, group in enumerate(groups) if same_times(group, seconds)), len(groups))
        if place == len(groups):
            groups.append(seconds)
        if place:
            yield hashlib.blake2b(digest + groups[place].encode(), digest_size=16).digest(), row
