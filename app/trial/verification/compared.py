"""Some rows of one raw file compared with the records of a trial, and with what is reported of these rows."""

import hashlib
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlmodel import Session, col, func, select

from app.caspen.file_references import Content, load_content_types
from app.caspen.source_keys import SourceKeyLookup
from app.caspen.stores import Store
from app.mapping.plan import CREATE, Plan
from app.mapping.verified_kinds import (
    Cells,
    Comparison,
    OverridingKind,
    ReportedProblem,
    VerifiedColumn,
    VerifiedKind,
    bare_header,
    first_filled,
)
from app.migration.balance import KindBalance
from app.migration.models import ExportFile, Migration, ProblemLine, Trial
from app.problems import Level, Problem
from app.reading.entries import FileEntry
from app.reading.entry_table import EntryList
from app.reading.refusal import Refused
from app.trial.verification.compared_rows import ComparedRows, Found, Reported, RowCode, Sampled, lines_by_id
from app.worker.heartbeat import Heartbeat
from app.worker.runtime import Runtime

_NONE: frozenset[str] = frozenset()
_STOPPING = frozenset({Level.HELD.value, Level.SKIPPED.value, Level.REFUSED.value})
At = tuple[Connection, Store, str]


@dataclass(frozen=True, slots=True)
class Eyes:
    """What is looked at with: `own` says that every row of which nothing is told must have a record.

    `named` gives, of some ids, those that rows of a kind name under one of its headers; None where that cannot be
    known. `attached` gives a client's own file by its path.
    """

    runtime: Runtime
    migration: Migration
    look: VerifiedKind
    own: bool
    named: Callable[[OverridingKind, Set[str]], Set[str] | None]
    attached: Callable[[str], FileEntry | None]


def hold_against(eyes: Eyes, file: ExportFile, sample: Mapping[int, Sampled]) -> Found:
    """Compares the sampled rows of a file with the records of the trial, and with what is reported of these rows.

    `sample` has the rows by their lines. Columns that the clinic paired itself are not compared.
    """
    runtime, migration, look = eyes.runtime, eyes.migration, eyes.look
    with runtime.ledger.read() as session:
        reported = _reported(session, migration, file, look.kind, sample)
        plan = Plan.model_validate(session.get_one(Trial, (migration.id, migration.trial_number)).plan)
    paired = frozenset(map(bare_header, plan.column_pairs.get(file.path, {})))
    rows = ComparedRows(look, sample, reported, paired)
    overruled = _overruled(eyes, frozenset(rows.keys.values()))
    store = runtime.caspen.trial(migration.id, migration.trial_number)
    with store.database.connection(reading=True) as connection:
        at = (connection, store, migration.workspace_id)
        links = {*rows.columns, *(claim.column for claim in look.reported_problems)}
        targets = {each: _led(at, each, rows.cells.values()) for each in links if each.comparison is Comparison.LINK}
        records = SourceKeyLookup(*at, look.kind, look.table, rows.stored_columns).of(rows.record_ids)
        rows.compare(records, targets, overruled, _matched_as_one(plan))
    rows.check_claims(targets, lambda claim, row: _lies_there(claim, row, eyes, file))
    rows.check_ids()
    if eyes.own:  # a row that matched something has a record already
        rows.check_presence(lambda key: plan.choice(look.kind, key) == CREATE)
    return rows.found


def _overruled(eyes: Eyes, keys: Set[str]) -> Callable[[str], frozenset[str]]:
    """By row, the columns on which a row of another kind has the last word."""
    rule = eyes.look.overridden_by
    if rule is None:
        return lambda key: _NONE
    named = eyes.named(rule, keys)
    return lambda key: rule.columns if named is None or key in named else _NONE


