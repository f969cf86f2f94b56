"""The proof that a part of a trial was written, and by which holder: one row, committed with the part's records.

A worker that dies between the two databases leaves a fence, and the worker that takes over adopts the fence. A worker
that wakes up after another has taken over finds a newer epoch and may write nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy.engine import Connection

from app.caspen.digests import Digest, Digests
from app.caspen.statements import at, change, fetch


class Fate(StrEnum):
    """The fate of a row in Caspen.

    HELD: a person changed or deleted the record there since the last import, or its parent there (`orphans`).
    """

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
    """The result of loading a part: each row's fate by line, records by table, and the digest by source kind.

    `places` is a digest of the part and line that each record was made of.

    * `kept`: the lines of rows that created or updated records, while another of their records was held.
    * `orphans`: the lines of rows with a record that was held because of its parent; `new_orphans`: those of held rows
      of which no record is live.
    * `held_ids`: by line, the ids of live records that were held because a person changed or deleted them.
    * `former`: by table, the ids of live records that rows of the part no longer become, to be removed by promotion.
    * `cleared`: the lines of these rows; `held_in_use`: those of rows that were held because such a record is in use;
      `left_in_use`: those of rows that moved while such a record stays, because another record leads to it.
    """

    fates: Mapping[int, Fate] = field(default_factory=dict)
    records: Mapping[str, int] = field(default_factory=dict)
    digests: Digests = field(default_factory=dict)
    adopted: bool = False
    places: Digest = field(default_factory=Digest)
    kept: tuple[int, ...] = ()
    orphans: tuple[int, ...] = ()
    new_orphans: tuple[int, ...] = ()
    held_ids: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    former: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cleared: tuple[int, ...] = ()
    held_in_use: tuple[int, ...] = ()
    left_in_use: tuple[int, ...] = ()

    @property
    def counts(self) -> dict[Fate, int]:
        """Rows by fate."""
        rows = dict.fromkeys(Fate, 0)
        for fate in self.fates.values():
            rows[fate] += 1
        return rows

    @property
    def held(self) -> tuple[int, ...]:
        """The lines that are held."""
        return tuple(line for line, fate in self.fates.items() if fate is Fate.HELD)


VOID = {"void": True}
_LINES = ("kept", "orphans", "new_orphans", "cleared", "held_in_use", "left_in_use")


class StaleEpoch(Exception):
    """Another worker took the part over. This holder must discard its result."""


def void(connection: Connection, schema: str, key: PartKey) -> bool:
    """Marks a part's fence as void, in the caller's transaction. A second call changes nothing.

    `key.epoch` is newer than that of every holder so far, so they write no more and the next holder loads the part
    again. Returns False, with nothing changed, when a newer holder has written meanwhile.
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
    """Sets the fence for `loaded`, or returns the result that an earlier holder's fence holds. In the caller's
    transaction.

    Reads only when `loaded` is None. A void fence is set again. Raises StaleEpoch when the fence is of a newer epoch
    than `key`.
    """
    table = at(schema, "fences")
    place = (key.migration_id, key.trial, key.part)
    if loaded is not None:
        columns = '"migration_id", "trial", "part", "epoch", "told"'
        sql = f"INSERT INTO {table} ({columns}) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1"
        if fetch(connection, sql, (*place, key.epoch, json.dumps(_to_json(loaded)))):
            return None
    where = 'WHERE "migration_id" = ? AND "trial" = ? AND "part" = ?'
    fences = fetch(connection, f'SELECT "epoch", "told" FROM {table} {where}', place)
    if not fences:
        return None
    epoch, stored = fences[0][0], json.loads(fences[0][1])
    if epoch > key.epoch:
        raise StaleEpoch(f"part {key.part} is held under epoch {epoch}, not {key.epoch}")
    if stored == VOID:
        if loaded is None:
            return None
        again = f'UPDATE {table} SET "epoch" = ?, "told" = ? {where} AND "epoch" = ?'
        if change(connection, again, (key.epoch, json.dumps(_to_json(loaded)), *place, epoch)) == 1:
            return None
        return claim(connection, schema, key, loaded)  # another worker was faster
    if loaded is not None and epoch < key.epoch:
        change(connection, f'UPDATE {table} SET "epoch" = ? {where}', (key.epoch, *place))
    return _parse(stored)


def loaded_parts(connection: Connection, schema: str, migration_id: str, trial: int) -> dict[int, PartLoaded] | None:
    """The results that the fences of a store hold, by part, without void fences.

    None when a fence is of another trial or cannot be read.
    """
    parts = {}
    for migration, number, part, text in fetch(
        connection, f'SELECT "migration_id", "trial", "part", "told" FROM {at(schema, "fences")}'
    ):
        if (migration, number) != (migration_id, trial):
            return None
        try:
            if (stored := json.loads(text)) != VOID:
                parts[int(part)] = _parse(stored)
        except (ValueError, KeyError, AttributeError, TypeError):
            return None
    return parts


def _to_json(loaded: PartLoaded) -> dict[str, Any]:
    by_fate: dict[str, list[int]] = {}
    for line, fate in loaded.fates.items():
        by_fate.setdefault(fate.value, []).append(line)
    return {
        "fates": by_fate,
        "records": dict(loaded.records),
        "digests": {kind: str(digest) for kind, digest in loaded.digests.items()},
        "places": str(loaded.places),
        **{name: value for name in _LINES if (value := getattr(loaded, name))},
        **({"held_ids": loaded.held_ids} if loaded.held_ids else {}),
        **({"former": loaded.former} if loaded.former else {}),
    }


def _parse(stored: dict[str, Any]) -> PartLoaded:
    return PartLoaded(
        {line: Fate(fate) for fate, lines in stored["fates"].items() for line in lines},
        stored["records"],
        {kind: Digest.parse(text) for kind, text in stored["digests"].items()},
        adopted=True,
        places=Digest.parse(stored["places"]),
        **{name: tuple(stored.get(name, ())) for name in _LINES},
        held_ids={int(line): tuple(ids) for line, ids in stored.get("held_ids", {}).items()},
        former={str(table): tuple(ids) for table, ids in stored.get("former", {}).items()},
    )
