"""Clients' files that an earlier import brought: each stays that record, also under another key.

A file has the id of its row in the list of files or, where no list names it, a key of its path. A later export may come
without the list, with a list for the first time, or with renamed folders. The same bytes of the same client are then
the earlier record.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Any

from app.index.insert import hashed, pack_id
from app.mapping.client_files import EARLIER_FILE, is_key_of_path
from app.mapping.kind import Kind
from app.mapping.names import normalise_name
from app.resolving.rule import LiveFile, ResolvingContext

AT_ONCE = 2_000
LAID_OUT = (
    "CREATE TEMP TABLE earlier_files (key, client, bytes BLOB, name_key TEXT, earlier TEXT NOT NULL)",
    "CREATE INDEX temp.earlier_bytes ON earlier_files (bytes, client)",
    "CREATE INDEX temp.earlier_key ON earlier_files (key)",
)
# For each file of the export, the live files of the same client and bytes. First its own record, then one of its name.
SAME = """SELECT r.row, r.source_id, e.key, e.earlier FROM rows r
    JOIN refs ON refs.row = r.row JOIN specs s ON s.id = refs.spec AND s.kind = :kind AND s.field = :by
    JOIN rows p ON p.row = refs.target JOIN said ON said.row = r.row AND said.field = 'bytes'
    JOIN temp.earlier_files e ON e.bytes = said.hash AND e.client = p.source_id
    WHERE r.kind = :kind AND r.row NOT IN (SELECT row FROM verdicts)
    ORDER BY r.row, e.key IS NOT r.source_id, e.name_key IS NOT r.name_key, e.key"""
OWN = "SELECT EXISTS (SELECT 1 FROM temp.earlier_files WHERE key = ?)"
IN_EXPORT = "SELECT EXISTS (SELECT 1 FROM things WHERE kind = ? AND id = ?)"


def settle(work: ResolvingContext, number: int, kind: Kind[Any], owner_link: str) -> None:
    """Notes the earlier record of each file that counts. Without a live workspace does nothing."""
    if work.brought is None:
        return
    for statement in LAID_OUT:
        work.db.execute(statement)
    files = work.brought.files(kind)
    while some := [cells for file in islice(files, AT_ONCE) for cells in _cells(file)]:
        work.db.executemany("INSERT INTO temp.earlier_files VALUES (?, ?, ?, ?, ?)", some)
    taken: set[str | int] = set()
    same = work.db.execute(SAME, {"kind": number, "by": owner_link}).fetchall()
    for (row, own), candidates in groupby(same, lambda each: (each[0], each[1])):
        key, earlier = _earlier(work, number, own, [(key, earlier) for _, _, key, earlier in candidates], taken)
        if key is not None:
            taken.add(key)
            work.db.execute("INSERT INTO extras VALUES (?, ?, ?)", (row, EARLIER_FILE, earlier))
    work.db.execute("DROP TABLE temp.earlier_files")


def _cells(file: LiveFile) -> Iterator[tuple[str | int, str | int | None, bytes | None, str, str]]:
    """A live file once for each id of its client in the source; with no client where none is known."""
    key, earlier = pack_id(file.earlier.key), file.earlier.to_text()
    name = normalise_name(f"{file.earlier.folder}/{file.earlier.name}")
    for client in file.clients or ("",):
        yield key, pack_id(client) if client else None, hashed(file.sha256), name, earlier


def _earlier(
    work: ResolvingContext,
    number: int,
    own: str | int | None,
    candidates: Iterable[tuple[str | int, str]],
    taken: set[str | int],
) -> tuple[str | int | None, str]:
    """The key of a row's earlier record, and what the record says; None without one.

    A row whose own key has a record with other bytes is that record. Two ids of lists always mean two files.
    """
    for key, earlier in candidates:
        if key == own:
            return key, earlier
        if work.db.execute(OWN, (own,)).fetchone()[0]:
            break
        is_by_path = is_key_of_path(str(own)) or is_key_of_path(str(key))
        if is_by_path and key not in taken and not work.db.execute(IN_EXPORT, (number, key)).fetchone()[0]:
            return key, earlier
    return None, ""