def _led(at: At, seen: VerifiedColumn, rows: Iterable[Cells]) -> dict[str, Mapping[str, object]]:
    """By the ids that cells name, the records to which they lead: of those that this very trial brings."""
    named = sorted({cell for row in rows if (cell := _sought(seen, row))})
    columns = tuple(dict.fromkeys(column for column in (seen.target_column, seen.shared_column) if column))
    return dict(SourceKeyLookup(*at, seen.kind, seen.table, columns).of(named))


def _sought(seen: VerifiedColumn, row: Cells) -> str:
    """What a database can be asked for; empty for a cell that is no id."""
    try:
        cell = seen.cell(row)
    except Exception:  # the comparison of this cell fails as well, and says so
        return ""
    return cell if cell.isprintable() else ""


def _matched_as_one(plan: Plan) -> frozenset[str]:
    """The workspace's clients for each of whom the export has several: what is one's there is the other's here."""
    chosen = Counter(choice.id for choice in plan.clients.values() if choice.to == "match" and choice.id)
    return frozenset(client for client, number in chosen.items() if number > 1)


def _lies_there(claim: ReportedProblem, row: Cells, eyes: Eyes, file: ExportFile) -> bool:
    """Whether a file lies where its row says, counted from the list or from the top, as the row says."""
    if claim.column.comparison not in (Comparison.FILE, Comparison.CHECKSUM):
        return False
    path, folder = claim.column.cell(row).replace("\\", "/"), file.path.rpartition("/")[0]
    entry = eyes.attached(f"{folder}/{path}") or eyes.attached(path)
    if claim.column.comparison is Comparison.FILE or entry is None:
        return entry is not None
    return first_filled(row, *claim.column.headers).lower() in (str(entry.size), sum_of(entry))


def _reported(
    session: Session, migration: Migration, file: ExportFile, kind: str, sample: Mapping[int, Sampled]
) -> Reported:
    """The reported codes of some rows, by their lines.

    A code is of the row on whose line it is reported, whatever id that row has; and of each row that has the id under
    which it is reported, for rows of one id are reported together.
    """
    runs = (f"export:{migration.export_number}", f"trial:{migration.trial_number}")
    names = ("file", "line", "source_id", "code", "column", "level")
    lines = sa.select(*(col(getattr(ProblemLine, name)) for name in names)).where(
        col(ProblemLine.migration_id) == migration.id,
        col(ProblemLine.run).in_(runs),
        col(ProblemLine.kind) == kind,
        col(ProblemLine.source_id).is_not(None) | col(ProblemLine.line).is_not(None),
        col(ProblemLine.level) != Level.INFO.value,
    )
    by_line: dict[int, frozenset[RowCode]] = {}
    by_id = lines_by_id({line: row.source_id for line, row in sample.items()}, "")
    for path, line, source_id, code, column, level in session.execute(lines):
        own = (line,) if line in sample and path == file.path else ()
        row_code = RowCode(code, bare_header(column or ""), level in _STOPPING)
        for each in (*own, *by_id.get(source_id or "", ())):
            by_line[each] = by_line.get(each, frozenset()) | {row_code}
    return by_line


# Clients' own files, looked at a second time: each that lies in the export has its row, and its bytes their record.

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
    filed = load_content_types(store, migration.workspace_id, sorted({sha256 for sha256, _ in contents}))
    lost = sum(count for content, count in contents.items() if content not in filed)
    if lost > kind.read - kind.brought - absent:
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


def _some(entries: EntryList) -> Iterator[FileEntry]:
    step, room = max(1, len(entries) // SOME), ROOM
    for entry in entries:
        if not entry.refused and 0 < entry.size <= min(LARGEST, room) and not zlib.crc32(entry.path.encode()) % step:
            room -= entry.size
            yield entry


def _content(entry: FileEntry, types: dict[Content, str]) -> Content | None:
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


def sum_of(entry: FileEntry) -> str | None:
    """The sum of one file's bytes, where they can be read and are no great many."""
    found = _content(entry, {}) if not entry.refused and entry.size <= LARGEST else None
    return found[0] if found else None
