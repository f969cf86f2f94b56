"""What stands beside a label on a record's page: words, words with formatting, or a form that was filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rich:
    """Imported HTML. It is cleaned once more where it is shown."""

    html: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form's sections as Caspen keeps them, and its signatures by their id."""

    sections: Sequence[Mapping[str, Any]]
    signatures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OtherRecord:
    """The address of the record that a value belongs to, where that is not the page's own, and its columns shown there.

    `part` and `line` are those of its row.
    """

    table: str
    source_kind: str
    source_id: str
    columns: tuple[str, ...]
    part: int
    line: int

    @property
    def name(self) -> str:
        """As the columns of a field name another record."""
        return f"{self.table}/{self.source_id}"


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a record; `value` is empty where it says nothing.

    `columns` are those of the record's table that it is made of, or `table.column` where that is another one's. `plain`
    is its value as a file would write it, `how` what is done to a cell to get there, where that is more than copying.
    `is_moment` marks a moment, `plain` then being ISO text in UTC. `origin` is the record that
    the value belongs to, where that is another one than the page's.
    """

    label: str
    value: str | Rich | Sheet | None
    columns: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    how: str = ""
    is_moment: bool = False
    origin: OtherRecord | None = None

    @property
    def words(self) -> str:
        """The value as one text; of what is formatted or filled in, none."""
        return self.value if isinstance(self.value, str) else ""


def said(label: str, value: str | None, *columns: str, how: str = "") -> Field:
    """A line of plain words."""
    return Field(label, value or None, columns, how=how)
