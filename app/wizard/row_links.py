"""Rows of an export as links: the rows that a row waits for, and the row that counts instead of a row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlmodel import Session

from app.index.row_relations import RowPlace, RowRelations
from app.mapping.kind import Source
from app.matching.deciding_rows import rows_that_decided
from app.migration.fates import outcomes_of_rows
from app.migration.models import ExportFile, Migration, Trial
from app.records.shown_cells import CellPlace
from app.records.source_row import part_of_line
from app.web.page_context import Visit


@dataclass(frozen=True, slots=True)
class RowLink:
    """Another row. `place` is None for a thing that rows only name. `did_not_come` is known after a trial."""

    kind: str
    place: CellPlace | None
    did_not_come: bool = False


@dataclass(frozen=True, slots=True)
class LinkedRow:
    """What became of a row, and the rows that decided it."""

    relations: RowRelations
    counts_instead: RowLink | None = None
    waits_for: tuple[RowLink, ...] = ()


NOTHING_KNOWN = LinkedRow(RowRelations())


def linked_rows(
    visit: Visit, trial: Trial | None, rows: Iterable[tuple[int, int]]
) -> Mapping[tuple[int, int], LinkedRow]:
    """By file number and line, what the newest trial knows of rows. Empty before a trial is finished."""
    if trial is None or trial.finished_at is None:
        return {}
    with visit.read() as session:
        parts = {row: part_of_line(session, visit.move, *row) for row in rows}
        places = {row: (part.number, row[1]) for row, part in parts.items() if part is not None}
    relations = rows_that_decided(visit.runtime, visit.move, trial, places.values())
    with visit.read() as session:
        return {
            row: _linked(session, visit.move, visit.source, trial, relations[place])
            for row, place in places.items()
            if place in relations
        }


def _linked(session: Session, migration: Migration, source: Source, trial: Trial, relations: RowRelations) -> LinkedRow:
    instead = relations.counts_instead
    return LinkedRow(
        relations,
        None if instead is None else _link(session, migration, source, trial, instead),
        tuple(_link(session, migration, source, trial, place) for place in relations.waits_for),
    )


def _link(session: Session, migration: Migration, source: Source, trial: Trial, row: RowPlace) -> RowLink:
    label = source.kind(row.kind).label
    file = session.get(ExportFile, (migration.id, migration.export_number, row.file_number))
    if file is None or not row.line:
        return RowLink(label, None)
    outcomes = outcomes_of_rows(session, migration, trial, {(file.path, row.line)})
    return RowLink(label, CellPlace(file.path, row.file_number, row.line), bool(outcomes))
