"""How a cell of an export must be found again in Caspen, told a second time and apart from the mapping.

What reads and maps an export also makes the digest that the trial is compared with; a fault in it changes both sides
alike. A second look goes from the raw file straight to the stored record, by these lines and no other.
"""

from dataclasses import dataclass
from enum import StrEnum


class How(StrEnum):
    """How a cell is compared with what is stored."""

    WORDS = "words"  # every word of the cell stands in the column, whatever its marks of HTML
    CONTENT = "content"  # every word of a form's names and answers stands in the column
    TEMPLATE = "template"  # as content; of answers, those that a template keeps as its starting text
    MOMENT = "moment"  # a time that tells its offset is the same instant
    DAY = "day"  # a date that is written year first is the same day
    LINK = "link"  # what has this id in the export is what the column points at


@dataclass(frozen=True, slots=True)
class Seen:
    """A column of a file, by every header that it may have, and the column of Caspen's where it must be found."""

    headers: tuple[str, ...]
    column: str
    how: How = How.WORDS
    table: str = ""  # of a link: where it leads
    kind: str = ""  # of a link: what it leads to, in the source's kinds


@dataclass(frozen=True, slots=True)
class Look:
    """One kind: under which headers its rows carry their id, and what of them is looked for in which table.

    The first header of the id is the kind's own. `own`: a row of which nothing is told has a record under its id.
    """

    kind: str
    table: str
    key: tuple[str, ...]
    seen: tuple[Seen, ...]
    own: bool = False

    def fits(self, headers: frozenset[str]) -> bool:
        """Whether a file with these headers can hardly be of another kind."""
        there = sum(not headers.isdisjoint(seen.headers) for seen in self.seen)
        return self.key[0] in headers and there >= 3 and there >= len(self.seen) * 0.6


def words(column: str, *headers: str) -> Seen:
    return Seen(headers, column)


def content(column: str, *headers: str) -> Seen:
    return Seen(headers, column, How.CONTENT)


def template(column: str, *headers: str) -> Seen:
    return Seen(headers, column, How.TEMPLATE)


def moment(column: str, *headers: str) -> Seen:
    return Seen(headers, column, How.MOMENT)


def day(column: str, *headers: str) -> Seen:
    return Seen(headers, column, How.DAY)


def leads(column: str, table: str, kind: str, *headers: str) -> Seen:
    return Seen(headers, column, How.LINK, table, kind)
