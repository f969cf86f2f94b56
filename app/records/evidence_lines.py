"""Each value of a record next to its source cells, and the conversion between them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.mapping.context import DateOrder
from app.mapping.moments import birth, day
from app.problems import Problem
from app.records.field import RecordField
from app.records.record_kind import RecordKind
from app.records.shown_cells import Cell, CellPlace
from app.records.source_row import SourceRow

AS_IT_WAS = "As it was"
NO_CELL = "Not a column in your export"
ASSUMED = "Your export names none here: the only one, or the one that you chose"
OTHER_ROWS = "Decided by other rows of your export"
NOT_TRACED = "We could not trace this to a cell of your export"
SAME_NAME = "Found in Caspen by its name"
FROM_FILE = "Read from the file itself and its folder"
USUAL = "Caspen's usual value, which this cell does not change"
SAME_MOMENT = "The same moment, on the clock of its location"
NOTHING_BORROWED: Mapping[str, str] = {}
NOT_BROUGHT = "Did not come, as the row did not"
LEFT_OUT = "Did not come: you left the row out"
MATCHED = "Not copied: what you chose in Caspen counts"
CLOSED = "Only for those who may read it in Caspen"
MONTH_FIRST = "Read with the month before the day, as all of the file proves"


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """A value with its source `cells`. `did` describes the conversion, `is_same` marks an unchanged value."""

    label: str
    field: RecordField | None
    cells: tuple[Cell, ...]
    did: tuple[str, ...]
    is_same: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class RecordEvidence:
    """`lines` in the order of the record, `others` for cells without a value, `problems` of the row."""

    lines: tuple[EvidenceLine, ...]
    others: tuple[EvidenceLine, ...]
    problems: tuple[Problem, ...]


def build_record_evidence(
    kind: RecordKind,
    fields: Iterable[RecordField],
    row: SourceRow,
    hidden: frozenset[str],
    borrowed: Mapping[str, str] = NOTHING_BORROWED,
) -> RecordEvidence:
    """The values of a record with the source cells of each.

    `hidden` are columns that the reader may not see, so their cells are hidden, too. `borrowed` names, by column, the
    other row that a value comes from.
    """
    by_column: dict[str, list[Cell]] = {}
    every_cell = (*row.cells, *row.joined)
    for cell in every_cell:
        for column in _destinations(cell, kind, row):
            by_column.setdefault(column, []).append(cell)
    secret = {cell.key for cell in every_cell if hidden.intersection(_destinations(cell, kind, row))}
    lines: list[EvidenceLine] = []
    shown: set[tuple[CellPlace | None, str]] = set()
    for field in fields:
        cells = _cells_of(field, by_column) if field.value else _refused(field, kind, row)
        is_usual = bool(field.value) and not cells and not row.assumed.intersection(field.columns)
        cells = _described(field, kind, row) if is_usual else cells
        shown.update(cell.key for cell in cells)
        if hidden.intersection(field.columns):
            lines.append(EvidenceLine(field.label, None, (), (CLOSED,), closed=True))
        elif field.value or cells:
            open_cells = tuple(cell for cell in cells if cell.key not in secret)
            closed = EvidenceLine(field.label, field, (), (CLOSED,))
            lines.append(
                _line(field, open_cells, row, borrowed, is_usual=is_usual) if open_cells or not cells else closed
            )
    rest = [cell for cell in row.cells if cell.key not in shown and cell.key not in secret]
    others = tuple(_other(cell, row, hidden, kind) for cell in rest)
    shown_titles = {word for line in (*lines, *others) for word in line.did}
    return RecordEvidence(tuple(lines), others, tuple(p for p in _own_problems(row) if p.title not in shown_titles))


def _cells_of(field: RecordField, by_column: Mapping[str, list[Cell]]) -> tuple[Cell, ...]:
    """The cells that feed the field's columns, each once, in the order of the columns.

    If a cell holds the whole value, the other cells are only conditions and are left out.
    """
    cells = {cell.key: cell for column in field.columns for cell in by_column.get(column, ())}
    whole = [cell for cell in cells.values() if _squeezed(cell.text) == _squeezed(field.words)]
    return tuple(whole or cells.values())


def _described(field: RecordField, kind: RecordKind, row: SourceRow) -> tuple[Cell, ...]:
    """Cells described as a source of a field that no cell feeds: the field has its usual value."""
    return tuple(cell for cell in row.cells if _destination(cell, kind, row) in field.columns)


def _refused(field: RecordField, kind: RecordKind, row: SourceRow) -> tuple[Cell, ...]:
    """Cells of an empty field whose content has a problem of its own. Other empty fields have no cells."""
    refused = {problem.column for problem in row.problems if problem.column}
    meant = (cell for cell in row.cells if _destination(cell, kind, row) in field.columns)
    return tuple(cell for cell in meant if refused & {cell.name, cell.column})


def _own_problems(row: SourceRow) -> Iterable[Problem]:
    """The row's problems that concern this record, without those of other records of the row."""
    if row.feeds is None or row.record_id in (None, row.source_id):
        return row.problems
    sharing = row.kind.sharing
    orphans = {
        placed.column.orphan_code for placed in row.kind.columns if sharing and placed.name == sharing.target_link
    }
    aside = {sharing.no_target_code, *orphans} if sharing else set()
    return tuple(p for p in row.problems if p.code not in aside and not _is_of_another_record(p, row))


