"""Clients' own files, looked at a second time: each that lies in the export has its row, and its bytes their record."""

import hashlib
import zlib
from collections import Counter
from collections.abc import Iterator

from sqlmodel import Session, col, func, select

from app.caspen.filed import Content, told_of
from app.engine.heartbeat import Heartbeat
from app.engine.reading.entry_table import Entry, EntryList
from app.engine.reading.refusal import Refused
from app.engine.runtime import Runtime
from app.migration.balance import KindBalance
from app.migration.models import Migration, ProblemLine
from app.problems import Problem

SOME = 200  # files whose bytes are looked at, and of at most so many bytes in all
ROOM = 16 << 20
LARGEST = 4 << 20
ABSENT = "file_missing"
_BEGINNINGS = {b"%PDF-": "application/pdf", b"\x89PNG\r\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def look_at_attached(
    runtime: Runtime, migration: Migration, entries: EntryList, kind: KindBalance, beat: Heartbeat
) -> Iterator[Problem]:
    """Every file stands for a row; the bytes of some are summed up anew, straight from where they lie.

    A content without a record must be that of a row that did not come. Rows whose file is absent are nobody's.
    """
    with runtime.ledger.read() as session:
        absent = _absent(session, migration, kind.kind)
    if (more := len(entries) - (kind.read - absent)) > 0:
        yield Problem("rows_miscounted", kind.kind, count=more)
    contents: Counter[Content] = Counter()
    types: dict[Content, str] = {}
    for entry in _some(entries):
        beat()
        if (content := _content(entry, types)) is not None:
            contents[content] += 1
    store = runtime.caspen.trial(migration.id, migration.trial_number)
    filed = told_of(store, migration.workspace_id, sorted({sha256 for sha256, _ in contents}))
    lost = sum(count for content, count in contents.items() if content not in filed)
    if lost > kind.read - kind.came - absent:
        yield Problem("file_bytes_altered", kind.kind, count=lost)
    if other := [c for c, type_ in types.items() if c in filed and filed[c] != {type_}]:
        yield Problem("cells_not_found", kind.kind, column="Content Type", count=len(other))


def _absent(session: Session, migration: Migration, kind: str) -> int:
    """Rows of a list that name a file which is not there."""
    runs = (f"export:{migration.export_number}", f"trial:{migration.trial_number}")
    rows = (
        select(ProblemLine.file, ProblemLine.line)
        .where(
            ProblemLine.migration_id == migration.id,
            col(ProblemLine.run).in_(runs),
            ProblemLine.kind == kind,
            ProblemLine.code == ABSENT,
        )
        .distinct()
    )
    return session.exec(select(func.count()).select_from(rows.subquery())).one()


def _some(entries: EntryList) -> Iterator[Entry]:
    step, room = max(1, len(entries) // SOME), ROOM
    for entry in entries:
        if not entry.refused and 0 < entry.size <= min(LARGEST, room) and not zlib.crc32(entry.path.encode()) % step:
            room -= entry.size
            yield entry


def _content(entry: Entry, types: dict[Content, str]) -> Content | None:
    """The bytes' sum and number; None where they cannot be read, which reading has told."""
    try:
        with entry.open() as stream:
            body = stream.read(LARGEST + 1)
    except (Refused, OSError):
        return None
    content = hashlib.sha256(body).hexdigest(), len(body)
    if type_ := next((type_ for begins, type_ in _BEGINNINGS.items() if body.startswith(begins)), None):
        types[content] = type_
    return content


def sum_of(entry: Entry) -> str | None:
    """The sum of one file's bytes, where they can be read and are no great many."""
    found = _content(entry, {}) if not entry.refused and entry.size <= LARGEST else None
    return found[0] if found else None
