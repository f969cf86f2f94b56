"""A kind of record as Caspen shows it: in a list, and by itself. One small file for each in `kinds/`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from app.caspen.tables import Imported
from app.records.field import Field
from app.records.names import Names
from app.records.reader import Reader

NOTHING: frozenset[str] = frozenset()


def nothing_long(record: Any, names: Names, /) -> Iterator[Field]:
    yield from ()


def nothing_hidden(record: Any, reader: Reader, /) -> frozenset[str]:
    return NOTHING


@dataclass(frozen=True, kw_only=True)
class RecordKind:
    """`name` is the table's, and the last part of the list's address.

    `fields` are the lines of one record, `listed` the labels of those that stand in the list beside its title. `long`
    are lines that may be large; `heavy` names their columns, which a list does not load. `order` is by columns, `-`
    before one that goes backwards; `listed_by` that of the list of all, where there may be a million: by their key,
    which goes with the numbers of the source, no row has to be read. `search` are the columns in which words are looked
    for. `hidden` says which columns a reader may not see, without a record of one that is not known; `beside` what the
    list does not hold.
    """

    name: str
    label: str
    one: str
    table: type[Imported]
    title: Callable[[Any, Names], str]
    fields: Callable[[Any, Names], Iterator[Field]]
    listed: tuple[str, ...]
    order: tuple[str, ...]
    listed_by: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    long: Callable[[Any, Names], Iterator[Field]] = nothing_long
    heavy: tuple[str, ...] = ()
    hidden: Callable[[Any, Reader], frozenset[str]] = nothing_hidden
    beside: str = ""
