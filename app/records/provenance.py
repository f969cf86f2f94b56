"""Each value of a record beside the cells that it was made of, and what was done to get from one to the other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.mapping.context import DateOrder
from app.mapping.moments import birth, day
from app.problems import Problem
from app.records.cells import Cell, Place
from app.records.field import Field
from app.records.kind import RecordKind
from app.records.source_row import SourceRow

AS_IT_WAS = "As it was"
NO_CELL = "Not a column in your export"
ASSUMED = "Your export names none here: the only one, or the one that you chose"
OTHER_ROWS = "Decided by other rows of your export"
NOT_TRACED = "We could not trace this to a cell of your export"
FROM_FILE = "Read from the file itself and its folder"
USUAL = "Caspen's usual value, which this cell does not change"
SAME_MOMENT = "The same moment, on the clock of its location"
NOTHING_BORROWED: Mapping[str, str] = {}
NOT_BROUGHT = "Did not come, as the row did not"
CLOSED = "Only for those who may read it in Caspen"
MONTH_FIRST = "Read with the month before the day, as all of the file proves"


@dataclass(frozen=True, slots=True)
class Line:
    """`cells` are those that the value was made of; `did` says what was done; `is_same` that nothing was."""

    label: str
    field: Field | None
    cells: tuple[Cell, ...]
    did: tuple[str, ...]
    is_same: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Beside:
    """`lines` in the order of the record; `others` are cells that none of its values shows; `told` concerns the row."""

    lines: tuple[Line, ...]
    others: tuple[Line, ...]
    told: tuple[Problem, ...]


def beside(
    kind: RecordKind,
    fields: Iterable[Field],
    row: SourceRow,
    hidden: frozenset[str],
    borrowed: Mapping[str, str] = NOTHING_BORROWED,
) -> Beside:
    """The values of a record with the cells of the row that each of them was made of.

    `hidden` are columns of the record that the reader may not see: their cells are not shown either. `borrowed` says
    of columns, in words, which other row their value comes from.
    """
    by_column: dict[str, list[Cell]] = {}
    every_cell = (*row.cells, *row.joined)
    for cell in every_cell:
        for column in _destinations(cell, kind, row):
            by_column.setdefault(column, []).append(cell)
    secret = {cell.key for cell in every_cell if hidden.intersection(_destinations(cell, kind, row))}
    lines: list[Line] = []
    shown: set[tuple[Place | None, str]] = set()
    for field in fields:
        cells = _cells_of(field, by_column) if field.value else _refused(field, kind, row)
        is_usual = bool(field.value) and not cells and not row.assumed.intersection(field.columns)
        cells = _described(field, kind, row) if is_usual else cells
        shown.update(cell.key for cell in cells)
        if hidden.intersection(field.columns):
            lines.append(Line(field.label, None, (), (CLOSED,), closed=True))
        elif field.value or cells:
            open_cells = tuple(cell for cell in cells if cell.key not in secret)
            closed = Line(field.label, field, (), (CLOSED,))
            lines.append(
                _line(field, open_cells, row, borrowed, is_usual=is_usual) if open_cells or not cells else closed
            )
    rest = [cell for cell in row.cells if cell.key not in shown and cell.key not in secret]
    others = tuple(_other(cell, row, hidden, kind) for cell in rest)
    spoken = {word for line in (*lines, *others) for word in line.did}
    return Beside(tuple(lines), others, tuple(p for p in _own_problems(row) if p.title not in spoken))


def _cells_of(field: Field, by_column: Mapping[str, list[Cell]]) -> tuple[Cell, ...]:
    """The cells that feed any of the field's columns, each once, in the order of the columns.

    Of a cell that holds all of the value, the others are only conditions.
    """
    cells = {cell.key: cell for column in field.columns for cell in by_column.get(column, ())}
    whole = [cell for cell in cells.values() if _squeezed(cell.text) == _squeezed(field.words)]
    return tuple(whole or cells.values())


def _described(field: Field, kind: RecordKind, row: SourceRow) -> tuple[Cell, ...]:
    """The cells whose columns are described as those of a field that no cell feeds: its value is the usual one."""
    return tuple(cell for cell in row.cells if _destination(cell, kind, row) in field.columns)


def _refused(field: Field, kind: RecordKind, row: SourceRow) -> tuple[Cell, ...]:
    """The cells for an empty field whose content has a problem of its own. Other empty fields have none."""
    refused = {problem.column for problem in row.problems if problem.column}
    meant = (cell for cell in row.cells if _destination(cell, kind, row) in field.columns)
    return tuple(cell for cell in meant if refused & {cell.name, cell.column})


def _own_problems(row: SourceRow) -> Iterable[Problem]:
    """The problems of the row that concern the record: not those of other members or other records of the row."""
    if row.feeds is None or row.record_id in (None, row.source_id):
        return row.problems
    sharing = row.kind.sharing
    orphans = {placed.column.orphan for placed in row.kind.columns if sharing and placed.name == sharing.by}
    aside = {sharing.alone, *orphans} if sharing else set()
    return tuple(p for p in row.problems if p.code not in aside and not _is_of_another_record(p, row))


def _is_of_another_record(problem: Problem, row: SourceRow) -> bool:
    feeds = row.feeds or {}
    fed = frozenset[str]().union(*(feeds[c.name] for c in row.cells if problem.column in (c.name, c.column)))
    return bool(fed) and all("/" in column for column in fed)


def cells_alone(row: SourceRow, hidden: frozenset[str]) -> tuple[Line, ...]:
    """The cells of a row without any record."""
    return tuple(_other(cell, row, hidden) for cell in row.cells)


def _destinations(cell: Cell, kind: RecordKind, row: SourceRow) -> frozenset[str]:
    """The columns that a cell feeds: as mapping has shown it for the record, else as the cell's column is described."""
    if cell.place is not None:
        return cell.feeds
    if row.feeds is None:
        return frozenset({_destination(cell, kind, row)})
    return row.feeds.get(cell.name, frozenset())


