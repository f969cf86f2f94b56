"""The records that earlier imports brought into a live workspace, by their keys in the source."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.caspen.row_codec import shape
from app.caspen.statements import among, at, batches, canonical_columns, fetch
from app.caspen.stores import Store
from app.caspen.tables import BY_NAME

PAGE = 2_000
STARTS_AT, VISITS, GROUPS, FILES = "starts_at", "appointments", "appointment_groups", "files"
NAMED_BY = {
    "locations": ("name",),
    "users": ("first_name", "last_name"),
    "practitioners": ("display_name",),
    "services": ("name",),
    "custom_fields": ("name",),
    "contacts": ("first_name", "last_name"),
    "form_templates": ("name",),
    "progress_note_templates": ("name",),
}
"""By table, the columns that make the name by which rows of an export refer to a record."""
ONLY = {"contacts": "record.\"type\" = 'referrer'"}
"""By table, which records rows of an export refer to by name."""
BY_OTHERS = (
    'record."workspace_id" = ? AND record."source_kind" = ? AND record."migration_id" IS NOT NULL '
    'AND record."migration_id" <> ?'
)
BROUGHT = f'{BY_OTHERS} AND record."deleted_at" IS NULL'


@dataclass(frozen=True, slots=True)
class RecordOwner:
    """The client that a record belongs to, with the client's kind and id in the source when an import brought the
    client."""

    id: str
    kind: str | None
    source_id: str | None


@dataclass(frozen=True, slots=True)
class EarlierRecord:
    """A live record that an earlier import brought. `starts_at` is the start of a visit or of a group of visits."""

    owner: RecordOwner | None
    name: str | None = None
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GroupVisit:
    """A client's visit in a group: the source keys of both, and the client."""

    group: str
    key: str
    owner: RecordOwner


@dataclass(frozen=True, slots=True)
class ClientFile:
    """A client's live file that an earlier import brought. `source_created_at` is ISO text in UTC."""

    owner: RecordOwner
    key: str
    sha256: str
    name: str
    folder: str
    description: str | None
    uploaded_by: str | None
    source_created_at: str | None


def earlier_keys(live: Store, workspace_id: str, table: str, kind: str, migration_id: str) -> Iterator[list[str]]:
    """The source keys of a table's live records that other migrations brought of a kind, 2,000 records at a time.

    Records that people have deleted since are left out. Reads in the order of the primary key, one page per query.
    """
    sql = (
        f'SELECT record."id", record."source_id" FROM {at(live.schema, table)} record WHERE {BROUGHT} '
        f'AND record."source_id" IS NOT NULL AND record."id" > ? ORDER BY record."id" LIMIT {PAGE}'
    )
    last = ""
    while True:
        with live.database.connection(reading=True) as connection:
            page = list(fetch(connection, sql, (workspace_id, kind, migration_id, last)))
        if not page:
            return
        last = str(page[-1][0])
        yield [str(source_id) for _, source_id in page]


def earlier_among(
    live: Store, workspace_id: str, table: str, kind: str, migration_id: str, source_ids: Iterable[str]
) -> dict[str, EarlierRecord]:
    """The live records among `source_ids` that other migrations brought of a kind.

    Records that people have deleted since are left out. One query for some hundred ids.
    """
    to, named = shape(table), NAMED_BY.get(table, ())
    is_owned, has_start = BY_NAME[table].is_of_client(), STARTS_AT in to.content
    owner = 'c."id", c."source_kind", c."source_id"' if is_owned else "NULL, NULL, NULL"
    whose = (
        f'LEFT JOIN {at(live.schema, "clients")} c ON c."workspace_id" = record."workspace_id" '
        'AND c."id" = record."client_id"'
    )
    records: dict[str, EarlierRecord] = {}
    with live.database.connection(reading=True) as connection:
        starts = canonical_columns(connection, to, [STARTS_AT], "record.") if has_start else "NULL"
        columns = ", ".join((starts, owner, *(f'record."{name}"' for name in named)))
        for some in batches(source_ids):
            which, given = among(connection, 'record."source_id"', some)
            sql = (
                f'SELECT record."source_id", {columns} FROM {at(live.schema, table)} record {whose if is_owned else ""}'
                f" WHERE {BROUGHT} AND {which}"
            )
            for key, start, *cells in fetch(connection, sql, (workspace_id, kind, migration_id, given)):
                client = None if cells[0] is None else RecordOwner(*cells[:3])
                moment = None if start is None else datetime.fromisoformat(str(start))
                records[str(key)] = EarlierRecord(client, _name(cells[3:]), moment)
    return records


