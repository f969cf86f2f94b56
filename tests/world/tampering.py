"""Changes to stored records behind the product's back, derived from the description of the tables.

Each kind of change is made wherever a record allows it: on a content column of every type, on every column of
bookkeeping and identity, on links, on whole records, on the proof of loading, and on the contents of files. A new
column of a table is found by its description, and so is changed too.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import AutoString

from app.caspen.bookkeeping import BOOKKEEPING, BY_COLUMN, IDENTITY, Value
from app.caspen.digests import content_hash
from app.caspen.row_codec import shape
from app.caspen.statements import among, at, canonical_columns, change, fetch, stream
from app.caspen.stores import Store
from app.caspen.tables import BY_NAME, OBJECTS
from app.caspen.tables.column_types import ExactAmount, Moment, Nested

Do = Callable[[Store, int], bool]  # a store, and which of the places that fit; whether any place fits
TYPES: dict[str, tuple[type, ...]] = {
    "moment": (Moment,),
    "amount": (ExactAmount,),
    "list": (Nested,),
    "truth": (sa.Boolean,),
    "number": (sa.Integer,),
    "day": (sa.Date,),
    "text": (sa.String, AutoString),
}
LATER = "2031-05-06T07:08:09.000000Z"
TABLES = tuple(str(model.__tablename__) for model in OBJECTS)


@dataclass(frozen=True, slots=True)
class Tamper:
    """One kind of change. `act` makes it in a store and returns whether there was a record to change."""

    name: str
    act: Do


def type_of(table: str, column: str) -> str:
    """The type of a column, by the name that `TYPES` has for it."""
    kind = shape(table).table.c[column].type
    return next(name for name, types in TYPES.items() if isinstance(kind, types))


def links_of(table: str) -> frozenset[str]:
    return frozenset(reference.column for reference in BY_NAME[table].references)


def content_of(table: str, kind: str) -> list[str]:
    """The content columns of a type that are neither identity nor links."""
    own = set(shape(table).content) - IDENTITY - links_of(table)
    return sorted(column for column in own if type_of(table, column) == kind)


def _filled(store: Store, table: str, column: str) -> list[tuple[str, Any]]:
    with store.database.connection(reading=True) as connection:
        sql = (
            f'SELECT "id", "{column}" FROM {at(store.schema, table)} '
            f'WHERE "source_kind" IS NOT NULL AND "{column}" IS NOT NULL ORDER BY "id"'
        )
        return [(str(record), value) for record, value in fetch(connection, sql)]


def _ids(store: Store, table: str) -> list[str]:
    return [record for record, _ in _filled(store, table, "id")]


def _write(store: Store, sql: str, *given: Any) -> None:
    with store.database.connection() as connection:
        assert change(connection, sql, given) >= 1


def _set(store: Store, table: str, record: str, values: dict[str, Any], *, hashed: bool = False) -> None:
    changes = ", ".join(f'"{name}" = ?' for name in values)
    _write(store, f'UPDATE {at(store.schema, table)} SET {changes} WHERE "id" = ?', *values.values(), record)
    if hashed:
        _rehash(store, table, values.get("id", record))


def _rehash(store: Store, table: str, record: str) -> None:
    """Recomputes the hash of a changed record."""
    to = shape(table)
    with store.database.connection() as connection:
        columns = canonical_columns(connection, to, to.content)
        sql = f'SELECT {columns} FROM {at(store.schema, table)} WHERE "id" = ?'
        (row,) = list(stream(connection, to, sql, (record,)))
        new_hash = content_hash(to.content, row).hex()
        change(
            connection, f'UPDATE {at(store.schema, table)} SET "content_hash" = ? WHERE "id" = ?', (new_hash, record)
        )


def _other(store: Store, table: str, column: str, value: Any) -> Any:
    kind = type_of(table, column)
    if kind == "moment":
        return LATER
    if kind == "truth":
        return not value if isinstance(value, bool) else 1 - value
    if kind == "number":
        return value + 1
    if kind == "amount":
        return "12345.67"
    if kind == "day":
        return "1931-02-03"
    if kind == "list":
        return json.dumps([*json.loads(value), "more"]) if value.startswith("[") else '{"more":1}'
    return f"{value}x"


def _places(store: Store, columns: Iterator[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(table, column) for table, column in columns if _filled(store, table, column)]


def _content_changed(kind: str, *, hashed: bool, cleared: bool) -> Do:
    def act(store: Store, which: int) -> bool:
        places = [
            (table, column)
            for table in TABLES
            for column in content_of(table, kind)
            if not (cleared and not shape(table).table.c[column].nullable)
        ]
        places = _places(store, iter(places))
        if not places:
            return False
        table, column = places[which % len(places)]
        rows = _filled(store, table, column)
        record, value = rows[which % len(rows)]
        _set(store, table, record, {column: None if cleared else _other(store, table, column, value)}, hashed=hashed)
        return True

    return act


def _content_filled(kind: str) -> Do:
    """A cell that was empty says something."""
    values = {"moment": LATER, "amount": "7", "list": '["more"]', "truth": True, "number": 7, "day": "1931-02-03"}

    def act(store: Store, which: int) -> bool:
        for n in range(len(TABLES)):
            table = TABLES[(which + n) % len(TABLES)]
            for column in content_of(table, kind):
                full = {record for record, _ in _filled(store, table, column)}
                empty = [record for record in _ids(store, table) if record not in full]
                if empty:
                    _set(store, table, empty[0], {column: values.get(kind, "more")}, hashed=True)
                    return True
        return False

    return act


def _beside_changed(column: str, *, cleared: bool) -> Do:
    """A column of bookkeeping or identity says something else, or nothing."""

    def act(store: Store, which: int) -> bool:
        tables = [t for t in TABLES if column in shape(t).table.c and len(_ids(store, t)) > 1]
        if not tables or (cleared and not shape(tables[0]).table.c[column].nullable):
            return False
        table = tables[which % len(tables)]
        record = _ids(store, table)[which % len(_ids(store, table))]
        kind = type_of(table, column)
        known = dict(_filled(store, table, column)).get(record)
        fresh: dict[str, Any] = {"moment": LATER, "number": 4711}
        changed = fresh.get(kind, f"{known or 'nobody'}x") if kind != "text" else f"{known or 'nobody'}x"
        _set(store, table, record, {column: None if cleared else changed}, hashed=column in IDENTITY and column != "id")
        return True

    return act


def _marked_as_edited(store: Store, which: int) -> bool:
    """Every mark that a person's edit leaves, and other content with its hash."""
    record = _ids(store, "clients")[which % 2]
    marks = {"edited_at": LATER, "edited_by": "megan@example.com", "version": 2, "last_name": "Other"}
    _set(store, "clients", record, marks, hashed=True)
    return True


