"""Spot checks: which cells of an export must be stored in which columns of Caspen, described apart from the mapping.

The code that reads and maps an export also makes the digests that the trial is compared with, so a fault in that code
changes both sides alike. Verification reads the raw file with other code and compares the cells with the stored
records by the descriptions here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

Cells = Mapping[str, str]
"""The cells of one row, by header as `RawFormat.bare` gives it."""

CellOf = Callable[[Cells], str]
"""Returns the text to compare for a row; "" if the row has none."""


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

    * `headers`: every header that the column may have; the first is the usual header.
    * `column`: the column of Caspen.
    * `table`, `kind`: for a link, the table and the source's kind of the target.
    * `target_column`: for a link, the column of the target whose value is stored here.
    * `shared_column`: for a link, a column with the same value in both records. If the values differ, the link must be
      empty.
    * `pick`: returns the text to compare, if that is not the cell itself.
    """

    headers: tuple[str, ...]
    column: str
    comparison: Comparison = Comparison.WORDS
    table: str = ""
    kind: str = ""
    target_column: str = "id"
    shared_column: str = ""
    pick: CellOf | None = None

    @property
    def label(self) -> str:
        """The usual header."""
        return self.headers[0]

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
    is_refuted: Callable[[Cells], bool] | None = None


@dataclass(frozen=True, slots=True)
class OverridingKind:
    """A kind whose rows decide some of Caspen's columns, for the row that they name under `headers`."""

    kind: str
    headers: tuple[str, ...]
    columns: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class VerifiedKind:
    """A kind whose rows are compared with the records of one table.

    * `key`: the headers of the id; the first is the kind's own.
    * `columns`: the columns that are compared.
    * `has_own_record`: a row without any reported problem has a record under its id.
    * `exempts`: by problem code, the columns of Caspen that may differ in a row with this problem. A row with any other
      code is not compared at all.
    * `reported_problems`: problems that are checked against the row.
    * `id_suffix`: what a record's key has behind the row's id.
    * `overridden_by`: another kind whose rows decide some of the columns.
    * `required_headers`: groups of headers such as "User ID|Active". A file of the kind has one header of each group.
    * `excluded_headers`: headers that a file of the kind never has.
    """

    kind: str
    table: str
    key: tuple[str, ...]
    columns: tuple[VerifiedColumn, ...]
    has_own_record: bool = False
    exempts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    reported_problems: tuple[ReportedProblem, ...] = ()
    id_suffix: str = ""
    overridden_by: OverridingKind | None = None
    required_headers: tuple[str, ...] = ()
    excluded_headers: tuple[str, ...] = ()

    def fits(self, headers: frozenset[str]) -> bool:
        """Whether a file with these bare headers is of this kind, and has the kind's own id column."""
        has_required = (not headers.isdisjoint(map(bare_header, group.split("|"))) for group in self.required_headers)
        has_excluded = not headers.isdisjoint(map(bare_header, self.excluded_headers))
        has_key = bare_header(self.key[0]) in headers
        return bool(self.required_headers) and has_key and all(has_required) and not has_excluded


@lru_cache(maxsize=4096)
def bare_header(header: str) -> str:
    """A header in lower case, letters and digits only. For the headers of a file, see `RawFormat.bare`."""
    return "".join(filter(str.isalnum, header.casefold()))


def first_filled(row: Cells, *headers: str) -> str:
    """The first filled cell under the headers; "" if all are empty."""
    return next((cell for header in headers if (cell := row.get(bare_header(header)))), "")


def words(column: str, *headers: str, pick: CellOf | None = None) -> VerifiedColumn:
    """A column of text: every word is stored."""
    return VerifiedColumn(headers, column, pick=pick)


def content(column: str, *headers: str) -> VerifiedColumn:
    """A column with the JSON of a note or form."""
    return VerifiedColumn(headers, column, Comparison.CONTENT)


def template(column: str, *headers: str) -> VerifiedColumn:
    """A column with the JSON of a template."""
    return VerifiedColumn(headers, column, Comparison.TEMPLATE)


def moment(column: str, *headers: str, pick: CellOf | None = None) -> VerifiedColumn:
    """A column of times."""
    return VerifiedColumn(headers, column, Comparison.MOMENT, pick=pick)


def day(column: str, *headers: str) -> VerifiedColumn:
    """A column of dates."""
    return VerifiedColumn(headers, column, Comparison.DAY)


def email(column: str, *headers: str) -> VerifiedColumn:
    """A column of e-mail addresses."""
    return VerifiedColumn(headers, column, Comparison.EMAIL)


def same(column: str, *headers: str, pick: CellOf | None = None) -> VerifiedColumn:
    """A column whose letters and digits are stored unchanged."""
    return VerifiedColumn(headers, column, Comparison.SAME, pick=pick)


def link_to(
    column: str,
    table: str,
    kind: str,
    *headers: str,
    target_column: str = "id",
    shared_column: str = "",
    pick: CellOf | None = None,
) -> VerifiedColumn:
    """A column of ids of another kind. Parameters as in `VerifiedColumn`."""
    return VerifiedColumn(headers, column, Comparison.LINK, table, kind, target_column, shared_column, pick)