def _destination(cell: Cell, kind: RecordKind, row: SourceRow) -> str:
    """The column that a cell feeds, by its name in the record's own table; `table.column` of another one.

    A name that stands beside a number, or for it, feeds what the number does.
    """
    own = cell.placed.column if cell.placed else None
    told = own.destination if own else None
    if own and not told and own.fills:
        told = next((one.column.destination for one in row.kind.columns if one.name == own.fills), None)
    table, _, column = (told or "").partition(".")
    if cell.name != cell.column:
        return f"{table}.{cell.name.partition(':')[2]}"
    return column if table == kind.name else f"{table}.{column}"


def _line(
    field: Field, cells: tuple[Cell, ...], row: SourceRow, borrowed: Mapping[str, str], *, is_usual: bool = False
) -> Line:
    from_other_row = next((borrowed[column] for column in field.columns if column in borrowed), None)
    if from_other_row is not None:
        return Line(field.label, field, cells, (from_other_row,))
    if row.assumed.intersection(field.columns):
        return Line(field.label, field, cells, (ASSUMED,))
    if not cells:
        why = _without_cell(field, row)
        return Line(field.label, field, (), (why,), is_same=why == NO_CELL)
    told = _problems(cells, row)
    if not told and all(_is_kept(cell, field) for cell in cells):
        return Line(field.label, field, cells, (AS_IT_WAS,), is_same=True)
    return Line(field.label, field, cells, tuple(told) or (USUAL if is_usual else _how(field, cells, row),))


def _without_cell(field: Field, row: SourceRow) -> str:
    """Why no cell is shown for a value."""
    if row.feeds is None:
        return NOT_TRACED
    return OTHER_ROWS if row.unlike.intersection(field.columns) else NO_CELL