def _marked_as_deleted(store: Store, which: int) -> bool:
    record = _ids(store, "clients")[which % 2]
    marks = {"edited_at": LATER, "edited_by": "megan@example.com", "version": 2, "deleted_at": LATER}
    _set(store, "clients", record, marks)
    return True


def _all_deleted(store: Store, which: int) -> bool:
    del which
    _write(store, f'UPDATE {at(store.schema, "clients")} SET "deleted_at" = ?', LATER)
    return True


def _hash_of_another(store: Store, which: int) -> bool:
    rows = _filled(store, "clients", "content_hash")
    _set(store, "clients", rows[0][0], {"content_hash": rows[1 + which % (len(rows) - 1)][1]})
    return True


def _row(store: Store, table: str, record: str) -> dict[str, Any]:
    with store.database.connection(reading=True) as connection:
        sql = sa.text(f'SELECT * FROM {at(store.schema, table)} WHERE "id" = :i')
        return dict(connection.execute(sql, {"i": record}).mappings().one())


def insert(store: Store, table: str, row: dict[str, Any]) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" * len(row))
    _write(store, f"INSERT INTO {at(store.schema, table)} ({names}) VALUES ({marks})", *row.values())


def _twin(record: str) -> str:
    return record[:-1] + ("0" if record[-1] != "0" else "1")


