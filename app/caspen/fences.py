"""The proof that a part of a trial was written, and by whom: one row, committed with the part's records.

A worker that dies between the two databases leaves a fence; who takes over adopts it. A worker that was thought dead
and wakes up finds a newer epoch, and may write nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy.engine import Connection

from app.caspen.content import Digest, Digests
from app.caspen.statements import at, change, fetch


class Fate(StrEnum):
    """What became of a row in Caspen. HELD: a person changed or deleted it there since the last import."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class PartKey:
    """One part of one trial, held under one epoch of its lease."""

    migration_id: str
    trial: int
    part: int
    epoch: int


@dataclass(frozen=True, slots=True)
class PartLoaded:
    """What loading a part came to: each row's fate by line, records by table, and the digest by source kind.

    `places` is a digest of which part and line each record was made of.
    """

    fates: Mapping[int, Fate] = field(default_factory=dict)
    records: Mapping[str, int] = field(default_factory=dict)
    digests: Digests = field(default_factory=dict)
    adopted: bool = False
    places: Digest = field(default_factory=Digest)

    @property
    def counts(self) -> dict[Fate, int]:
        """Rows by fate."""
        found = dict.fromkeys(Fate, 0)
        for fate in self.fates.values():
            found[fate] += 1
        return found

    @property
    def held(self) -> tuple[int, ...]:
        """The lines that are held as `changed_in_caspen`."""
        return tuple(line for line, fate in self.fates.items() if fate is Fate.HELD)


VOID = {"void": True}


class StaleEpoch(Exception):
    """Somebody else took this part over; what this holder has is of no use any more."""


def void(connection: Connection, schema: str, key: PartKey) -> bool:
    """Says that what a part's fence tells of is no longer there, in the caller's transaction; twice is once.

    `key.epoch` is newer than that of every holder so far: they write no more, and the next one loads the part anew.
    False when a newer holder has written meanwhile: nothing was changed.
    """
    columns = '"migration_id", "trial", "part", "epoch", "told"'
    table = at(schema, "fences")
    sql = (
        f"INSERT INTO {table} AS f ({columns}) VALUES (?, ?, ?, ?, ?) ON CONFLICT "
        '("migration_id", "trial", "part") DO UPDATE SET "epoch" = excluded."epoch", "told" = excluded."told" '
        'WHERE f."epoch" <= excluded."epoch" RETURNING 1'
    )
    return bool(fetch(connection, sql, (key.migration_id, key.trial, key.part, key.epoch, json.dumps(VOID))))


def claim(connection: Connection, schema: str, key: PartKey, loaded: PartLoaded | None) -> PartLoaded | None:
    """Sets the fence for `loaded`, or gives back what an earlier holder's fence says; in the caller's transaction.

    With `loaded` None it only looks. A fence that was made void is set anew. Raises StaleEpoch when the fence is of a
    newer epoch than `key`.
    """
    table = at(schema, "fences")
    place = (key.migration_id, key.trial, key.part)
    if loaded is not None:
        columns = '"migration_id", "trial", "part", "epoch", "told"'
        sql = f"INSERT INTO {table} ({columns}) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1"
        if fetch(connection, sql, (*place, key.epoch, json.dumps(_told(loaded)))):
            return None
    where = 'WHERE "migration_id" = ? AND "trial" = ? AND "part" = ?'
    found = fetch(connection, f'SELECT "epoch", "told" FROM {table} {where}', place)
    if not found:
        return None
    if found[0][0] > key.epoch:
        raise StaleEpoch(f"part {key.part} is held under epoch {found[0][0]}, not {key.epoch}")
    if json.loads(found[0][1]) == VOID:
        if loaded is None:
            return None
        again = f'UPDATE {table} SET "epoch" = ?, "told" = ? {where} AND "epoch" = ?'
        if change(connection, again, (key.epoch, json.dumps(_told(loaded)), *place, found[0][0])) == 1:
            return None
        return claim(connection, schema, key, loaded)  # somebody was faster
    if loaded is not None and found[0][0] < key.epoch:
        change(connection, f'UPDATE {table} SET "epoch" = ? {where}', (key.epoch, *place))
    return _read(json.loads(found[0][1]))


def loaded_parts(connection: Connection, schema: str, migration_id: str, trial: int) -> dict[int, PartLoaded] | None:
    """What the fences of a store say of each part, but for those made void.

    None where a fence is of another trial or cannot be read.
    """
    found = {}
    for migration, number, part, told in fetch(
        connection, f'SELECT "migration_id", "trial", "part", "told" FROM {at(schema, "fences")}'
    ):
        if (migration, number) != (migration_id, trial):
            return None
        try:
            if (read := json.loads(told)) != VOID:
                found[int(part)] = _read(read)
        except (ValueError, KeyError, AttributeError, TypeError):
            return None
    return found


def _told(loaded: PartLoaded) -> dict[str, Any]:
    by_fate: dict[str, list[int]] = {}
    for line, fate in loaded.fates.items():
        by_fate.setdefault(fate.value, []).append(line)
    return {
        "fates": by_fate,
        "records": dict(loaded.records),
        "digests": {kind: str(digest) for kind, digest in loaded.digests.items()},
        "places": str(loaded.places),
    }


def _read(told: dict[str, Any]) -> PartLoaded:
    return PartLoaded(
        {line: Fate(fate) for fate, lines in told["fates"].items() for line in lines},
        told["records"],
        {kind: Digest.parse(text) for kind, text in told["digests"].items()},
        adopted=True,
        places=Digest.parse(told["places"]),
    )
