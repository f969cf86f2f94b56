"""The source row of a record, next to its values, or the reason why there is no row."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from app.caspen.column_hashes import ColumnHasher
from app.caspen.record_ids import PREFIXES
from app.caspen.row_codec import ALIASES, shape
from app.caspen.stores import Store
from app.errors import Stop
from app.isolated.evidence import OtherRequest, RecordRequest, TargetRequest
from app.isolated.joined_rows import PartRequest
from app.mapping.cell_changes import MINUTES, NAME, START
from app.mapping.joins import kinds_that_join
from app.mapping.kind import Source
from app.mapping.plan import Plan
from app.migration.exports import current_export
from app.migration.models import Migration, Part, Trial, Work
from app.records.evidence_lines import EvidenceLine, RecordEvidence, build_record_evidence, line_of
from app.records.field import RecordField
from app.records.kinds import BY_NAME as KINDS
from app.records.query import get
from app.records.record_kind import RecordKind
from app.records.source_row import SourceGone, SourceRow, Taken, part_of_record, read_source
from app.worker.runtime import Runtime

FROM_ANOTHER_ROW = "From another row of your export"
TAKEN_FROM_CASPEN = "As long as its service takes in Caspen"
NO_ROW = "No row of its own: it was made once, because rows of your export name it."
GONE = "Our copy of your export is no longer here, so that its row cannot be shown."
MOVED = "The trial names a row of your export that did not make this record, so that the row cannot be shown."
OTHER = "Another export was handed over since this trial was made, so that its row cannot be shown."


@dataclass(frozen=True, slots=True)
class RecordOrigin:
    """The source of a record. `row` is None for the reason `why`; `evidence` has only the values then.

    `is_damaged`: the record names a row that did not make it, so the trial must be started again.
    """

    evidence: RecordEvidence
    row: SourceRow | None = None
    why: str = ""

    @property
    def is_damaged(self) -> bool:
        return self.why == MOVED


def origin_of(
    runtime: Runtime,
    migration: Migration,
    source: Source,
    trial: Trial,
    kind: RecordKind,
    record: Any,
    fields: Iterable[RecordField],
    hidden: frozenset[str],
) -> RecordOrigin:
    """The source row of a record of a trial."""
    shown = tuple(fields)
    row, why = _row(runtime, migration, source, trial, record, shown)
    if row is None:
        return RecordOrigin(
            RecordEvidence(tuple(_alone(field, hidden) for field in shown if field.value), (), ()), None, why
        )
    taken = {column: _words(each) for column, each in row.taken.items()}
    return RecordOrigin(
        build_record_evidence(kind, shown, row, hidden, {**_other_rows(record, row, shown), **taken}), row
    )


def _other_rows(record: Any, row: SourceRow, fields: Iterable[RecordField]) -> dict[str, str]:
    """Texts by column for values of another record whose row cannot be read."""
    read = frozenset[str]().union(*(cell.feeds for cell in row.joined))
    return {
        column: FROM_ANOTHER_ROW
        for field in fields
        if (other := field.origin) is not None
        and (other.part, other.line) != (record.part, record.line)
        and other.name not in read
        for column in field.columns
    }


def _words(taken: Taken) -> str:
    """As in "From its appointment, line 7 of appointments.csv"."""
    if taken.kind is None or taken.place is None:
        return TAKEN_FROM_CASPEN if taken.value == MINUTES else FROM_ANOTHER_ROW
    known = next((KINDS[table].noun for table in taken.kind.tables if table in KINDS), taken.kind.source_label.lower())
    how = {
        START: f"From its {known}",
        NAME: f"The name of the {known}",
        MINUTES: f"As long as its {known} usually takes",
    }
    return f"{how[taken.value]}, {line_of(taken.place)}"


def _alone(field: RecordField, hidden: frozenset[str]) -> EvidenceLine:
    """A value without a row."""
    is_hidden = bool(hidden.intersection(field.columns))
    return EvidenceLine(field.label, None if is_hidden else field, (), (), closed=is_hidden)


def _row(
    runtime: Runtime, migration: Migration, source: Source, trial: Trial, record: Any, fields: Iterable[RecordField]
) -> tuple[SourceRow | None, str]:
    if not record.part:
        return None, NO_ROW
    with runtime.ledger.read() as session:
        export = current_export(session, migration)
        if export is None or export.read_at is None or export.read_at > trial.started_at:
            return None, OTHER
        part = part_of_record(session, migration, trial, record.part)
    if part is None:
        return None, MOVED if migration.wrapped_key else GONE
    asked = asked_of(runtime, migration, source, trial, part, record, fields)
    try:
        row = read_source(runtime, migration, source, part, record.line, asked)
    except SourceGone:
        return None, GONE
    except Stop as stop:
        return None, f"{stop.problem.title}."
    return (row, "") if row is not None and _made(row, record) else (None, MOVED)


def _made(row: SourceRow, record: Any) -> bool:
    """Whether a row made a record: mapping proved it, or the row has the record's kind and number.

    A record of several rows has all their numbers, such as `77:1234567`.
    """
    numbers = (record.source_id, *str(record.source_id).split(":"))
    return row.feeds is not None or (row.kind.name == record.source_kind and row.source_id in numbers)


# The request to the isolated process that traces a record to its rows.

FACTS = ("zones", "durations", "existing", "fields", "known_fields", "native_fields")  # facts of a trial's first step


def asked_of(
    runtime: Runtime,
    migration: Migration,
    source: Source,
    trial: Trial,
    part: Part,
    record: Any,
    fields: Iterable[RecordField],
) -> RecordRequest:
    """The record, its trial, and the rows that may contribute to it. `part` is the part of its own row."""
    store = runtime.caspen.trial(migration.id, trial.number)
    with runtime.ledger.read() as session:
        opened = session.get(Work, (migration.id, f"trial:{trial.number}", "open", 0))
        targets = tuple(_targets(session, migration, trial, store, record))
        others = tuple(_others(session, migration, trial, record, fields))
        kinds = {part.kind, *(other.part.kind for other in others)}
        parts = tuple(_parts(session, migration, source, kinds))
    hasher = shape(table_of(record)).hasher()
    return RecordRequest(
        table_of(record),
        str(record.source_kind),
        str(record.source_id),
        migration.workspace_id,
        Plan.model_validate(trial.plan).model_dump_json(),
        trial.started_at.isoformat(),
        json.dumps({name: fact for name, fact in (opened.facts if opened else {}).items() if name in FACTS}),
        hasher,
        (),
        hasher.hashes(_stored_values(record, hasher)),
        part.number,
        parts,
        targets,
        others,
    )


def _stored_values(record: Any, hasher: ColumnHasher) -> dict[str, Any]:
    """The content of a record by column. Python's own words, such as `from`, have an underscore in the attribute."""
    return {name: getattr(record, name if hasattr(record, name) else f"{name}_") for name in hasher.kinds}


