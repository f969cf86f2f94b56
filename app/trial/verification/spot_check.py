"""Spot checks: sampled rows of a raw file compared with the trial's records and with reported problems."""

import hashlib
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field

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
from app.sources import source as source_named
from app.trial.verification.column_verdicts import CellResults, ComparedRows, Reported, RowCode, Sampled, lines_by_id
from app.worker.heartbeat import Heartbeat
from app.worker.runtime import Runtime

_STOPPING = frozenset({Level.HELD.value, Level.SKIPPED.value, Level.REFUSED.value})
At = tuple[Connection, Store, str]


@dataclass(frozen=True, slots=True)
class SpotCheck:
    """The spot check of a kind in a trial.

    `own`: every row without a reported problem must have a record. `named` takes ids of a kind, and returns those that
    a row refers to; None where a file of the kind cannot be verified. `attached` returns a client's file by path, or
    None. `kept` are the columns in which live records keep their values, because the file has no column for them.
    `earlier_keys` are the keys of records that an earlier import brought under another key, by the row's id.
    """

    runtime: Runtime
    migration: Migration
    verified_kind: VerifiedKind
    own: bool
    named: Callable[[OverridingKind, Set[str]], Set[str] | None]
    attached: Callable[[str], FileEntry | None]
    kept: frozenset[str] = frozenset()
    earlier_keys: Mapping[str, str] = field(default_factory=dict)


def compare_sample(spot_check: SpotCheck, file: ExportFile, sample: Mapping[int, Sampled]) -> CellResults:
    """Compares sampled rows of a file, given by line, with the trial's records and with reported problems.

    Columns that the clinic paired by hand are not compared.
    """
    runtime, migration, verified_kind = spot_check.runtime, spot_check.migration, spot_check.verified_kind
    with runtime.ledger.read() as session:
        reported = _reported(session, migration, file, verified_kind.kind, sample)
        plan = Plan.model_validate(session.get_one(Trial, (migration.id, migration.trial_number)).plan)
    raw_format = source_named(migration.source).raw_format
    paired = frozenset(map(raw_format.bare, plan.column_pairs.get(file.path, {})))
    rows = ComparedRows(verified_kind, sample, reported, paired, spot_check.earlier_keys)
    overruled = _overruled(spot_check, frozenset(rows.keys.values()))
    store = runtime.caspen.trial(migration.id, migration.trial_number)
    with store.database.connection(reading=True) as connection:
        at = (connection, store, migration.workspace_id)
        links = {*rows.columns, *(claim.column for claim in verified_kind.reported_problems)}
        targets = {
            each: _targets(at, each, rows.cells.values()) for each in links if each.comparison is Comparison.LINK
        }
        records = SourceKeyLookup(*at, verified_kind.kind, verified_kind.table, rows.stored_columns).of(rows.record_ids)
        rows.compare(records, targets, overruled, _matched_as_one(plan))
    rows.check_claims(targets, lambda claim, row: _has_file(claim, row, spot_check, file))
    rows.check_ids()
    if spot_check.own:  # a matched row has no record of its own
        role = source_named(migration.source).kind(verified_kind.kind).role
        rows.check_presence(lambda key: plan.choice(role, key) == CREATE)
    return rows.results


def _overruled(spot_check: SpotCheck, keys: Set[str]) -> Callable[[str], frozenset[str]]:
    """Returns a function from a row's id to the columns whose value another kind or the live record decides."""
    rule = spot_check.verified_kind.overridden_by
    kept = spot_check.kept
    if rule is None:
        return lambda key: kept
    named = spot_check.named(rule, keys)
    return lambda key: rule.columns | kept if named is None or key in named else kept


def _targets(at: At, column: VerifiedColumn, rows: Iterable[Cells]) -> dict[str, Mapping[str, object]]:
    """By id in the cells of a link, the target's record in this trial."""
    named = sorted({cell for row in rows if (cell := _searchable_id(column, row))})
    columns = tuple(dict.fromkeys(name for name in (column.target_column, column.shared_column) if name))
    return dict(SourceKeyLookup(*at, column.kind, column.table, columns).of(named))


def _searchable_id(column: VerifiedColumn, row: Cells) -> str:
    """The id in a cell for a database query; empty for a cell that cannot be an id."""
    try:
        cell = column.cell(row)
    except Exception:  # the comparison of this cell fails as well, and reports it
        return ""
    return cell if cell.isprintable() else ""


def _matched_as_one(plan: Plan) -> frozenset[str]:
    """The ids of workspace clients with whom the plan matches several clients of the export."""
    chosen = Counter(choice.id for choice in plan.clients.values() if choice.to == "match" and choice.id)
    return frozenset(client for client, number in chosen.items() if number > 1)


def _has_file(claim: ReportedProblem, row: Cells, spot_check: SpotCheck, file: ExportFile) -> bool:
    """Whether the file that a row names exists, relative to the list or the root, with the named size or checksum."""
    if claim.column.comparison not in (Comparison.FILE, Comparison.CHECKSUM):
        return False
    path, folder = claim.column.cell(row).replace("\\", "/"), file.path.rpartition("/")[0]
    entry = spot_check.attached(f"{folder}/{path}") or spot_check.attached(path)
    if claim.column.comparison is Comparison.FILE or entry is None:
        return entry is not None
    return first_filled(row, *claim.column.headers).lower() in (str(entry.size), sum_of(entry))


def _reported(
    session: Session, migration: Migration, file: ExportFile, kind: str, sample: Mapping[int, Sampled]
) -> Reported:
    """The reported codes of sampled rows, by line.

    A code applies to the row on its line and to every row with its source id: rows with the same id are reported
    together. A code without a line is each row's own.
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
        for each in {*own, *by_id.get(source_id or "", ())}:
            is_own = line is None or each in own
            by_line[each] = by_line.get(each, frozenset()) | {row_code._replace(is_own=is_own)}
    return by_line


SOME = 200  # files whose bytes are verified, with at most ROOM bytes in all
ROOM = 16 << 20
LARGEST = 4 << 20
ABSENT = "file_missing"
_BEGINNINGS = {b"%PDF-": "application/pdf", b"\x89PNG\r\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def verify_attached(
    runtime: Runtime, migration: Migration, entries: EntryList, kind: KindBalance, beat: Heartbeat
) -> Iterator[Problem]:
    """Problems of clients' files: more files than rows, or stored contents that differ from the export.

    Every file belongs to a row. Every content belongs to a record, unless its row was held or skipped. Rows without
    their file do not count.
    """
    with runtime.ledger.read() as session:
        absent = _absent(session, migration, kind.kind)
    if (more := len(entries) - (kind.read - absent)) > 0:
        yield Problem("rows_miscounted", kind.kind, count=more)
    contents: Counter[Content] = Counter()
    types: dict[Content, str] = {}
    for entry in _sampled_entries(entries):
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
    """The number of rows of a list that name a missing file."""
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


def _sampled_entries(entries: EntryList) -> Iterator[FileEntry]:
    step, room = max(1, len(entries) // SOME), ROOM
    for entry in entries:
        if not entry.refused and 0 < entry.size <= min(LARGEST, room) and not zlib.crc32(entry.path.encode()) % step:
            room -= entry.size
            yield entry


def _content(entry: FileEntry, types: dict[Content, str]) -> Content | None:
    """The checksum and size of a file; None for an unreadable file, which reading has reported. Adds its type."""
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
    """The SHA-256 of a file in hexadecimal; None for an unreadable file or one of more than LARGEST bytes."""
    content = _content(entry, {}) if not entry.refused and entry.size <= LARGEST else None
    return content[0] if content else None
