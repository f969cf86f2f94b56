"""Practitioners. An inactive practitioner has no calendar and takes no seat."""

from collections.abc import Iterator

from app.caspen.tables import Practitioner
from app.records.field import RecordField, text_field
from app.records.labels import yes_no
from app.records.names_of_ids import RecordNames
from app.records.record_kind import RecordKind


def fields(record: Practitioner, names: RecordNames) -> Iterator[RecordField]:
    yield text_field("Name", record.display_name, "display_name")
    yield text_field("Title", record.professional_title, "professional_title")
    yield text_field("User", names.of(record.user_id), "user_id")
    yield text_field("State", "Active" if record.active else "Inactive", "active", how="Yes and no in words")
    yield text_field("Description", record.description, "description")
    yield text_field("Locations", names.all_of(record.location_ids), "location_ids")
    yield text_field("Services", names.all_of(record.service_ids), "service_ids")
    yield text_field("Online booking", yes_no(record.online_booking), "online_booking")


KIND = RecordKind(
    name="practitioners",
    label="Practitioners",
    noun="practitioner",
    table=Practitioner,
    title=lambda record, names: record.display_name or names.of(record.user_id) or "-",
    fields=fields,
    listed=("Title", "User", "State"),
    order=("display_name", "id"),
    search=("display_name", "professional_title"),
    absent_note="Those that you matched with a practitioner of Caspen's are not here: they stay as they are.",
)