def table_of(record: Any) -> str:
    """The table's name in mapping. If two mapped tables are one, the prefix of the id decides."""
    table = str(record.__tablename__)
    aliases = (alias for alias, known in ALIASES.items() if known == table)
    return next((alias for alias in aliases if str(record.id).startswith(PREFIXES[alias])), table)


def _parts(session: Session, migration: Migration, source: Source, kinds: Iterable[str]) -> Iterator[PartRequest]:
    """The parts of the kinds whose rows may join rows of these kinds."""
    joined = frozenset[str]().union(*(kinds_that_join(source, source.kind(kind)) for kind in kinds))
    asked = select(Part.kind, Part.number, Part.object_key).where(
        Part.migration_id == migration.id,
        Part.export_number == migration.export_number,
        col(Part.kind).in_(sorted(joined)),
    )
    for name, number, key in session.exec(asked.order_by(col(Part.number))):
        yield PartRequest(name, number, key)


def _targets(
    session: Session, migration: Migration, trial: Trial, store: Store, record: Any
) -> Iterator[TargetRequest]:
    """The rows of the records that this record refers to."""
    for reference in type(record).references:
        target_id = getattr(record, reference.column)
        for table in reference.tables if isinstance(target_id, str) else ():
            target = get(store, migration.workspace_id, KINDS[table], target_id) if table in KINDS else None
            place = _place(session, migration, trial, target.part, target.line) if target is not None else None
            if place is not None:
                yield TargetRequest(reference.column, *place)


def _others(
    session: Session, migration: Migration, trial: Trial, record: Any, fields: Iterable[RecordField]
) -> Iterator[OtherRequest]:
    """The other records whose values the page shows, if another row made them."""
    for other in (field.origin for field in fields):
        if other is None or (other.part, other.line) == (record.part, record.line):
            continue
        place = _place(session, migration, trial, other.part, other.line)
        if place is not None:
            yield OtherRequest(other.table, other.source_kind, other.source_id, other.columns, *place)


def _place(
    session: Session, migration: Migration, trial: Trial, work: int | None, line: int | None
) -> tuple[PartRequest, int] | None:
    part = part_of_record(session, migration, trial, work) if work and line is not None else None
    return None if part is None or line is None else (PartRequest(part.kind, part.number, part.object_key), line)
