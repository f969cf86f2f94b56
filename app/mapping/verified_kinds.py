"""Spot checks: which cells of an export must be stored in which columns of Caspen, described apart from the mapping.

The code that reads and maps an export also makes the digests that the trial is compared with, so a fault in that code
changes both sides alike. Verification reads the raw file with other code and compares the cells with the stored
records by the descriptions here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from inspect import Parameter, signature
from typing import Generic, TypeVar

Cells = Mapping[str, str]
"""The cells of one row, by header as `RawFormat.bare` gives it."""

KindHeaders = Mapping[str, tuple[str, ...]]
"""The headers of each attribute of a kind, the usual header first."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RowRule(Generic[T]):
    """A value that is calculated from cells of one row. Usable as a decorator.

    * `calculate`: its parameters are attributes of the kind, and receive their cells as text. If the row has no column
      of an attribute, the parameter keeps its default value, or is "". Raises nothing.
    * `headers`: the headers of each parameter. The source gives them to the rule.
    """

    calculate: Callable[..., T]
    headers: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes whose cells the rule reads."""
        return tuple(_parameters(self.calculate))

    def with_headers(self, headers: KindHeaders) -> "RowRule[T]":
        """The rule for the rows of a kind with these headers."""
        return replace(self, headers=tuple((name, headers.get(name, ())) for name in self.attributes))

    def __call__(self, row: Cells) -> T:
        """The value for a row."""
        parameters = _parameters(self.calculate)
        return self.calculate(
            **{
                name: first_filled(row, *headers)
                for name, headers in self.headers
                if parameters[name].default is Parameter.empty or _has_column(row, headers)
            }
        )


class Comparison(StrEnum):
    """How a cell is compared with the stored value."""

    WORDS = "words"  # every word of the cell is in the column; HTML tags are ignored
    CONTENT = "content"  # every word of a form's names and answers is in the column
    TEMPLATE = "template"  # as CONTENT, with only those answers that a template keeps as its starting text
    MOMENT = "moment"  # a time with an offset is the same instant
    DAY = "day"  # a date written year first is the same day
    EMAIL = "email"  # a plain address is the same address
    SAME = "same"  # the same letters and digits
    LINK = "link"  # the column refers to the record with this id in the export
    FILE = "file"  # the export has a file at this path; nothing of the cell is stored
    CHECKSUM = "sum"  # the file at the path has the size or the SHA-256 checksum of the cell


@dataclass(frozen=True, slots=True)
class VerifiedColumn:
    """A column of a file, and the column of Caspen that must hold the column's cells.

    * `attributes`: the attributes of the kind that describe the column.
    * `column`: the column of Caspen.
    * `table`, `kind`: for a link, the table and the source's kind of the target.
    * `target_column`: for a link, the column of the target whose value is stored here.
    * `shared_column`: for a link, a column with the same value in both records. If the values differ, the link must be
      empty.
    * `pick`: returns the text to compare, if that is not the cell itself.
    * `usual_header`: the header of the attribute that counts before the others, if that is not its first.
    * `headers`: every header that the column may have; the first is the usual header. The source gives them to the
      column.
    """

    attributes: tuple[str, ...]
    column: str
    comparison: Comparison = Comparison.WORDS
    table: str = ""
    kind: str = ""
    target_column: str = "id"
    shared_column: str = ""
    pick: RowRule[str] | None = None
    usual_header: str = ""
    headers: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The usual header."""
        return self.headers[0]

    def with_headers(self, headers: KindHeaders) -> "VerifiedColumn":
        """The column in a kind with these headers."""
        own = _headers_of(self.attributes, headers, self.usual_header)
        return replace(self, headers=own, pick=self.pick.with_headers(headers) if self.pick else None)

    def named_attributes(self) -> tuple[str, ...]:
        """The attributes that the column and its rule name."""
        return (*self.attributes, *(self.pick.attributes if self.pick else ()))

    def cell(self, row: Cells) -> str:
        """The text of the row to compare; "" if the row has none."""
        return self.pick(row) if self.pick else first_filled(row, *self.headers)


