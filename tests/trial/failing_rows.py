"""A source that keeps some rows back: in reading, by a failure in mapping, or by a rule of mapping."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.parse import QUARANTINED
from app.mapping.rows import Joined, NotMapped, Outcome, Result
from app.problems import Level, Problem
from app.sources import SOURCES

NAME = "failing"


class Fails(StrEnum):
    """When and how a row is kept back."""

    READ = "read"  # reading holds the row: what belongs to it is held before anything is tried
    READ_SKIPPED = "read_skipped"  # reading skips the row
    MAPPED = "mapped"
    KILLS = "kills"  # as when the kernel ends the process: nobody catches it
    HELD = "held"  # mapping holds the row by a rule of its own
    SKIPPED = "skipped"  # mapping skips the row
    LACKING = "lacking"  # mapping holds the first row, and a further row where one of its references leads to no record


_LEVELS = {
    Fails.READ: Level.HELD,
    Fails.READ_SKIPPED: Level.SKIPPED,
    Fails.HELD: Level.HELD,
    Fails.SKIPPED: Level.SKIPPED,
    Fails.LACKING: Level.HELD,
}


class Killed(BaseException):
    """Ends a worker of this process in the middle of its work, as a kill does: nothing is written any more."""


@dataclass(frozen=True)
class Row:
    """A row of an export by its kind and its id."""

    kind: str
    id: str


@contextmanager
def failing(rows: tuple[Row, ...], how: Fails) -> Iterator[None]:
    """The source is known in this process until the block ends."""
    real = SOURCES["cliniko"]
    kinds = tuple(
        _failing(kind, {row.id for row in rows if row.kind == kind.name}, how, first=rows[:1]) for kind in real.kinds
    )
    SOURCES[NAME] = replace(real, name=NAME, kinds=kinds)  # type: ignore[index]  # a dictionary at run time
    try:
        yield
    finally:
        SOURCES.pop(NAME)  # type: ignore[attr-defined]  # a dictionary at run time


def id_of(kind: Kind[Any], row: Any) -> str | None:
    """The id of a row: of its own column, else the key that its kind makes."""
    column = next((placed.name for placed in kind.columns if placed.column.is_key), None)
    own = getattr(row, column) if column else None
    return own or (kind.identity.key_of(row) if kind.identity.key_of else None)


def _failing(kind: Kind[Any], ids: set[str], how: Fails, first: tuple[Row, ...]) -> Kind[Any]:
    if not ids or kind.to_records is None:
        return kind
    make, stays = kind.to_records, kind.exclusion.reason

    def reading(row: Any) -> Problem | None:
        if id_of(kind, row) in ids:
            return Problem(QUARANTINED, level=_LEVELS[how])
        return stays(row) if stays else None

    def mapping(row: Any, joined: Joined, lookups: Lookups) -> Result:
        own = id_of(kind, row)
        is_whole = how is Fails.LACKING and not joined.findings and Row(kind.name, str(own)) not in first
        if own not in ids or is_whole:
            return make(row, joined, lookups)
        if how in _LEVELS:
            return NotMapped(Outcome(_LEVELS[how].value), Problem(QUARANTINED, level=_LEVELS[how]))
        raise Killed if how is Fails.KILLS else ValueError("a failure that nobody foresaw")

    return (
        replace(kind, exclusion=replace(kind.exclusion, reason=reading))
        if how in (Fails.READ, Fails.READ_SKIPPED)
        else replace(kind, to_records=mapping)
    )
