"""Parses one row of an export into a typed row, with all problems of its cells."""

import re
import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, fields, replace
from datetime import date
from decimal import Decimal
from pathlib import PurePath
from types import NoneType
from typing import Any, Generic, NamedTuple, TypeVar

from app.mapping.cells import is_error_word
from app.mapping.columns import NAME_QUALIFIER, Link, Reader, Report
from app.mapping.context import Context
from app.mapping.ids import related_id
from app.mapping.kind import Kind
from app.mapping.text import clean
from app.problems import Level, Problem

R = TypeVar("R")
QUARANTINED = "row_quarantined"

# Reported once for a file, however many rows have the problem.
ONCE_PER_FILE = frozenset({"timezone_assumed", "synthetic_key_used"})
# Reported once for a part or a column of a part, with the number of rows or cells.
BY_COLUMN = frozenset({"already_imported", "date_from_instant", "field_without_destination"})
# Reported for each cell of a row, since each names another field.
BY_CELL = frozenset({"duplicate_header"})
STOPPING = frozenset({Level.HELD, Level.SKIPPED, Level.REFUSED})
_RELATED = ("h", "{")  # first characters of a related thing's address and of a JSON object
MOST_REMEMBERED = 1000  # cells of a column
LONGEST_REMEMBERED = 40  # characters of a cell: ids, words, names, not prose
REMEMBERED_TYPES = frozenset({str, int, bool, float, Decimal, date, Link, NoneType})  # moments hardly ever repeat


class Parsed(NamedTuple, Generic[R]):
    """A parsed row with its id and problems. `row` is None if the row has no usable key, or was quarantined."""

    row: R | None
    source_id: str | None
    problems: tuple[Problem, ...] = ()

    @property
    def stopped(self) -> Problem | None:
        """The problem that keeps the row from being imported, judged by the row alone; None if there is none."""
        return next((p for p in self.problems if p.severity in STOPPING), None)


def parse_row(
    kind: Kind[R], cells: Mapping[str, str], context: Context, columns: Collection[str] | None = None
) -> Parsed[R]:
    """The row of `cells` (trimmed texts by attribute). Raises nothing.

    `columns` are the attributes that the file has a column for, if `cells` leaves out empty cells. If our own code
    fails, the result has the id and no row, and the problem `row_quarantined` has the place of the failure.
    """
    return parser_of(kind, context).parse_safely(cells, columns)


def parser_of(kind: Kind[R], context: Context) -> "RowParser[R]":
    """The parser of a kind in a context, cached. It keeps nothing of the rows that it parses."""
    parser = _parsers.get((kind.row, context))
    if parser is None or parser.kind is not kind:
        if len(_parsers) >= 256:
            _parsers.clear()
        parser = _parsers[kind.row, context] = RowParser(kind, context)
    return parser