def _added(table: str, **values: Any) -> Do:
    """A record like another, flawless in itself, under an id of its own."""

    def act(store: Store, which: int) -> bool:
        ids = _ids(store, table)
        if not ids:
            return False
        row = _row(store, table, ids[which % len(ids)])
        row = {**row, "id": _twin(row["id"]), **values}
        insert(store, table, row)
        _rehash(store, table, row["id"])
        return True

    return act


def _in_another_workspace(store: Store, which: int) -> bool:
    """A record that is moved to another clinic."""
    ids = _ids(store, "progress_notes")
    _set(store, "progress_notes", ids[which % len(ids)], {"workspace_id": "wsp_other"})
    return True


def _removed(table: str) -> Do:
    def act(store: Store, which: int) -> bool:
        ids = _ids(store, table)
        if not ids:
            return False
        _write(store, f'DELETE FROM {at(store.schema, table)} WHERE "id" = ?', ids[which % len(ids)])
        return True

    return act


def _emptied(table: str) -> Do:
    def act(store: Store, which: int) -> bool:
        del which
        if not _ids(store, table):
            return False
        _write(store, f"DELETE FROM {at(store.schema, table)}")
        return True

    return act


def _swapped(columns: Callable[[str], list[str]], tables: tuple[str, ...] = TABLES) -> Do:
    """Two records bear each other's values, with right hashes."""

    def act(store: Store, which: int) -> bool:
        for n in range(len(tables)):
            table = tables[(which + n) % len(tables)]
            ids, names = _ids(store, table), columns(table)
            for other in ids[1:]:
                mine, theirs = _row(store, table, ids[0]), _row(store, table, other)
                if any(mine[name] != theirs[name] for name in names):
                    _set(store, table, ids[0], {name: theirs[name] for name in names}, hashed=True)
                    _set(store, table, other, {name: mine[name] for name in names}, hashed=True)
                    return True
        return False

    return act


def _ids_swapped(store: Store, which: int) -> bool:
    ids = _ids(store, "clients")
    one, other = ids[0], ids[1 + which % (len(ids) - 1)]
    for record, name in ((one, "cli_between"), (other, one), ("cli_between", other)):
        _set(store, "clients", record, {"id": name}, hashed=True)
    return True


def _link_led(to: str | None) -> Do:
    """A link leads to another record of the kind that it points at, or nowhere."""

    def act(store: Store, which: int) -> bool:
        places = [
            (table, reference.column, target)
            for table in TABLES
            for reference in BY_NAME[table].references
            for target in reference.tables
            if not reference.several and _filled(store, table, reference.column) and len(_ids(store, target)) > 1
        ]
        if not places:
            return False
        table, column, target = places[which % len(places)]
        record, value = _filled(store, table, column)[0]
        wanted = to or next(i for i in _ids(store, target) if i != value)
        _set(store, table, record, {column: wanted}, hashed=True)
        return True

    return act


def _list_of_links(store: Store, which: int) -> bool:
    del which
    for table in TABLES:
        for reference in BY_NAME[table].references:
            filled = _filled(store, table, reference.column) if reference.several else []
            for record, value in filled:
                if len(json.loads(value)) > 0:
                    _set(store, table, record, {reference.column: "[]"}, hashed=True)
                    return True
    return False


def _to_another_client(table: str) -> Do:
    def act(store: Store, which: int) -> bool:
        rows, clients = _filled(store, table, "client_id"), _ids(store, "clients")
        if not rows:
            return False
        record, client = rows[which % len(rows)]
        _set(store, table, record, {"client_id": next(c for c in clients if c != client)}, hashed=True)
        return True

    return act


