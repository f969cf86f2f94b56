"""Where a record came from: its row of the export beside its values, or why there is no row to show."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.engine.runtime import Runtime
from app.errors import Stop
from app.mapping.cell_changes import MINUTES, NAME, START
from app.mapping.kind import Source
from app.migration.exports import current_export
from app.migration.models import Migration, Trial
from app.records.beside import Beside, Line, beside, line_of
from app.records.field import Field
from app.records.kind import RecordKind
from app.records.kinds import BY_NAME as KINDS
from app.records.record_asked import asked_of
from app.records.source_row import SourceGone, SourceRow, Taken, part_of_record, read_source

FROM_ANOTHER_ROW = "From another row of your export"
TAKEN_FROM_CASPEN = "As long as its service takes in Caspen"
NO_ROW = "No row of its own: it was made once, because rows of your export name it."
GONE = "Our copy of your export is no longer here, so that its row cannot be shown."
MOVED = "The trial names a row of your export that did not make this record, so that the row cannot be shown."
OTHER = "Another export was handed over since this trial was made, so that its row cannot be shown."


@dataclass(frozen=True, slots=True)
class Origin:
    """`row` is None where `why` says why there is none; then `beside` has the values alone.

    `is_damaged`: the record names a row that did not make it, so that the trial must be made again.
    """

    beside: Beside
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
    fields: Iterable[Field],
    hidden: frozenset[str],
) -> Origin:
    """The row of a record of a trial."""
    shown = tuple(fields)
    row, why = _row(runtime, migration, source, trial, record, shown)
    if row is None:
        return Origin(Beside(tuple(_alone(field, hidden) for field in shown if field.value), (), ()), None, why)
    taken = {column: _words(each) for column, each in row.taken.items()}
    return Origin(beside(kind, shown, row, hidden, {**_other_rows(record, row, shown), **taken}), row)


def _other_rows(record: Any, row: SourceRow, fields: Iterable[Field]) -> dict[str, str]:
    """By column, words for a value of another record whose row cannot be read."""
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
    known = next((KINDS[table].one for table in taken.kind.tables if table in KINDS), taken.kind.called.lower())
    how = {
        START: f"From its {known}",
        NAME: f"The name of the {known}",
        MINUTES: f"As long as its {known} usually takes",
    }
    return f"{how[taken.value]}, {line_of(taken.place)}"


def _alone(field: Field, hidden: frozenset[str]) -> Line:
    """A value without a row beside it."""
    is_hidden = bool(hidden.intersection(field.columns))
    return Line(field.label, None if is_hidden else field, (), (), closed=is_hidden)


def _row(
    runtime: Runtime, migration: Migration, source: Source, trial: Trial, record: Any, fields: Iterable[Field]
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
    """Whether a row made a record: mapping the row has shown so, or the row bears the record's own kind and number.

    A record that several rows have a part in bears their numbers, such as `77:1234567`.
    """
    numbers = (record.source_id, *str(record.source_id).split(":"))
    return row.feeds is not None or (row.kind.name == record.source_kind and row.source_id in numbers)
