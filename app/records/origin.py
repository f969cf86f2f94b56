"""Where a record came from: its row of the export beside its values, or why there is no row to show."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.engine.isolated.rows import RecordAsked
from app.engine.runtime import Runtime
from app.errors import Stop
from app.mapping.kind import Source
from app.mapping.plan import Plan
from app.migration.exports import current_export
from app.migration.models import ExportFile, Migration, Trial, Work
from app.records.beside import Beside, Line, beside
from app.records.field import Field
from app.records.kind import RecordKind
from app.records.kinds import BY_NAME as KINDS
from app.records.query import get
from app.records.source_row import SourceGone, SourceRow, part_of_record, read_source

FACTS = ("zones", "durations", "existing", "fields", "known_fields", "native_fields")  # of a trial's first step
NO_ROW = "No row of its own: it was made once, because rows of your export name it."
GONE = "Our copy of your export is no longer here, so that its row cannot be shown."
OTHER = "Another export was handed over since this trial was made, so that its row cannot be shown."


@dataclass(frozen=True, slots=True)
class Origin:
    """`row` is None where `why` says why there is none; then `beside` has the values alone."""

    beside: Beside
    row: SourceRow | None = None
    why: str = ""


def origin_of(
    runtime: Runtime,
    migration: Migration,
    source: Source,
    trial: Trial,
    kind: RecordKind,
    record: Any,
    fields: Iterable[Field],
    hidden: frozenset[str],
) -> Origin:
    """The row of a record of a trial."""
    shown = tuple(fields)
    row, why = _row(runtime, migration, source, trial, record)
    if row is None:
        return Origin(Beside(tuple(_alone(field, hidden) for field in shown if field.value), (), ()), None, why)
    places = {
        column: words for field in shown for column, words in _elsewhere(runtime, migration, trial, record, field)
    }
    borrowed = {
        column: _start_of_target(runtime, migration, trial, record, row, cell) for column, cell in row.borrowed.items()
    }
    return Origin(beside(kind, shown, row, hidden, {**places, **borrowed}), row)


def _elsewhere(
    runtime: Runtime, migration: Migration, trial: Trial, record: Any, field: Field
) -> Iterable[tuple[str, str]]:
    """By column, words for a value of another record that another row made."""
    if field.origin is None or field.origin == (record.part, record.line):
        return ()
    place = _place(runtime, migration, trial, *field.origin)
    return ((column, f"From another row{place}") for column in field.columns)


def _start_of_target(
    runtime: Runtime, migration: Migration, trial: Trial, record: Any, row: SourceRow, cell: str
) -> str:
    """Words for a value that is the start of what a cell of the row refers to, with the row of that target."""
    fed = (row.feeds or {}).get(cell, frozenset())
    for reference in type(record).references:
        target_id = getattr(record, reference.column)
        if reference.column not in fed or not isinstance(target_id, str):
            continue
        store = runtime.caspen.trial(migration.id, trial.number)
        for table in reference.tables:
            target = get(store, migration.workspace_id, KINDS[table], target_id) if table in KINDS else None
            if target is not None:
                place = _place(runtime, migration, trial, target.part, target.line)
                return f"From its {KINDS[table].one}{place}"
    return "From another row of your export"


def _place(runtime: Runtime, migration: Migration, trial: Trial, work: int | None, line: int | None) -> str:
    """As in ", line 7 of appointments.csv"; empty where no row is known."""
    if not work or line is None:
        return ""
    with runtime.ledger.read() as session:
        part = part_of_record(session, migration, trial, work)
        key = (migration.id, migration.export_number, part.file_number) if part is not None else None
        file = session.get(ExportFile, key) if key is not None else None
    return f", line {line:,} of {file.path.rpartition('/')[2]}" if file is not None else ""


def _alone(field: Field, hidden: frozenset[str]) -> Line:
    """A value without a row beside it."""
    is_hidden = bool(hidden.intersection(field.columns))
    return Line(field.label, None if is_hidden else field, (), (), closed=is_hidden)


def _row(
    runtime: Runtime, migration: Migration, source: Source, trial: Trial, record: Any
) -> tuple[SourceRow | None, str]:
    if not record.part:
        return None, NO_ROW
    with runtime.ledger.read() as session:
        export = current_export(session, migration)
        if export is None or export.read_at is None or export.read_at > trial.started_at:
            return None, OTHER
        part = part_of_record(session, migration, trial, record.part)
        opened = session.get(Work, (migration.id, f"trial:{trial.number}", "open", 0))
    asked = RecordAsked(
        str(record.__tablename__),
        str(record.source_kind),
        str(record.source_id),
        migration.workspace_id,
        Plan.model_validate(trial.plan).model_dump_json(),
        trial.started_at.isoformat(),
        json.dumps({name: fact for name, fact in (opened.result if opened else {}).items() if name in FACTS}),
    )
    try:
        row = read_source(runtime, migration, source, part, record.line, asked) if part is not None else None
    except SourceGone:
        row = None
    except Stop as stop:
        return None, f"{stop.problem.title}."
    return (row, "") if row is not None else (None, GONE)