class RowParser(Generic[R]):
    """Parses rows of one kind in one file's context.

    A parser that `remembers` keeps the values of up to MOST_REMEMBERED short cells of each column, because the same ids
    and words stand in many rows. It is made for one file or part and dropped with it, as its cells are patients' data.
    """

    def __init__(self, kind: Kind[R], context: Context, *, remembers: bool = False) -> None:
        self.kind = kind
        self.context = context
        self._known: dict[str, dict[str, tuple[Any, tuple[Problem, ...]]]] = (
            {p.name: {} for p in kind.columns if not (p.column.is_key or p.column.prefix)} if remembers else {}
        )
        self._readers = {p.name: p.column.read for p in kind.columns}
        if context.serials.columns:
            of_days = replace(context, in_serials=True)
            self._readers |= {
                name: _read_in(self._readers[name], of_days)
                for name in context.serials.columns
                if name in self._readers
            }
        self._required = frozenset(p.name for p in kind.columns if p.column.required)
        self._gathers = frozenset(p.name for p in kind.columns if p.column.prefix)
        self._names_for = tuple((p.name, p.column.name_for) for p in kind.columns if p.column.name_for)
        self._related = frozenset(name for name, link in self._names_for if re.sub("_ids?$", "", link) == name)
        names = {p.name for p in kind.columns}
        self._addressed = tuple(
            (base, p.name)
            for p in kind.columns
            if p.column.links_to and (base := re.sub("_ids?$", "", p.name)) != p.name and base in names
        )
        self._disambiguating = tuple((p.name, p.column.disambiguates) for p in kind.columns if p.column.disambiguates)
        self._made = _by_attributes(kind.row) or (lambda values: kind.row(**values))
        self._keeps_unread = any(f.name == "unread" for f in fields(kind.row))  # type: ignore[arg-type]
        self._key = next((p.name for p in kind.columns if p.column.is_key), None)

    def parse_safely(self, cells: Mapping[str, str], columns: Collection[str] | None = None) -> Parsed[R]:
        """The row of `cells`, as `parse_row`."""
        try:
            return self.parse(cells, columns)
        except Exception as fault:
            at = traceback.extract_tb(fault.__traceback__)[-1]
            details = {"fault": type(fault).__name__, "at": f"{PurePath(at.filename).name}:{at.lineno}"}
            source_id = self.source_id(cells)
            problem = Problem(QUARANTINED, self.kind.name, source_id=source_id, details=details)
            return Parsed(None, source_id, (problem,))

    def parse(self, cells: Mapping[str, str], columns: Collection[str] | None = None) -> Parsed[R]:
        """The row of `cells`, as `parse_row`, but raises what a reader or trait raises."""
        codes: list[str] = []
        problems: list[Problem] = []
        values: dict[str, Any] = {}
        readers, context, report, all_known = self._readers, self.context, codes.append, self._known
        for name, cell in cells.items():
            known = all_known.get(name)
            if known is not None and (remembered := known.get(cell)) is not None:
                value, of_cell = remembered
                if value is not None:
                    values[name] = value
                if of_cell:
                    problems += of_cell
                continue
            read = readers.get(name)
            if read is None or not cell:
                if cell and ":" in name:
                    self._gather(values, name, cell, report)
                    if codes:
                        problems += [self._problem(code, name) for code in dict.fromkeys(codes)]
                        codes.clear()
                continue
            if cell[0] == "#" and is_error_word(cell):
                problems.append(self._problem("spreadsheet_error_value", name))
                if self._keeps_unread:
                    values["unread"] = (*values.get("unread", ()), name)
                continue
            value = read(cell, context, report)
            if value is not None:
                values[name] = value
            of_cell = ()
            if codes:
                of_cell = tuple(self._problem(code, name) for code in dict.fromkeys(codes))
                problems += of_cell
                codes.clear()
            if known is not None and len(cell) <= LONGEST_REMEMBERED and type(value) in REMEMBERED_TYPES:
                if len(known) >= MOST_REMEMBERED:
                    known.clear()
                known[cell] = value, of_cell
        for name, link in self._addressed:
            text = cells.get(name, "")
            if text[:1] in _RELATED and (target := related_id(text)):
                if values.setdefault(link, Link((target,))).ids != (target,):
                    problems.append(self._problem("link_conflict", link))
                values.pop(name, None)
                problems = [p for p in problems if (p.code, p.column) != ("bad_json", name)]  # it is no text
        for name, link in self._names_for:
            if name in values and link in values:
                if name in self._related and values[link] == Link((values[name],)):
                    values[link] = Link(values[link].ids, values[name])  # the text may be an id or a name
            elif name in values:
                values[link] = Link(name=values[name])
                for qualifier, disambiguated in self._disambiguating:
                    if disambiguated == link and qualifier in values:
                        values[link] = Link(name=f"{values[name]}{NAME_QUALIFIER}{values[qualifier]}")
        return self._keyed(values, problems, cells.keys() if columns is None else columns)

    def source_id(self, cells: Mapping[str, str]) -> str | None:
        """The id in the row's key column, whatever the other cells are; None if the id cannot be read."""
        cell = cells.get(self._key or "", "")
        try:
            return self._readers[self._key](cell, self.context, lambda code: None) if self._key and cell else None
        except Exception:
            return None

    def _gather(self, values: dict[str, Any], name: str, cell: str, report: Report) -> None:
        """Adds a cell of a column that belongs to an attribute with `Column.prefix`."""
        attribute, _, rest = name.partition(":")
        if is_error_word(cell):
            report("spreadsheet_error_value")
        elif attribute in self._gathers:
            values.setdefault(attribute, {})[rest] = clean(cell, report)

    def _problem(self, code: str, column: str) -> Problem:
        level = None
        if code == "bad_json":  # holds the row only if the column is required
            level = Level.HELD if column in self._required else Level.WARNING
        return Problem(code, self.kind.name, column=column, level=level)

    def _keyed(self, values: dict[str, Any], problems: list[Problem], columns: Collection[str]) -> Parsed[R]:
        """The parsed row with its id: from the key column, generated, or from `Identity.key_of`."""
        kind = self.kind
        has_column = self._key is not None and self._key in columns
        source_id: str | None = values.get(self._key) if self._key else None
        if (
            source_id is None
            and self._key
            and kind.identity.generated_key
            and (made := values.get(kind.identity.generated_key))
        ):
            source_id = values[self._key] = made
        if source_id is None and has_column:
            if not any(p.code == "bad_id" for p in problems):
                problems.append(Problem("missing_id", kind.name, column=self._key))
            return Parsed(None, None, tuple(problems))
        row = self._made(values)
        if source_id is None:
            source_id = kind.identity.key_of(row) if kind.identity.key_of else None
            if source_id is None:
                return Parsed(None, None, (*problems, Problem("missing_id", kind.name)))
            if self._key:
                row = _with_key(row, self._key, source_id)
                problems.append(Problem("synthetic_key_used", kind.name))
        if kind.identity.key_suffix_of is not None and (suffix := kind.identity.key_suffix_of(row)):
            source_id = f"{source_id}/{suffix}"
        if values.get("deleted_at"):
            problems.append(Problem("deleted_in_source", kind.name))
        if kind.exclusion.reason and (problem := kind.exclusion.reason(row)):
            problems.append(problem.at(kind=kind.name))
        if problems:
            return Parsed(row, source_id, tuple(p.at(source_id=source_id) for p in problems))
        return Parsed(row, source_id)


_parsers: dict[tuple[type[Any], Context], RowParser[Any]] = {}


def _read_in(read: Reader, context: Context) -> Reader:
    """The same reader, always with this context."""
    return lambda cell, _, report: read(cell, context, report)


def _by_attributes(row: type[R]) -> Callable[[dict[str, Any]], R] | None:
    """A function that makes rows whose empty columns are the defaults of the class; five times as fast as `row()`."""
    simple = all(f.default is not MISSING for f in fields(row))  # type: ignore[arg-type]  # a row is a dataclass
    if not simple or hasattr(row, "__slots__") or hasattr(row, "__post_init__"):
        return None

    def make(values: dict[str, Any]) -> R:
        made = object.__new__(row)
        object.__setattr__(made, "__dict__", values)
        return made

    return make


def _with_key(row: R, name: str, source_id: str) -> R:
    return replace(row, **{name: source_id})  # type: ignore[type-var]  # a kind's row is always a dataclass
