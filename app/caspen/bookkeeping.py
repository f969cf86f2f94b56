"""Every column of a record that is not content, and who writes the column. Promotion follows this list.

A column of a table is either content, whose value the digest proves, or is in this list with its writer. The module
refuses to load when a column is neither. Promotion copies content only and writes the other columns itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.caspen.tables import OBJECTS, Imported

IDENTITY = frozenset({"id", "source", "source_kind", "source_id"})  # content too: the digest proves them
PEOPLE = ("version", "edited_at", "edited_by", "deleted_at")


class Writer(StrEnum):
    """Who writes a column of an imported live record."""

    KEY = "key"  # the workspace that is promoted into
    PROMOTION = "promotion"
    PROOF = "proof"  # the content hash, which promotion computes again and compares
    PEOPLE = "people"  # the gateway; an import never changes these columns of a live record


class Value(StrEnum):
    """The value that promotion writes into a column."""

    COPIED = "copied"
    MIGRATION = "migration"
    MOMENT = "moment"
    NOTHING = "nothing"
    INITIAL = "initial"


@dataclass(frozen=True, slots=True)
class Bookkeeping:
    """One column outside the content. `is_kept`: a record that was already live keeps its value."""

    column: str
    writer: Writer
    value: Value
    is_kept: bool = False


BOOKKEEPING = (
    Bookkeeping("workspace_id", Writer.KEY, Value.COPIED),
    Bookkeeping("content_hash", Writer.PROOF, Value.COPIED),
    Bookkeeping("migration_id", Writer.PROMOTION, Value.MIGRATION),
    Bookkeeping("imported_at", Writer.PROMOTION, Value.MOMENT),
    Bookkeeping("created_at", Writer.PROMOTION, Value.MOMENT, is_kept=True),
    Bookkeeping("part", Writer.PROMOTION, Value.NOTHING),  # of the trial only: the row's place in the export
    Bookkeeping("line", Writer.PROMOTION, Value.NOTHING),
    Bookkeeping("version", Writer.PEOPLE, Value.INITIAL),
    Bookkeeping("edited_at", Writer.PEOPLE, Value.NOTHING),
    Bookkeeping("edited_by", Writer.PEOPLE, Value.NOTHING),
    Bookkeeping("deleted_at", Writer.PEOPLE, Value.NOTHING),
)
BY_COLUMN = {line.column: line for line in BOOKKEEPING}
_OF_EVERY_TABLE = frozenset(BY_COLUMN) - {"created_at"}


def content_columns(model: type[Imported]) -> tuple[str, ...]:
    """The content columns of a table, sorted by name: all columns outside this list."""
    table = model.metadata.tables[str(model.__tablename__)]
    own = _OF_EVERY_TABLE | model.outside_content
    return tuple(sorted(column.name for column in table.columns if column.name not in own))


def differs_from(columns: Iterable[str], *, moment: str, known: Iterable[Value]) -> str:
    """SQL that is true where a record's bookkeeping differs from what an import writes.

    `moment` is SQL for a moment's parameter. `known` are the values to compare, in the order of this list. Each of
    MIGRATION and MOMENT takes one parameter.
    """
    present, wanted = frozenset(columns), frozenset(known)
    terms = {Value.MIGRATION: "?", Value.MOMENT: moment, Value.INITIAL: "1", Value.NOTHING: "NULL"}
    conditions = [
        f'"{line.column}" IS DISTINCT FROM {terms[line.value]}'
        for line in BOOKKEEPING
        if line.column in present and line.value in wanted
    ]
    return " OR ".join(conditions) or "FALSE"


def _check() -> None:
    if {line.column for line in BOOKKEEPING if line.writer is Writer.PEOPLE} != set(PEOPLE):
        raise AssertionError("PEOPLE names the columns that people's acts write")
    for model in OBJECTS:
        without = model.outside_content - BY_COLUMN.keys()
        columns = {column.name for column in model.metadata.tables[str(model.__tablename__)].columns}
        if without or not columns >= _OF_EVERY_TABLE | IDENTITY or not set(content_columns(model)) >= IDENTITY:
            raise AssertionError(f"{model.__tablename__}: say in BOOKKEEPING who writes {sorted(without)}")


_check()
