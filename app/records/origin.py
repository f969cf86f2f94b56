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
from app.migration.models import Migration, Trial, Work
from app.records.beside import Beside, Line, beside
from app.records.field import Field
from app.records.kind import RecordKind
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
    return Origin(beside(kind, shown, row, hidden), row)


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
