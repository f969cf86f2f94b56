"""A kind of record as Caspen shows it, in lists and by itself. One file for each kind in `kinds/`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from app.caspen.tables import Imported
from app.records.field import RecordField
from app.records.names_of_ids import RecordNames
from app.records.reader_rights import Reader

NOTHING: frozenset[str] = frozenset()


def nothing_long(record: Any, names: RecordNames, /) -> Iterator[RecordField]:
    yield from ()


def nothing_hidden(record: Any, reader: Reader, /) -> frozenset[str]:
    return NOTHING


@dataclass(frozen=True, kw_only=True)
class RecordKind:
    """A kind of record. `name` is the table's name and the last part of the list's address, `noun` its singular.

    `fields` are the lines of a record, `listed` the labels of the list's columns. `long` are lines that may be large,
    and `heavy` their columns, which a list does not load. `order` sorts by columns, with `-` for descending.
    `listed_by` sorts the list of all records by key, so that a list of a million reads no rows. `search` are the
    searched columns. `hidden` returns the columns that a reader may not see, and for None those of any record.
    `absent_note` explains what the list lacks.
    """

    name: str
    label: str
    noun: str
    table: type[Imported]
    title: Callable[[Any, RecordNames], str]
    fields: Callable[[Any, RecordNames], Iterator[RecordField]]
    listed: tuple[str, ...]
    order: tuple[str, ...]
    listed_by: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    long: Callable[[Any, RecordNames], Iterator[RecordField]] = nothing_long
    heavy: tuple[str, ...] = ()
    hidden: Callable[[Any, Reader], frozenset[str]] = nothing_hidden
    absent_note: str = ""
