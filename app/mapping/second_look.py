"""How a cell of an export must be found again in Caspen, told a second time and apart from the mapping.

What reads and maps an export also makes the digest that the trial is compared with; a fault in it changes both sides
alike. A second look goes from the raw file straight to the stored record, by these lines and no other.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

Cells = Mapping[str, str]  # of one row, by headers as `bare` gives them
Pick = Callable[[Cells], str]
Nested = Callable[[Mapping[str, Any]], Iterable[Mapping[str, Any]] | None]
"""The rows of an object of JSON that holds several; None for an object that is a row itself."""


class How(StrEnum):
    """How a cell is compared with what is stored."""

    WORDS = "words"  # every word of the cell stands in the column, whatever its marks of HTML
    CONTENT = "content"  # every word of a form's names and answers stands in the column
    TEMPLATE = "template"  # as content; of answers, those that a template keeps as its starting text
    MOMENT = "moment"  # a time that tells its offset is the same instant
    DAY = "day"  # a date that is written year first is the same day
    EMAIL = "email"  # what plainly is an address is the same address
    SAME = "same"  # the same letters and digits
    LINK = "link"  # what has this id in the export is what the column points at
    FILE = "file"  # a file lies at this path in the export; nothing is stored of it
    SUM = "sum"  # the file at the picked path is as large as the cell says, or has that sum


@dataclass(frozen=True, slots=True)
class Seen:
    """A column of a file, by every header that it may have, and the column of Caspen's where it must be found.

    `pick` gives what is looked for where that is not the cell as it stands; nothing where a row says nothing of it.
    """

    headers: tuple[str, ...]
    column: str
    how: How = How.WORDS
    table: str = ""  # of a link: where it leads
    kind: str = ""  # of a link: what it leads to, in the source's kinds
    of: str = "id"  # of a link: which column there must stand here
    whose: str = ""  # of a link: a column that both records have alike, or else the link is left out
    pick: Pick | None = None

    @property
    def shown(self) -> str:
        return self.headers[0]

    def cell(self, row: Cells) -> str:
        return self.pick(row) if self.pick else said_under(row, *self.headers)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a code says of a row, to be held against the row: that a cell cannot be read, or leads nowhere.

    A cell that plainly can be read, or leads to a record, refutes it. `refuted` asks the row itself instead.
    """

    code: str
    seen: Seen
    refuted: Callable[[Cells], bool] | None = None


@dataclass(frozen=True, slots=True)
class Overruled:
    """A kind whose rows have the last word on some of Caspen's columns, for the row that they name under `headers`."""

    kind: str
    headers: tuple[str, ...]
    columns: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One kind: under which headers its rows carry their id, and what of them is looked for in which table.

    The first header of the id is the kind's own. `own`: a row of which nothing is told has a record under its id.
    `touches` names codes, and Caspen's columns that may differ in a row of which one is told; any other code keeps the
    whole row from being compared. `behind` is what a record's id has behind the row's.

    `marks` are the headers that a file of the kind has by the contract of the input: groups like "User ID|Active", of
    which one header is there. A file with a header of `never` is of another kind.
    """

    kind: str
    table: str
    key: tuple[str, ...]
    seen: tuple[Seen, ...]
    own: bool = False
    touches: Mapping[str, frozenset[str]] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    behind: str = ""
    overruled: Overruled | None = None
    marks: tuple[str, ...] = ()
    never: tuple[str, ...] = ()

    def fits(self, headers: frozenset[str]) -> bool:
        """Whether a file with these bare headers is of this kind by the contract, and carries the kind's own id."""
        marked = (not headers.isdisjoint(map(bare, group.split("|"))) for group in self.marks)
        other = not headers.isdisjoint(map(bare, self.never))
        return bool(self.marks) and bare(self.key[0]) in headers and all(marked) and not other


@lru_cache(maxsize=4096)
def bare(header: str) -> str:
    """A header whatever its case and signs, and whether the clinic says client or patient."""
    name = "".join(filter(str.isalnum, header.casefold()))
    return name.replace("client", "patient").replace("worker", "patient").replace("participant", "patient")


def said_under(row: Cells, *headers: str) -> str:
    """The first of some cells in which something stands."""
    return next((cell for header in headers if (cell := row.get(bare(header)))), "")


def words(column: str, *headers: str, pick: Pick | None = None) -> Seen:
    return Seen(headers, column, pick=pick)


def content(column: str, *headers: str) -> Seen:
    return Seen(headers, column, How.CONTENT)


def template(column: str, *headers: str) -> Seen:
    return Seen(headers, column, How.TEMPLATE)


def moment(column: str, *headers: str, pick: Pick | None = None) -> Seen:
    return Seen(headers, column, How.MOMENT, pick=pick)


def day(column: str, *headers: str) -> Seen:
    return Seen(headers, column, How.DAY)


def email(column: str, *headers: str) -> Seen:
    return Seen(headers, column, How.EMAIL)


def same(column: str, *headers: str, pick: Pick | None = None) -> Seen:
    return Seen(headers, column, How.SAME, pick=pick)


def leads(
    column: str, table: str, kind: str, *headers: str, of: str = "id", whose: str = "", pick: Pick | None = None
) -> Seen:
    return Seen(headers, column, How.LINK, table, kind, of, whose, pick)