def line_of(place: Place) -> str:
    """As in "line 7 of appointments.csv"."""
    return f"line {place.line:,} of {place.file.rpartition('/')[2]}"


def _problems(cells: tuple[Cell, ...], row: SourceRow) -> list[str]:
    own = [cell for cell in cells if cell.place is None]
    names = {cell.name for cell in own} | {cell.column for cell in own}
    titles = [problem.title for problem in row.problems if problem.column in names]
    return list(dict.fromkeys([*titles, *(problem.title for cell in cells for problem in cell.problems)]))


def _how(field: Field, cells: tuple[Cell, ...], row: SourceRow) -> str:
    if field.is_moment and any(_instant(cell, row) in field.plain for cell in cells):
        return SAME_MOMENT
    for cell in cells:
        if cell.how:
            return cell.how
    columns = [cell.placed.column for cell in cells if cell.placed]
    if any(column.by_reading for column in columns):
        return field.how or FROM_FILE
    for column in columns:
        if column.done:
            return column.done
    if row.dates is DateOrder.MONTH_FIRST and any(column.read in (birth, day) for column in columns):
        return MONTH_FIRST
    if field.how:
        return field.how
    if any(column.links_to or column.is_key for column in columns):
        return "Found by its number"
    if any(column.fills for column in columns):
        return "Found by its name"
    return "Brought into Caspen's form"


def _instant(cell: Cell, row: SourceRow) -> str | None:
    return cell.instant if cell.place is not None else row.instants.get(cell.name)


def _is_kept(cell: Cell, field: Field) -> bool:
    """Whether a cell's own words stand in the value."""
    text = _squeezed(cell.text)
    if cell.text in field.plain or text in (_squeezed(part) for part in field.plain):
        return True
    words = _squeezed(field.words)
    return (
        text == words or text in (_squeezed(part) for part in field.words.splitlines()) or f" {text} " in f" {words} "
    )


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _other(cell: Cell, row: SourceRow, hidden: frozenset[str], kind: RecordKind | None = None) -> Line:
    """A cell by itself. One that may hold what is hidden is hidden with it."""
    column = cell.placed.column if cell.placed else None
    destination = (column.destination or "").partition(".")[2] if column else ""
    if hidden and (column is None or destination in hidden):
        return Line(cell.header, None, (), (CLOSED,), closed=True)
    told = _problems((cell,), row)
    instead = _instead(cell, row, kind)
    return Line(
        cell.header, None, (cell,), tuple(told) or (f"{instead} counts instead" if instead else _became(cell, row),)
    )


def _instead(cell: Cell, row: SourceRow, kind: RecordKind | None) -> str:
    """The row that gives a value in the place of this cell, as in "Line 7 of attendees.csv"; empty where none does."""
    column = "" if kind is None or row.feeds is None else _destination(cell, kind, row)
    place = next((joined.place for joined in row.joined if column in joined.feeds), None)
    words = line_of(place) if place is not None and not (row.feeds or {}).get(cell.name) else ""
    return words[:1].upper() + words[1:]


def _became(cell: Cell, row: SourceRow) -> str:
    column = cell.placed.column if cell.placed else None
    if column is None:
        return "A column that we do not know"
    if column.done:
        return column.done
    if column.is_key:
        return "Kept, so that it is found again"
    if row.feeds is not None and not row.feeds.get(cell.name):
        return "Says what it belongs to" if column.links_to or column.fills else "No field of its own in Caspen"
    if cell.name == "created_at":
        return "Kept as the day it was made"
    if cell.name != cell.column:
        return "A custom field"
    if column.destination:
        return f"In Caspen: {_worded(column.destination)}" if row.stays is None else NOT_BROUGHT
    if column.links_to or column.fills:
        return "Says what it belongs to"
    return "No field of its own in Caspen"


def _worded(destination: str) -> str:
    """As in "Item code", from `services.item_code`."""
    words = destination.partition(".")[2].removesuffix("_id").replace("_", " ")
    return words[:1].upper() + words[1:]
