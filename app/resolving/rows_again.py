"""Reads rows of an export again for resolving: rows that share an id are compared by their values.

Few rows share an id, so reading computes no digest: the rows that share one are read from their parts once more.
"""

import hashlib
from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from app.mapping.context import Context
from app.mapping.equality import CHANGED, Digests, digests_of, statements_of
from app.mapping.kind import Kind
from app.mapping.parse import parse_row
from app.migration.models import Migration, Part
from app.migration.plans import plan_of
from app.reading.parts import LARGE, PartHead, PartRow, read_part
from app.trial.kind_parts import parts_of
from app.worker.runtime import Runtime

log = structlog.get_logger()


class StoredRows:
    """The rows of an export in its parts. Raises CannotOpen for a damaged part."""

    def __init__(self, runtime: Runtime, migration: Migration, today: date) -> None:
        plan = plan_of(migration)
        self._runtime, self._migration = runtime, migration
        self._context = Context(ZoneInfo(plan.timezone), plan.country, today)
        self._parts: dict[str, Sequence[Part]] = {}

    def statements(
        self, kind: Kind[Any], wanted: Mapping[int, Container[int]]
    ) -> Iterator[tuple[int, int, Mapping[str, str]]]:
        """By part and place, the statements of rows. Rows that cannot be compared are left out."""
        for part, place, head, row in self._rows(kind, wanted):
            if (statements := _statements(kind, row, head, self._context)) is not None:
                yield part, place, statements

    def digests(self, kind: Kind[Any], wanted: Mapping[int, Container[int]]) -> Iterator[tuple[int, int, Digests]]:
        """By part and place, the digests of rows: see `row_digests`."""
        for part, place, head, row in self._rows(kind, wanted):
            yield part, place, row_digests(kind, row, head, self._context)

    def _rows(
        self, kind: Kind[Any], wanted: Mapping[int, Container[int]]
    ) -> Iterator[tuple[int, int, PartHead, PartRow]]:
        if kind.name not in self._parts:
            self._parts[kind.name] = parts_of(self._runtime, self._migration, kind.name)
        for part in self._parts[kind.name]:
            if part.number not in wanted:
                continue
            head, rows = read_part(self._runtime.objects, part.object_key, self._runtime.key(self._migration))
            places = wanted[part.number]
            for place, row in enumerate(rows):
                if place in places:
                    yield part.number, place, head, row


def row_digests(kind: Kind[Any], row: PartRow, head: PartHead, context: Context) -> Digests:
    """The digests by which equal rows are recognised. `context` is the clinic's.

    The mark of a file whose name says archived does not count. Of a row of more than LARGE characters, and of a row
    that cannot be parsed, the cells are hashed without a copy.
    """
    cells, own = row.cells, head.within(context)
    parsed = parse_row(kind, cells, own, frozenset(head.columns))
    if head.archived:
        cells = {name: cell for name, cell in cells.items() if name != head.archived}
    if parsed.row is None or sum(map(len, cells.values())) > LARGE:
        return Digests(_digest_of_cells(cells))
    values = {**vars(parsed.row), **({head.archived: None} if head.archived else {})}
    if unread := values.get("unread"):
        values["unread"] = [name for name in unread if name != CHANGED] or None
    instead = _compared_values(kind, parsed.row, own)
    return digests_of({**values, **(instead or {})}, cells, own.zone)


def _digest_of_cells(cells: Mapping[str, str]) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for name, cell in cells.items():
        if name == CHANGED:
            continue
        digest.update(f"{name}:{len(cell)}:".encode("utf-8", "surrogatepass"))
        for at in range(0, len(cell), LARGE):
            digest.update(cell[at : at + LARGE].encode("utf-8", "surrogatepass"))
    return digest.digest()


def _statements(kind: Kind[Any], row: PartRow, head: PartHead, context: Context) -> Mapping[str, str] | None:
    """The values of a row in comparable form; None for a row of more than LARGE characters, and if a cell is unread."""
    if sum(map(len, row.cells.values())) > LARGE:
        return None
    columns, own = frozenset(head.columns), head.within(context)
    parsed = parse_row(kind, row.cells, own, columns)
    if parsed.row is None or getattr(parsed.row, "unread", None):
        return None
    instead = _compared_values(kind, parsed.row, own)
    if instead is None:
        return None
    return statements_of(parsed.row, instead, columns, row.cells, own.zone, kind.identity.compared_from)


def _compared_values(kind: Kind[Any], row: Any, context: Context) -> Mapping[str, Any] | None:
    """The values that stand for a row's own when rows are compared. None when they cannot be computed: then a row
    equals only a row with the same text."""
    left_out = dict.fromkeys(kind.identity.not_compared)
    if kind.identity.compared_values is None:
        return left_out
    try:
        return {**left_out, **kind.identity.compared_values(row, context.country)}
    except Exception as fault:
        log.warning("row_not_compared", kind=kind.name, fault=type(fault).__name__)
        return None