def earlier_names(live: Store, workspace_id: str, table: str, kind: str, migration_id: str) -> dict[str, str]:
    """The names of a table's live records that other migrations brought of a kind, by source key.

    Records that people have deleted since are left out, and records without a name.
    """
    named = NAMED_BY.get(table, ())
    if not named:
        return {}
    columns = ", ".join(f'record."{name}"' for name in named)
    where = f"{BROUGHT} AND {ONLY.get(table, '1 = 1')}"
    sql = f'SELECT record."source_id", {columns} FROM {at(live.schema, table)} record WHERE {where} ORDER BY "id"'
    with live.database.connection(reading=True) as connection:
        names = ((str(key), _name(cells)) for key, *cells in fetch(connection, sql, (workspace_id, kind, migration_id)))
        return {key: name for key, name in names if name is not None}


def earlier_visits(
    live: Store, workspace_id: str, kind: str, migration_id: str, groups: Iterable[str]
) -> list[GroupVisit]:
    """The live visits of groups, by the groups' source keys, in the order of the visits' own keys.

    Visits that people have deleted since are left out.
    """
    visits: list[GroupVisit] = []
    groups_table, visits_table, people = (at(live.schema, t) for t in (GROUPS, VISITS, "clients"))
    with live.database.connection(reading=True) as connection:
        for some in batches(groups):
            which, given = among(connection, 'g."source_id"', some)
            sql = (
                'SELECT g."source_id", record."source_id", c."id", c."source_kind", c."source_id" '
                f'FROM {groups_table} g JOIN {visits_table} record ON record."workspace_id" = g."workspace_id" '
                'AND record."group_id" = g."id" AND record."source_id" IS NOT NULL '
                f'JOIN {people} c ON c."workspace_id" = record."workspace_id" AND c."id" = record."client_id" '
                f'WHERE {BROUGHT} AND g."source_kind" = record."source_kind" AND {which} '
                'ORDER BY LENGTH(record."source_id"), record."source_id"'
            )
            for group, key, *cells in fetch(connection, sql, (workspace_id, kind, migration_id, given)):
                visits.append(GroupVisit(str(group), str(key), RecordOwner(*cells)))
    return visits


def earlier_files(live: Store, workspace_id: str, kind: str, migration_id: str) -> Iterator[ClientFile]:
    """The clients' files that other migrations brought, also those that people have deleted. One page per query."""
    to = shape(FILES)
    names = ("source_id", "sha256", "name", "folder", "description", "uploaded_by", "source_created_at")
    last = ""
    while True:
        with live.database.connection(reading=True) as connection:
            sql = (
                f'SELECT record."id", c."id", c."source_kind", c."source_id", '
                f"{canonical_columns(connection, to, names, 'record.')} FROM {at(live.schema, FILES)} record "
                f'JOIN {at(live.schema, "clients")} c ON c."workspace_id" = record."workspace_id" '
                f'AND c."id" = record."client_id" WHERE {BY_OTHERS} AND record."source_id" IS NOT NULL '
                f'AND record."id" > ? ORDER BY record."id" LIMIT {PAGE}'
            )
            page = fetch(connection, sql, (workspace_id, kind, migration_id, last))
        for _, client, client_kind, client_key, *cells in page:
            yield ClientFile(RecordOwner(client, client_kind, client_key), *cells)
        if len(page) < PAGE:
            return
        last = str(page[-1][0])


def earlier_slots(
    live: Store, workspace_id: str, table: str, kind: str, migration_id: str, source_ids: Iterable[str]
) -> dict[str, str]:
    """By source key of a table's live records, the source key of the visit that a record refers to, or of its group.

    Records that people have deleted since are left out, and records of a table that never refers to a visit.
    """
    columns = [reference.column for reference in BY_NAME[table].references if reference.tables == (VISITS,)]
    if not columns:
        return {}
    slots: dict[str, str] = {}
    with live.database.connection(reading=True) as connection:
        for some in batches(source_ids):
            which, given = among(connection, 'record."source_id"', some)
            sql = (
                'SELECT record."source_id", COALESCE(g."source_id", a."source_id") '
                f"FROM {at(live.schema, table)} record "
                f'JOIN {at(live.schema, VISITS)} a ON a."workspace_id" = record."workspace_id" '
                f'AND a."id" = record."{columns[0]}" LEFT JOIN {at(live.schema, GROUPS)} g '
                'ON g."workspace_id" = a."workspace_id" AND g."id" = a."group_id" '
                f'WHERE {BROUGHT} AND {which} AND a."source_id" IS NOT NULL'
            )
            rows = fetch(connection, sql, (workspace_id, kind, migration_id, given))
            slots.update((str(key), str(slot)) for key, slot in rows)
    return slots


def _name(cells: Sequence[str | None]) -> str | None:
    return " ".join(cell for cell in cells if cell) or None