def _is_of_another_record(problem: Problem, row: SourceRow) -> bool:
    feeds = row.feeds or {}
    fed = frozenset[str]().union(*(feeds[c.name] for c in row.cells if problem.column in (c.name, c.column)))
    return bool(fed) and all("/" in column for column in fed)


def cells_alone(
    row: SourceRow, hidden: frozenset[str], *, fate: str = "", is_planned: bool = False
) -> tuple[EvidenceLine, ...]:
    """The cells of a row by itself.

    `fate` says of all known cells alike what became of them, such as NOT_BROUGHT; "" for a row that came. `is_planned`:
    no trial has shown yet what becomes of the row.
    """
    return tuple(_other(cell, row, hidden, fate=fate, is_planned=is_planned) for cell in row.cells)


def counts_instead(place: CellPlace) -> str:
    """As in "Line 7 of patients.csv counts instead"."""
    words = line_of(place)
    return f"{words[:1].upper()}{words[1:]} counts instead"


def _destinations(cell: Cell, kind: RecordKind, row: SourceRow) -> frozenset[str]:
    """The columns that a cell feeds: as mapping proved for the record, else by the column's description."""
    if cell.place is not None:
        return cell.feeds
    if row.feeds is None:
        return frozenset({_destination(cell, kind, row)})
    return row.feeds.get(cell.name, frozenset())


def _destination(cell: Cell, kind: RecordKind, row: SourceRow) -> str:
    """The column that a cell feeds, in the record's own table, or as `table.column` for another table.

    A name next to a number, or in its place, feeds the number's column.
    """
    own = cell.placed.column if cell.placed else None
    destination = own.destination if own else None
    if own and not destination and own.name_for:
        destination = next(
            (placed.column.destination for placed in row.kind.columns if placed.name == own.name_for), None
        )
    table, _, column = (destination or "").partition(".")
    if cell.name != cell.column:
        return f"{table}.{cell.name.partition(':')[2]}"
    return column if table == kind.name else f"{table}.{column}"


def _line(
    field: RecordField, cells: tuple[Cell, ...], row: SourceRow, borrowed: Mapping[str, str], *, is_usual: bool = False
) -> EvidenceLine:
    from_other_row = next((borrowed[column] for column in field.columns if column in borrowed), None)
    if from_other_row is not None:
        return EvidenceLine(field.label, field, cells, (from_other_row,))
    if row.assumed.intersection(field.columns):
        return EvidenceLine(field.label, field, cells, (ASSUMED,))
    if not cells:
        why = _without_cell(field, row)
        return EvidenceLine(field.label, field, (), (why,), is_same=why == NO_CELL)
    titles = _problems(cells, row)
    if not titles and all(_is_kept(cell, field) for cell in cells):
        return EvidenceLine(field.label, field, cells, (AS_IT_WAS,), is_same=True)
    without_evidence = USUAL if field.origin is None else NOT_TRACED  # another record's usual value is not known here
    return EvidenceLine(
        field.label, field, cells, tuple(titles) or (without_evidence if is_usual else _how(field, cells, row),)
    )


def _without_cell(field: RecordField, row: SourceRow) -> str:
    """Why a value has no cell."""
    if row.feeds is None:
        return NOT_TRACED
    return OTHER_ROWS if row.unlike.intersection(field.columns) else NO_CELL


def line_of(place: CellPlace) -> str:
    """As in "line 7 of appointments.csv"."""
    return f"line {place.line:,} of {place.file.rpartition('/')[2]}"


