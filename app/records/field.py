"""The value next to a label on a record's page: text, formatted text, or a filled form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RichText:
    """Imported HTML. The template sanitises it again."""

    html: str


@dataclass(frozen=True, slots=True)
class FormSheet:
    """A form's sections as Caspen stores them, and its signatures by id."""

    sections: Sequence[Mapping[str, Any]]
    signatures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OtherRecord:
    """The record that a value belongs to, if it is another record than the page's, and its columns on the page.

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
        """The record's name in the columns of a field."""
        return f"{self.table}/{self.source_id}"


@dataclass(frozen=True, slots=True)
class RecordField:
    """A line of a record. `value` is empty without a value.

    `columns` are the table's columns behind the value, or `table.column` for another table. `plain` is the value as a
    file writes it, `how` the conversion of the cell, if there is more than a copy. `is_moment` marks a moment:
    `plain` is ISO text in UTC then. `origin` is the record of the value, if it is another record than the page's.
    """

    label: str
    value: str | RichText | FormSheet | None
    columns: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    how: str = ""
    is_moment: bool = False
    origin: OtherRecord | None = None

    @property
    def words(self) -> str:
        """The value as plain text. "" for formatted text and forms."""
        return self.value if isinstance(self.value, str) else ""


def text_field(label: str, value: str | None, *columns: str, how: str = "") -> RecordField:
    """A field with plain text."""
    return RecordField(label, value or None, columns, how=how)