def kinds() -> tuple[Tamper, ...]:
    """Every kind of change to records, from the description of the tables."""
    tampers = [
        Tamper(f"{line.column} {'cleared' if cleared else 'changed'}", _beside_changed(line.column, cleared=cleared))
        for line in BOOKKEEPING
        for cleared in (False, True)
        if not (cleared and line.value in (Value.NOTHING, Value.INITIAL) and line.column not in ("part", "line"))
    ]
    tampers += [
        Tamper(f"{column} {'cleared' if cleared else 'changed'}", _beside_changed(column, cleared=cleared))
        for column in sorted(IDENTITY)
        for cleared in (False, True)
    ]
    for kind in TYPES:
        tampers.append(Tamper(f"{kind} changed", _content_changed(kind, hashed=False, cleared=False)))
        tampers.append(Tamper(f"{kind} changed, with its hash", _content_changed(kind, hashed=True, cleared=False)))
        tampers.append(Tamper(f"{kind} cleared, with its hash", _content_changed(kind, hashed=True, cleared=True)))
        tampers.append(Tamper(f"{kind} filled in, with its hash", _content_filled(kind)))
    nobody: dict[str, Any] = dict.fromkeys(("source", "source_kind", "source_id"))
    by_hand = {"edited_at": LATER, "edited_by": "megan@example.com", "migration_id": None, "imported_at": None}
    tampers += [
        Tamper("every mark of an edit", _marked_as_edited),
        Tamper("every mark of a deletion", _marked_as_deleted),
        Tamper("all clients marked as deleted", _all_deleted),
        Tamper("the hash of another record", _hash_of_another),
        Tamper("a made-up note without a source", _added("progress_notes", **nobody)),
        Tamper("a made-up note as if by hand", _added("progress_notes", **nobody, **by_hand)),
        Tamper("a made-up note with a source", _added("progress_notes", source_id="999999")),
        Tamper("a made-up note of another move", _added("progress_notes", source_id="999999", migration_id="mig_x")),
        Tamper("a made-up client of another kind", _added("clients", source_kind="contacts")),
        Tamper("a client twice", _added("clients")),
        Tamper("a record of another workspace", _added("clients", workspace_id="wsp_other")),
        Tamper("a record moved to another workspace", _in_another_workspace),
        Tamper("a client removed", _removed("clients")),
        Tamper("a custom value removed", _removed("custom_field_values")),
        Tamper("a note removed", _removed("progress_notes")),
        Tamper("all visits removed", _emptied("appointments")),
        Tamper("two records' content swapped", _swapped(lambda t: sorted(set(shape(t).content) - IDENTITY))),
        Tamper("two records' numbers swapped", _swapped(lambda t: ["source_id"], ("clients", "progress_notes"))),
        Tamper("two records' ids swapped", _ids_swapped),
        Tamper("two records' places swapped", _swapped(lambda t: ["part", "line"])),
        Tamper("two files' contents swapped", _swapped(lambda t: ["sha256", "size"], ("files",))),
        Tamper("a link led to another record", _link_led(None)),
        Tamper("a link led nowhere", _link_led("cli_nowhere")),
        Tamper("a list of links emptied", _list_of_links),
        Tamper("a note moved to another client", _to_another_client("progress_notes")),
        Tamper("a custom value moved to another client", _to_another_client("custom_field_values")),
        Tamper("a file moved to another client", _to_another_client("files")),
    ]
    return tuple(tampers)


def covered(table: str) -> frozenset[str]:
    """The columns of a table that some kind of change is for."""
    content = {column for kind in TYPES for column in content_of(table, kind)}
    beside = {column for column in BY_COLUMN if column in shape(table).table.c}
    return frozenset(content | beside | IDENTITY | links_of(table))


__all__ = ["TABLES", "Tamper", "among", "covered", "insert", "kinds", "type_of"]