def _problems(cells: tuple[Cell, ...], row: SourceRow) -> list[str]:
    own = [cell for cell in cells if cell.place is None]
    names = {cell.name for cell in own} | {cell.column for cell in own}
    titles = [problem.title for problem in row.problems if problem.column in names]
    return list(dict.fromkeys([*titles, *(problem.title for cell in cells for problem in cell.problems)]))


def _how(field: RecordField, cells: tuple[Cell, ...], row: SourceRow) -> str:
    if field.is_moment and any(_instant(cell, row) in field.plain for cell in cells):
        return SAME_MOMENT
    for cell in cells:
        if cell.how:
            return cell.how
    columns = [cell.placed.column for cell in cells if cell.placed]
    if any(column.set_by_reading for column in columns):
        return field.how or FROM_FILE
    for column in columns:
        if column.conversion:
            return column.conversion
    if row.dates is DateOrder.MONTH_FIRST and any(column.read in (birth, day) for column in columns):
        return MONTH_FIRST
    if field.how:
        return field.how
    missing = _missing_target(cells, row)
    if missing is not None:
        return SAME_NAME if any(_is_kept(cell, field) for cell in cells) else missing.title
    if any(column.links_to or column.is_key for column in columns):
        return "Found by its number"
    if any(column.name_for for column in columns):
        return "Found by its name"
    return "Brought into Caspen's form"


def _missing_target(cells: tuple[Cell, ...], row: SourceRow) -> Problem | None:
    """The problem that says that the target of these cells' reference has no row in the export; None without one."""
    links = {placed.name: placed.column for placed in row.kind.columns}
    columns = [cell.placed.column for cell in cells if cell.placed]
    codes = {code for column in columns for code in links.get(column.name_for or "", column).dropped_link_codes}
    return next((problem for problem in row.problems if problem.code in codes), None)


def _instant(cell: Cell, row: SourceRow) -> str | None:
    return cell.instant if cell.place is not None else row.instants.get(cell.name)


def _is_kept(cell: Cell, field: RecordField) -> bool:
    """Whether the value contains the cell's own text."""
    text = _squeezed(cell.text)
    if cell.text in field.plain or text in (_squeezed(part) for part in field.plain):
        return True
    words = _squeezed(field.words)
    return (
        text == words or text in (_squeezed(part) for part in field.words.splitlines()) or f" {text} " in f" {words} "
    )


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _other(
    cell: Cell,
    row: SourceRow,
    hidden: frozenset[str],
    kind: RecordKind | None = None,
    *,
    fate: str = "",
    is_planned: bool = False,
) -> EvidenceLine:
    """A cell by itself. Hidden if it may hold a hidden value."""
    column = cell.placed.column if cell.placed else None
    destination = (column.destination or "").partition(".")[2] if column else ""
    if hidden and (column is None or destination in hidden):
        return EvidenceLine(cell.header, None, (), (CLOSED,), closed=True)
    titles = _problems((cell,), row)
    became = _instead(cell, row, kind) or (fate if column is not None else "") or _became(cell, row, is_planned)
    return EvidenceLine(cell.header, None, (cell,), tuple(titles) or (became,))


def _instead(cell: Cell, row: SourceRow, kind: RecordKind | None) -> str:
    """That another row supplies the value instead of this cell. "" without such a row."""
    column = "" if kind is None or row.feeds is None else _destination(cell, kind, row)
    place = next((joined.place for joined in row.joined if column in joined.feeds), None)
    return counts_instead(place) if place is not None and not (row.feeds or {}).get(cell.name) else ""


def _became(cell: Cell, row: SourceRow, is_planned: bool) -> str:
    kept = "Will be kept" if is_planned else "Kept"
    column = cell.placed.column if cell.placed else None
    if column is None:
        return "A column that we do not know"
    if column.conversion:
        return column.conversion
    if column.is_key:
        return f"{kept}, so that it is found again"
    if row.feeds is not None and not row.feeds.get(cell.name):
        return "Says what it belongs to" if column.links_to or column.name_for else "No field of its own in Caspen"
    if cell.name == "created_at":
        return f"{kept} as the day it was made"
    if cell.name != cell.column:
        return "A custom field"
    if column.destination:
        return f"{'Will be in' if is_planned else 'In'} Caspen: {_worded(column.destination)}"
    if column.links_to or column.name_for:
        return "Says what it belongs to"
    return "No field of its own in Caspen"


def _worded(destination: str) -> str:
    """As in "Item code", from `services.item_code`."""
    words = destination.partition(".")[2].removesuffix("_id").replace("_", " ")
    return words[:1].upper() + words[1:]
