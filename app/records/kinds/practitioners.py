"""Practitioners: who treats. An inactive one has no calendar and takes no seat."""

from collections.abc import Iterator

from app.caspen.tables import Practitioner
from app.records.field import Field, said
from app.records.kind import RecordKind
from app.records.names import Names
from app.records.words import yes_no


def fields(record: Practitioner, names: Names) -> Iterator[Field]:
    yield said("Name", record.display_name, "display_name")
    yield said("Title", record.professional_title, "professional_title")
    yield said("User", names.of(record.user_id), "user_id")
    yield said("State", "Active" if record.active else "Inactive", "active", how="Yes and no in words")
    yield said("Description", record.description, "description")
    yield said("Locations", names.all_of(record.location_ids), "location_ids")
    yield said("Services", names.all_of(record.service_ids), "service_ids")
    yield said("Online booking", yes_no(record.online_booking), "online_booking")


KIND = RecordKind(
    name="practitioners",
    label="Practitioners",
    one="practitioner",
    table=Practitioner,
    title=lambda record, names: record.display_name or names.of(record.user_id) or "-",
    fields=fields,
    listed=("Title", "User", "State"),
    order=("display_name", "id"),
    search=("display_name", "professional_title"),
    beside="Those that you matched with a practitioner of Caspen's are not here: they stay as they are.",
)
