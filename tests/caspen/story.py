"""Builders for the records of a small clinic, and the steps of the tests."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.caspen.digests import Digest, merge
from app.caspen.load_part import RowRecords, load_part
from app.caspen.part_fences import PartKey, PartLoaded
from app.caspen.promote import Promoted, Promotion, promote
from app.caspen.record_ids import Ids
from app.caspen.statements import at, driver
from app.caspen.stores import Store, Stores
from app.caspen.tables import CaspenTable
from app.mapping.rows import Record

WORKSPACE = "wsp_demo"
MIGRATION = "mig_01"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
IDS = Ids(WORKSPACE, "elsewhere")


def location(key: str = "10", **values: Any) -> Record:
    fields = {"name": "Harbour Street", "timezone": "Australia/Sydney", "country_code": "AU", **values}
    return Record("locations", "businesses", key, fields)


def user(key: str = "20", **values: Any) -> Record:
    return Record(
        "users", "users", key, {"first_name": "Megan", "last_name": "Doyle", "role": "practitioner", **values}
    )


def practitioner(key: str = "30", **values: Any) -> Record:
    fields = {"user_id": IDS.derive("users", "users", "20"), "display_name": "Megan Doyle", **values}
    return Record("practitioners", "practitioners", key, fields)


def category(key: str = "name:imported", **values: Any) -> Record:
    return Record("categories", "appointment_types", key, {"name": "Imported", **values})


def tax(key: str = "name:zero", **values: Any) -> Record:
    return Record("taxes", "appointment_types", key, {"name": "Zero tax", **values})


def service(key: str = "40", **values: Any) -> Record:
    fields = {
        "name": "Initial consultation",
        "category_id": IDS.derive("categories", "appointment_types", "name:imported"),
        "tax_id": IDS.derive("taxes", "appointment_types", "name:zero"),
        "duration": 45,
        **values,
    }
    return Record("services", "appointment_types", key, fields)


def client(key: str = "1000", **values: Any) -> Record:
    fields = {
        "first_name": "Zoë",
        "last_name": f"Number {key}",
        "date_of_birth": date(1990, 1, 2),
        "address": {"line1": "1 High Street", "city": "Sydney", "country_code": "AU"},
        "phone_numbers": [{"number": "400123456", "code": "+61", "type": "mobile"}],
        "source_created_at": NOON,
        **values,
    }
    return Record("clients", "patients", key, fields)


def appointment(key: str = "5000", of: str = "1000", **values: Any) -> Record:
    fields = {
        "location_id": IDS.derive("locations", "businesses", "10"),
        "practitioner_id": IDS.derive("practitioners", "practitioners", "30"),
        "service_id": IDS.derive("services", "appointment_types", "40"),
        "client_id": IDS.derive("clients", "patients", of),
        "starts_at": NOON,
        "ends_at": NOON + timedelta(minutes=45),
        "duration": 45,
        **values,
    }
    return Record("appointments", "appointments", key, fields)


def note(key: str = "7000", of: str = "1000", **values: Any) -> Record:
    fields = {
        "client_id": IDS.derive("clients", "patients", of),
        "title": "First visit",
        "body": "<p>Sore knee, better after rest.</p>",
        "note_date": NOON,
        **values,
    }
    return Record("progress_notes", "treatment_notes", key, fields)


def rows(*records: Record) -> list[RowRecords]:
    """One row for each record, from the second line of a file."""
    return [(line, (record,)) for line, record in enumerate(records, start=2)]


def clinic(clients: int = 3) -> list[RowRecords]:
    """A whole clinic: one location, one person, one service, and clients with a visit and a note each."""
    made = [location(), user(), practitioner(), category(), tax(), service()]
    for number in range(1000, 1000 + clients):
        made += [client(str(number)), appointment(f"5{number}", str(number)), note(f"7{number}", str(number))]
    return rows(*made)


def client_id(key: str = "1000") -> str:
    return IDS.derive("clients", "patients", key)


def open_trial(stores: Stores, number: int = 1, version: int | None = None) -> Store:
    return stores.create_trial(WORKSPACE, MIGRATION, number, version or workspace_version(stores))


def load(
    stores: Stores, store: Store, mapped: Sequence[RowRecords], *, trial: int = 1, part: int = 1, epoch: int = 1
) -> PartLoaded:
    return load_part(stores, store, IDS, PartKey(MIGRATION, trial, part, epoch), mapped, moment=NOON)


def trial_of(stores: Stores, mapped: Sequence[RowRecords], number: int = 1) -> tuple[Store, PartLoaded]:
    """A trial with one part."""
    store = open_trial(stores, number)
    return store, load(stores, store, mapped, trial=number)


def go_live(stores: Stores, store: Store, approved: Mapping[str, Digest], number: int = 1) -> Promoted:
    return promote(stores, store, Promotion(WORKSPACE, MIGRATION, number, merge({}, approved)), moment=NOON)


def live_clinic(stores: Stores, mapped: Sequence[RowRecords] | None = None) -> Promoted:
    """A workspace whose first migration is finalised."""
    store, loaded = trial_of(stores, mapped or clinic())
    return go_live(stores, store, loaded.digests)


def workspace_version(stores: Stores) -> int:
    return int(query(stores.live, 'SELECT "version" FROM {workspaces}')[0][0])


def query(store: Store, sql: str) -> list[tuple[Any, ...]]:
    """Queries a store directly; `{clients}` is the store's table."""
    with store.database.connection(reading=True) as connection:
        cursor = driver(connection).cursor()
        return list(cursor.execute(_placed(store, sql)).fetchall())


def tamper_with(store: Store, sql: str) -> int:
    """Changes a store directly, and returns the number of changed rows."""
    with store.database.connection() as connection:
        cursor = driver(connection).cursor()
        return int(cursor.execute(_placed(store, sql)).rowcount)


def _placed(store: Store, sql: str) -> str:
    return sql.format_map({table: at(store.schema, table) for table in CaspenTable.metadata.tables})