@dataclass(frozen=True, slots=True)
class ReportedProblem:
    """A problem that is checked against the row that it was reported for.

    The problem reports that the cell of `column` cannot be read, or refers to no record. The problem is refuted if the
    cell can be read, or refers to a record. `is_refuted` checks the whole row instead.
    """

    code: str
    column: VerifiedColumn
    is_refuted: RowRule[bool] | None = None

    def with_headers(self, headers: KindHeaders) -> "ReportedProblem":
        """The problem in a kind with these headers."""
        is_refuted = self.is_refuted.with_headers(headers) if self.is_refuted else None
        return replace(self, column=self.column.with_headers(headers), is_refuted=is_refuted)

    def named_attributes(self) -> tuple[str, ...]:
        """The attributes that the column and the rule of the problem name."""
        return (*self.column.named_attributes(), *(self.is_refuted.attributes if self.is_refuted else ()))


@dataclass(frozen=True, slots=True)
class OverridingKind:
    """A kind whose rows decide some of Caspen's columns, for the row that their `attribute` names.

    `usual_header` and `headers` are as in `VerifiedColumn`.
    """

    kind: str
    attribute: str
    columns: frozenset[str]
    usual_header: str = ""
    headers: tuple[str, ...] = ()

    def with_headers(self, headers: KindHeaders) -> "OverridingKind":
        """The kind with these headers."""
        return replace(self, headers=_headers_of((self.attribute,), headers, self.usual_header))


@dataclass(frozen=True, slots=True, eq=False)
class VerifiedKind:
    """A kind whose rows are compared with the records of one table.

    * `columns`: the columns that are compared.
    * `key`: the attribute of the id.
    * `has_own_record`: a row without any reported problem has a record under its id.
    * `exempts`: by problem code, the columns of Caspen that may differ in a row with this problem. A row with any other
      code is not compared at all.
    * `reported_problems`: problems that are checked against the row.
    * `id_suffix`: what a record's key has behind the row's id.
    * `overridden_by`: another kind whose rows decide some of the columns.
    * `required`: groups of attributes such as "user_id|active". A file of the kind has a column of each group.
    * `excluded_headers`: headers that a file of the kind never has. No attribute of the kind has them.
    * `headers`: the headers of the kind's attributes. The source gives them to the kind.
    """

    kind: str
    table: str
    columns: tuple[VerifiedColumn, ...]
    key: str = "id"
    has_own_record: bool = False
    exempts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    reported_problems: tuple[ReportedProblem, ...] = ()
    id_suffix: str = ""
    overridden_by: OverridingKind | None = None
    required: tuple[str, ...] = ()
    excluded_headers: tuple[str, ...] = ()
    headers: KindHeaders = field(default_factory=dict)

    @property
    def key_headers(self) -> tuple[str, ...]:
        """The headers of the id; the first is the kind's own."""
        return self.headers[self.key]

    def with_headers(self, headers: Mapping[str, KindHeaders]) -> "VerifiedKind":
        """The kind with the headers of its source, by kind. An attribute that the kind does not have has no header.

        A kind that `headers` does not name keeps the headers that it has.
        """
        own, overriding = headers.get(self.kind, self.headers), self.overridden_by
        return replace(
            self,
            columns=tuple(column.with_headers(own) for column in self.columns),
            reported_problems=tuple(problem.with_headers(own) for problem in self.reported_problems),
            overridden_by=overriding.with_headers(headers[overriding.kind])
            if overriding and overriding.kind in headers
            else overriding,
            headers=own,
        )

    def named_attributes(self) -> Iterator[tuple[str, str]]:
        """Pairs of kind and attribute that the description names."""
        named = [self.key, *(name for group in self.required for name in group.split("|"))]
        named += [name for column in self.columns for name in column.named_attributes()]
        named += [name for problem in self.reported_problems for name in problem.named_attributes()]
        yield from ((self.kind, name) for name in dict.fromkeys(named))
        if self.overridden_by:
            yield self.overridden_by.kind, self.overridden_by.attribute

    def fits(self, headers: frozenset[str]) -> bool:
        """Whether a file with these bare headers is of this kind, and has the kind's own id column."""
        groups = [_headers_of(group.split("|"), self.headers) for group in self.required]
        has_required = (not headers.isdisjoint(map(bare_header, group)) for group in groups)
        has_excluded = not headers.isdisjoint(map(bare_header, self.excluded_headers))
        has_key = bare_header(self.key_headers[0]) in headers
        return bool(groups) and has_key and all(has_required) and not has_excluded


def _headers_of(attributes: Iterable[str], headers: KindHeaders, usual: str = "") -> tuple[str, ...]:
    own = [header for attribute in attributes for header in headers.get(attribute, ())]
    return tuple(dict.fromkeys((*([usual] if usual else []), *own)))


