"""Records for a client's page, added to the destination's own story, and the page for a reader."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.caspen.load_part import RowRecords
from app.caspen.stores import Store, Stores
from app.mapping.rows import Record
from app.records.names_of_ids import RecordNames
from app.records.reader_rights import EVERYTHING, Reader
from app.records.section import SectionPage, section_page
from app.records.sections import BY_NAME
from tests.caspen.story import IDS, NOON, WORKSPACE, client_id

NOW = NOON + timedelta(days=3)
SYDNEY = "Australia/Sydney"


def form(key: str = "9000", of: str = "1000", **values: Any) -> Record:
    values_ = {"name": "Consent", "client_id": client_id(of), "content": [], **values}
    return Record("forms", "patient_forms", key, values_)


def communication(key: str = "8000", of: str = "1000", **values: Any) -> Record:
    values_ = {"client_id": client_id(of), "channel": "email", "direction": "sent", "occurred_at": NOON, **values}
    return Record("communications", "communications", key, values_)


def case(key: str = "6000", of: str = "1000", **values: Any) -> Record:
    return Record("cases", "patient_cases", key, {"client_id": client_id(of), "name": "Knee plan", **values})


def reason(key: str = "name:unwell", **values: Any) -> Record:
    return Record("cancellation_reasons", "appointments", key, {"name": "Unwell", **values})


def group(key: str = "5500", **values: Any) -> Record:
    values_ = {
        "service_id": IDS.derive("services", "appointment_types", "40"),
        "location_id": IDS.derive("locations", "businesses", "10"),
        "practitioner_id": IDS.derive("practitioners", "practitioners", "30"),
        "starts_at": NOON,
        "ends_at": NOON + timedelta(hours=1),
        **values,
    }
    return Record("appointment_groups", "appointments", key, values_)


def shown(
    stores: Stores, store: Store, name: str, of: str = "1000", *, page: int = 1, reader: Reader = EVERYTHING
) -> SectionPage:
    names = RecordNames(stores, store, WORKSPACE, SYDNEY)
    return section_page(BY_NAME[name], store, names, reader, client_id(of), page, NOW)


def row(*records: Record, line: int = 90) -> RowRecords:
    return line, records


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
