"""The context of the rules of resolving: the index, the source, and access to live records and to rows."""

import sqlite3
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from app.mapping.client_files import EarlierFile
from app.mapping.equality import Digests
from app.mapping.kind import Kind, Source
from app.mapping.kind_roles import KindRole
from app.problems import Level, catalogue


@dataclass(frozen=True, slots=True)
class LiveTarget:
    """A live record that an earlier import brought and that rows may refer to.

    * `clients`: the source ids of its client; empty for an unknown client and for a record without one.
    * `is_shared`: the record is a group, and each client's visit is a record of its own.
    """

    clients: Collection[str] = ()
    name: str | None = None
    starts_at: datetime | None = None
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class LiveVisit:
    """A live visit in a group: its source id, and the source ids of its client."""

    key: str
    clients: Collection[str]


@dataclass(frozen=True, slots=True)
class LiveFile:
    """A live file of a client, also one that people have deleted: what it says, its bytes, and its client's ids."""

    earlier: EarlierFile
    sha256: str
    clients: Collection[str]


class Brought(Protocol):
    """Finds the live records of earlier imports. Records that people have deleted since are left out, except files."""

    def targets(self, kind: Kind[Any], source_ids: Collection[str]) -> Mapping[str, LiveTarget]:
        """The records of a kind among these source ids."""
        ...

    def names(self, kind: Kind[Any]) -> Mapping[str, str]:
        """The names of a kind's records by source id."""
        ...

    def groups(self, kind: Kind[Any]) -> Iterator[Sequence[str]]:
        """The source ids of a kind's groups, some thousand at a time."""
        ...

    def slots(self, kind: Kind[Any], source_ids: Collection[str]) -> Mapping[str, str]:
        """By source id of a kind's records, the source id of the visit, or of its group, that a record refers to."""
        ...

    def visits(self, kind: Kind[Any], groups: Collection[str]) -> Mapping[str, Collection[LiveVisit]]:
        """The visits of groups by the groups' source ids."""
        ...

    def files(self, kind: Kind[Any]) -> Iterator[LiveFile]:
        """The clients' files of a kind. A file that a person deleted is not brought again under another key."""
        ...


class RowsAgain(Protocol):
    """Reads rows of a kind again. `wanted` are places from 0 by part; each row is given with its part and place."""

    def statements(
        self, kind: Kind[Any], wanted: Mapping[int, Container[int]]
    ) -> Iterable[tuple[int, int, Mapping[str, str]]]:
        """The statements of rows by attribute, without rows that cannot be compared."""
        ...

    def digests(self, kind: Kind[Any], wanted: Mapping[int, Container[int]]) -> Iterable[tuple[int, int, Digests]]:
        """The digests of rows."""
        ...


@dataclass(frozen=True)
class ResolvingContext:
    """An index that is being resolved.

    `numbers` are the numbers of the kinds by name. `rows_again` reads rows again. `brought` finds records of earlier
    imports; None without a live workspace.
    """

    db: sqlite3.Connection
    source: Source
    numbers: dict[str, int]
    rows_again: RowsAgain
    brought: Brought | None = None

    @property
    def kinds(self) -> Iterator[tuple[int, Kind[Any]]]:
        """The source's kinds that occur in the index, in the source's order, with their numbers."""
        for kind in self.source.kinds:
            if kind.name in self.numbers:
                yield self.numbers[kind.name], kind

    def number_with(self, role: KindRole) -> int | None:
        """The number of the kind that plays a role; None where the index has no row of such a kind."""
        return self.numbers.get(self.source.name_with(role))

    def absent(self, kind: Kind[Any]) -> bool:
        """Whether the export has no file of a kind."""
        present = self.db.execute("SELECT 1 FROM state WHERE name = 'present:' || ?", (kind.name,)).fetchone()
        return present is None


def holds(code: str | None) -> bool:
    """Whether a problem with this code holds a row. No code, or a code outside the catalogue, holds the row."""
    return code is None or code not in catalogue() or catalogue()[code].level is Level.HELD