@lru_cache(maxsize=256)
def _parameters(calculate: Callable[..., object]) -> Mapping[str, Parameter]:
    return signature(calculate).parameters


def _has_column(row: Cells, headers: Iterable[str]) -> bool:
    return any(bare_header(header) in row for header in headers)


@lru_cache(maxsize=4096)
def bare_header(header: str) -> str:
    """A header in lower case, letters and digits only. For the headers of a file, see `RawFormat.bare`."""
    return "".join(filter(str.isalnum, header.casefold()))


NO_VALUE = frozenset({"null", "nil", "n/a", "#n/a"})
"""Words of a cell, in lower case, that give way to another column of the same meaning."""

_SHEET_ERRORS = frozenset(
    f"#{word}"
    for word in (
        *("name?", "ref!", "value!", "div/0!", "num!", "null!", "error!", "spill!", "calc!", "field!", "blocked!"),
        *("connect!", "unknown!", "getting_data"),
    )
)
_LONGEST_WORD = 255


def first_filled(row: Cells, *headers: str) -> str:
    """The cell under the headers that counts by `counting`; "" if all are empty."""
    bare = {bare_header(header) for header in headers}
    if len(bare) == 1:
        return row.get(*bare) or ""
    return counting(cell for header, cell in row.items() if cell and header in bare)


def counting(cells: Iterable[str]) -> str:
    """Of filled cells of one meaning, in the file's order of columns, the one that counts; "" if there is none.

    The first value counts. Without a value, the first error word of a spreadsheet counts, then the first word of
    NO_VALUE.
    """
    first: dict[str, str] = {}
    for cell in cells:
        first.setdefault(_sort_of(cell), cell)
        if "value" in first:
            break
    return first.get("value") or first.get("error") or first.get("nothing", "")


def _sort_of(cell: str) -> str:
    word = cell.strip().casefold() if len(cell) <= _LONGEST_WORD else ""
    if word in NO_VALUE:
        return "nothing"
    is_narrow = len(word) > 3 and not word.strip("#")  # what a column too narrow for its number displays
    return "error" if is_narrow or word in _SHEET_ERRORS else "value"


def is_value(cell: str) -> bool:
    """Whether a cell is filled with neither a word of NO_VALUE nor an error word."""
    return cell.isdigit() or (bool(cell) and _sort_of(cell) == "value")


def words(column: str, *attributes: str, pick: RowRule[str] | None = None) -> VerifiedColumn:
    """A column of text: every word is stored. In this and the next functions, the attribute is `column` if none is
    given."""
    return VerifiedColumn(attributes or (column,), column, pick=pick)


def content(column: str, *attributes: str) -> VerifiedColumn:
    """A column with the JSON of a note or form."""
    return VerifiedColumn(attributes or (column,), column, Comparison.CONTENT)


def template(column: str, *attributes: str) -> VerifiedColumn:
    """A column with the JSON of a template."""
    return VerifiedColumn(attributes or (column,), column, Comparison.TEMPLATE)


def moment(column: str, *attributes: str, pick: RowRule[str] | None = None) -> VerifiedColumn:
    """A column of times."""
    return VerifiedColumn(attributes or (column,), column, Comparison.MOMENT, pick=pick)


def day(column: str, *attributes: str) -> VerifiedColumn:
    """A column of dates."""
    return VerifiedColumn(attributes or (column,), column, Comparison.DAY)


def email(column: str, *attributes: str) -> VerifiedColumn:
    """A column of e-mail addresses."""
    return VerifiedColumn(attributes or (column,), column, Comparison.EMAIL)


def same(column: str, *attributes: str, pick: RowRule[str] | None = None) -> VerifiedColumn:
    """A column whose letters and digits are stored unchanged."""
    return VerifiedColumn(attributes or (column,), column, Comparison.SAME, pick=pick)


def link_to(
    column: str,
    table: str,
    kind: str,
    *attributes: str,
    target_column: str = "id",
    shared_column: str = "",
    pick: RowRule[str] | None = None,
    usual_header: str = "",
) -> VerifiedColumn:
    """A column of ids of another kind. Parameters as in `VerifiedColumn`."""
    return VerifiedColumn(
        attributes or (column,),
        column,
        Comparison.LINK,
        table,
        kind,
        target_column,
        shared_column,
        pick,
        usual_header,
    )
