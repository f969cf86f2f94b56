"""Which columns an export has, and what live records keep because it has no column for it.

An earlier export had the column. A record that this export brings again would lose what came from there.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.caspen.kept_columns import KeptColumns
from app.caspen.row_codec import shape
from app.mapping.columns import ANY_TABLE
from app.mapping.kind import Kind, Source
from app.migration.models import ExportFile

OWN_FIELD = ":field:"
"""Before the name of a custom field of our own in the key of its value."""


def columns_delivered(kind: Kind[Any], file: ExportFile) -> frozenset[str] | None:
    """The attributes that have a column in a file; None for a file without headers, such as a page or a folder."""
    made = {p.name for p in kind.columns if p.column.set_by_reading}
    if "headers" not in file.facts or made.intersection(file.facts["headers"]):
        return None
    named = {p.name for p in kind.columns if not p.column.set_by_reading and not p.column.prefix}
    present = named - set(file.facts.get("absent_columns", ()))
    # A link by name is a link.
    return frozenset(present.union(p.column.name_for for p in kind.columns if p.name in present and p.column.name_for))


def columns_by_kind(source: Source, files: Iterable[ExportFile]) -> dict[str, frozenset[str]]:
    """The attributes that have a column in some file of an export, by kind. A kind without a file is left out."""
    known = {kind.name: kind for kind in source.kinds}
    by_kind: dict[str, frozenset[str]] = {}
    for file in files:
        if file.kind in known and not file.refused:
            present = columns_delivered(known[file.kind], file)
            by_kind[file.kind] = by_kind.get(file.kind, frozenset()) | (present or frozenset())
    return by_kind


@dataclass(frozen=True)
class Lacking:
    """The attributes that earlier exports had a column for and this export has none: by kind.

    `present` are the attributes with a column in a file, by the file's number; pages are left out. `kinds` are the
    kinds of files with headers.
    """

    source: Source
    earlier: Mapping[str, frozenset[str]] = field(default_factory=dict)
    present: Mapping[int, frozenset[str]] = field(default_factory=dict)
    delivered: Mapping[str, frozenset[str]] = field(default_factory=dict)
    kinds: Mapping[int, Kind[Any]] = field(default_factory=dict)

    def of(self, kind: Kind[Any]) -> frozenset[str]:
        """The attributes for which no file of the kind has a column any more."""
        return self.earlier.get(kind.name, frozenset()) - self.delivered.get(kind.name, frozenset())

    def kept(self, kind: Kind[Any], file_number: int) -> KeptColumns | None:
        """What the live records of the rows of a file keep; None where the export says something about everything.

        What only a list beside the rows gave, such as one of alerts, is kept unless a column of the file gives it, too.
        """
        present = self.present.get(file_number)
        if present is None:
            return None
        fed = kind.fed_by(self.earlier.get(kind.name, frozenset()) - present)
        for other in self.source.kinds:
            lost = self.of(other) if other is not kind else frozenset()
            places = {place for place in other.fed_by(lost) if place.partition(".")[0] in kind.tables}
            is_beside = not other.tables or other.tables[0] == kind.tables[0]
            if is_beside or not {place.partition(".")[0] for place in places}.intersection(other.tables):
                fed |= places - kind.fed_by(present) if is_beside else places
        return kept_columns(kind, fed)

    def gone(self) -> Iterator[tuple[Kind[Any], int, str]]:
        """The columns that an earlier export had and that fed records: kind, number of the file, and usual header."""
        for number, kind in self.kinds.items():
            lacks = self.earlier.get(kind.name, frozenset()) - self.present[number]
            for placed in kind.columns:
                if placed.name in lacks and placed.headers and kind.fed_by((placed.name,)):
                    yield kind, number, placed.headers[0]

    def kept_of(self, kind: Kind[Any], file_number: int, table: str) -> frozenset[str]:
        """The columns of a table that live records of the rows of a file keep."""
        kept = self.kept(kind, file_number)
        return kept.columns.get(shape(table).name, frozenset()) if kept is not None else frozenset()


def kept_columns(kind: Kind[Any], fed: Collection[str]) -> KeptColumns | None:
    """The columns of Caspen that `Kind.fed_by` names, in the tables of a kind; None for no column."""
    if not fed:
        return None
    columns, endings = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for place in fed:
        alias, _, name = place.partition(".")
        for to in map(shape, kind.tables if alias == ANY_TABLE else (alias,)):
            if name in to.slots:
                columns[to.name].add(name)
            elif alias != ANY_TABLE and name not in to.rest:
                endings[to.name].add(f"{OWN_FIELD}{name}")
    return KeptColumns(
        {table: frozenset(names) for table, names in columns.items()},
        {table: frozenset(names) for table, names in endings.items()},
    )


def lacking_columns(source: Source, files: Iterable[ExportFile], earlier: Mapping[str, frozenset[str]]) -> Lacking:
    """What an export lacks. `earlier` are the attributes that earlier exports had a column for, by kind."""
    kinds = {kind.name: kind for kind in source.kinds}
    read = [(kinds[file.kind], file) for file in files if file.kind in kinds and not file.refused]
    delivered = columns_by_kind(source, (file for _, file in read))
    present, of_file = {}, {}
    for kind, file in read:
        columns = columns_delivered(kind, file)
        if columns is not None:
            present[file.number], of_file[file.number] = columns, kind
        elif kind.filing is not None:  # the files of a folder, which a list may describe
            present[file.number] = delivered.get(kind.name, frozenset())
    return Lacking(source, earlier, present, delivered, of_file)
