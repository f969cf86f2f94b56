"""What every rule of resolving is given: the index, and what the source says of its kinds."""

import sqlite3
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.mapping.kind import Kind, Source
from app.problems import Level, catalogue

Brought = Callable[[Kind[Any], Collection[str]], Mapping[str, Collection[str]]]
"""Gives, of some source ids of a kind, those whose records an earlier import brought and the live workspace has, each
with the source ids of the client whose record it is; of none where that client is unknown."""

Reread = Callable[[Kind[Any], Mapping[int, Container[int]]], Iterable[tuple[int, int, Mapping[str, str]]]]
"""Reads rows of a kind again, by part and place in it. Gives part, place and what the row says, by attribute."""


@dataclass(frozen=True)
class ResolvingContext:
    """`numbers` are the numbers of the kinds in the index; `kinds` the source's kinds that occur in it;
    `brought` what earlier imports brought, None where there is no live workspace; `reread` reads rows again, None where
    their parts are not at hand."""

    db: sqlite3.Connection
    source: Source
    numbers: dict[str, int]
    brought: Brought | None = None
    reread: Reread | None = None

    @property
    def kinds(self) -> Iterator[tuple[int, Kind[Any]]]:
        for kind in self.source.kinds:
            if kind.name in self.numbers:
                yield self.numbers[kind.name], kind

    def absent(self, kind: Kind[Any]) -> bool:
        """Whether the export has no file of a kind at all."""
        found = self.db.execute("SELECT 1 FROM state WHERE name = 'present:' || ?", (kind.name,)).fetchone()
        return found is None


def holds(code: str | None) -> bool:
    """Whether a problem keeps a row back. A required reference without a problem of its own does."""
    return code is None or code not in catalogue() or catalogue()[code].level is Level.HELD
