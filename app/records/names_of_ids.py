"""Names for the ids in a record. A trial's records refer to live records, too, so both stores are read."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app.caspen.record_ids import PREFIXES
from app.caspen.stores import Store, Stores
from app.caspen.tables import BY_NAME, Imported
from app.formatting import full

NAMED_BY: dict[str, tuple[str, ...]] = {
    "locations": ("name", "timezone"),
    "users": ("first_name", "last_name"),
    "practitioners": ("display_name",),
    "services": ("name",),
    "categories": ("name",),
    "taxes": ("name",),
    "custom_fields": ("name", "options"),
    "contacts": ("first_name", "last_name"),
    "referral_types": ("name",),
    "clients": ("first_name", "last_name"),
    "cases": ("name",),
    "cancellation_reasons": ("name",),
    "appointment_groups": ("starts_at", "location_id", "capacity"),
    "appointments": ("starts_at", "location_id"),
    "form_templates": ("name",),
    "progress_note_templates": ("name",),
}
TABLES = {prefix: "services" if table == "activities" else table for table, prefix in PREFIXES.items()}
AT_ONCE = 500


class RecordNames:
    """Looks up names and caches them. `zone` is the page's time zone. Times in another zone name their zone."""

    def __init__(self, stores: Stores, store: Store, workspace_id: str, zone: str) -> None:
        self._stores = (store,) if store.is_live else (store, stores.live)
        self.workspace_id = workspace_id
        self.zone = zone
        self._known: dict[str, tuple[Any, ...] | None] = {}

    def meet(self, records: Iterable[Imported]) -> None:
        """Looks up all references of these records in a few queries."""
        ids: list[str] = []
        for record in records:
            for reference in type(record).references:
                value = getattr(record, reference.column)
                ids += value if isinstance(value, list) else [value] if value else []
        self._read(ids)

    def of(self, record_id: str | None) -> str | None:
        """The name behind an id. None without an id or a record."""
        row = self._row_of(record_id)
        if row is None or record_id is None:
            return None
        table = TABLES[record_id[:4]]
        if table in ("appointments", "appointment_groups"):
            return self.at(row[0], row[1])
        wanted = row[:1] if table in ("locations", "custom_fields") else row
        return " ".join(part for part in wanted if part) or None

    def all_of(self, ids: Sequence[str] | None) -> str | None:
        return ", ".join(name for name in (self.of(record_id) for record_id in ids or ()) if name) or None

    def options(self, field_id: str) -> dict[str, str]:
        """The options of a custom field by their id."""
        row = self._row_of(field_id)
        return {str(option.get("id")): str(option.get("label")) for option in (row[1] if row else None) or ()}

    def zone_of(self, location_id: str | None) -> str:
        row = self._row_of(location_id)
        return str(row[1]) if row else self.zone

    def at(self, moment: datetime | None, location_id: str | None = None) -> str | None:
        """A moment on the clock of a location. Another zone than the clinic's is named."""
        if moment is None:
            return None
        zone = self.zone_of(location_id) if location_id else self.zone
        words = full(moment, ZoneInfo(zone))
        return words if zone == self.zone else f"{words}, {city(zone)} time"

    def _row_of(self, record_id: str | None) -> tuple[Any, ...] | None:
        if not record_id:
            return None
        if record_id not in self._known:
            self._read([record_id])
        return self._known.get(record_id)

    def _read(self, ids: Iterable[str]) -> None:
        wanted: dict[str, list[str]] = defaultdict(list)
        for record_id in dict.fromkeys(ids):
            if record_id not in self._known and (table := TABLES.get(record_id[:4])) in NAMED_BY:
                self._known[record_id] = None
                wanted[str(table)].append(record_id)
        for table, listed in wanted.items():
            for start in range(0, len(listed), AT_ONCE):
                self._ask(table, listed[start : start + AT_ONCE])

    def _ask(self, table: str, ids: list[str]) -> None:
        own: sa.Table = BY_NAME[table].metadata.tables[table]
        asked = sa.select(own.c.id, *(own.c[name] for name in NAMED_BY[table])).where(
            own.c.workspace_id == self.workspace_id, own.c.id.in_(ids)
        )
        for store in reversed(self._stores):  # the trial's names replace the live names
            with store.database.read() as session:
                self._known.update({row[0]: tuple(row[1:]) for row in session.connection().execute(asked)})
        places = [row[1] for record_id in ids if table.startswith("appointment") and (row := self._known[record_id])]
        self._read(places)


def city(zone: str) -> str:
    """As in "Lord Howe"."""
    return zone.rpartition("/")[2].replace("_", " ")
