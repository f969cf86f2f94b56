"""Checks whether the store of a trial exists and is complete, when its review opens and before its approval."""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.caspen.digests import Digest, place_hash
from app.caspen.part_fences import Fate, PartLoaded, loaded_parts
from app.caspen.readback import Stamp, marked
from app.caspen.row_codec import shape
from app.caspen.statements import at, fetch, stream_rows
from app.caspen.stores import Store, Stores
from app.caspen.tables import OBJECTS, Fence


class TrialFault(StrEnum):
    """A fault of a trial's store or account."""

    HISTORY = "history"  # the migration's row differs from its audit lines
    ACCOUNT = "account"  # the ledger's account of the trial differs from the results of its parts
    MISSING = "missing"
    UNREADABLE = "unreadable"
    TABLES = "tables"  # a table or a column is missing
    PARTS = "parts"  # the proof of a loaded part is missing or differs
    RECORDS = "records"  # a table does not hold as many records as were loaded
    BOOKKEEPING = "bookkeeping"  # a record's bookkeeping differs from what loading wrote
    PLACES = "places"  # a record names another row of the export than the row it was made of
    OUTDATED = "outdated"  # the trial is complete, but what it relied on in the live workspace has changed


FEW_RECORDS = 20_000  # a trial up to this size has its records read on every check


@dataclass(frozen=True, slots=True)
class Expected:
    """What the ledger knows of a trial: its settled parts by number, and the stamp of each record.

    `outcomes` are rows by fate, of each settled part that has rows. Rows that were held or unchanged before loading are
    included.
    """

    workspace_id: str
    trial: int
    stamp: Stamp
    parts: Mapping[int, PartLoaded]
    known_parts: frozenset[int]  # also those that were split
    outcomes: Mapping[int, Mapping[Fate, int]] = field(default_factory=dict)


def find_fault(stores: Stores, store: Store, expected: Expected, *, thorough: bool) -> TrialFault | None:
    """The first fault of a trial's store, or None. Reads only.

    Without `thorough` only the tables and the proofs of parts are read, and the records of a trial with at most
    FEW_RECORDS.
    """
    if not stores.exists(store):
        return TrialFault.MISSING
    try:
        with store.database.connection(reading=True) as connection:
            if not _has_tables(connection, store):
                return TrialFault.TABLES
            if not _has_parts(connection, store, expected):
                return TrialFault.PARTS
            if not thorough and sum(_records_of(expected).values()) > FEW_RECORDS:
                return None
            return _fault_of_records(connection, store, expected) or _fault_of_places(connection, store, expected)
    except (sa.exc.DBAPIError, psycopg.Error, sqlite3.Error):
        return TrialFault.UNREADABLE


def _has_tables(connection: Connection, store: Store) -> bool:
    inspector = sa.inspect(connection)
    schema = None if store.is_sqlite else store.schema
    names = [*(str(model.__tablename__) for model in OBJECTS), str(Fence.__tablename__)]
    there = set(inspector.get_table_names(schema=schema))
    return there.issuperset(names) and all(
        {column["name"] for column in inspector.get_columns(name, schema=schema)}
        >= {column.name for column in Fence.metadata.tables[name].columns}
        for name in names
    )


def _has_parts(connection: Connection, store: Store, expected: Expected) -> bool:
    stored = loaded_parts(connection, store.schema, expected.stamp.migration_id, expected.trial)
    if stored is None or not stored.keys() <= expected.known_parts:
        return False
    return all(
        number in stored
        and _is_same(stored[number], loaded)
        and _has_fates(stored[number], expected.outcomes.get(number))
        for number, loaded in expected.parts.items()
    )


def _is_same(stored: PartLoaded, settled: PartLoaded) -> bool:
    same_places = stored.places == settled.places and stored.former == settled.former
    return same_places and stored.digests == settled.digests and dict(stored.records) == dict(settled.records)


def _has_fates(stored: PartLoaded, outcomes: Mapping[Fate, int] | None) -> bool:
    """Whether the ledger counts the rows of a part as the proof of loading does."""
    if outcomes is None:
        return True
    counts = stored.counts
    return all(outcomes[fate] == counts[fate] for fate in (Fate.CREATED, Fate.UPDATED)) and all(
        outcomes[fate] >= counts[fate] for fate in (Fate.UNCHANGED, Fate.HELD)
    )


def _fault_of_records(connection: Connection, store: Store, expected: Expected) -> TrialFault | None:
    wanted = _records_of(expected)
    for model in OBJECTS:
        to = shape(str(model.__tablename__))
        differs, given = marked(store, to, expected.stamp)
        sql = (
            f'SELECT count(*), sum(CASE WHEN "workspace_id" <> ? OR "source_kind" IS NULL OR {differs} '
            f"THEN 1 ELSE 0 END) FROM {at(store.schema, to.name)}"
        )
        ((count, wrong),) = fetch(connection, sql, (expected.workspace_id, *given))
        if wrong:
            return TrialFault.BOOKKEEPING
        if int(count) != wanted[to.name]:
            return TrialFault.RECORDS
    return None


def _records_of(expected: Expected) -> Counter[str]:
    """Records by table, as the parts of the trial loaded them."""
    records: Counter[str] = Counter()
    for loaded in expected.parts.values():
        records.update(loaded.records)
    return records


def _fault_of_places(connection: Connection, store: Store, expected: Expected) -> TrialFault | None:
    """Compares the part and line of each record with what loading noted."""
    wanted, stored = Digest(), Digest()
    for loaded in expected.parts.values():
        wanted = wanted + loaded.places
    for model in OBJECTS:
        sql = f'SELECT "id", "part", "line" FROM {at(store.schema, str(model.__tablename__))}'
        for record_id, part, line in stream_rows(connection, sql):
            stored.add(str(record_id), place_hash(part, line))
    return None if stored == wanted else TrialFault.PLACES
