"""Every kind of record that the clinic can view, one file each: settings first, then clients."""

from collections.abc import Iterable

from app.records.kind import NOTHING, RecordKind
from app.records.kinds import (
    appointments,
    availability,
    busy_times,
    cases,
    clients,
    communications,
    contacts,
    custom_field_values,
    custom_fields,
    files,
    form_templates,
    forms,
    locations,
    practitioners,
    progress_note_templates,
    progress_notes,
    provider_numbers,
    services,
    users,
)
from app.records.reader import Reader

KINDS: tuple[RecordKind, ...] = (
    locations.KIND,
    users.KIND,
    practitioners.KIND,
    provider_numbers.KIND,
    availability.KIND,
    services.KIND,
    custom_fields.KIND,
    custom_field_values.KIND,
    contacts.KIND,
    clients.KIND,
    cases.KIND,
    appointments.KIND,
    busy_times.KIND,
    communications.KIND,
    form_templates.KIND,
    forms.KIND,
    files.KIND,
    progress_note_templates.KIND,
    progress_notes.KIND,
)

BY_NAME = {kind.name: kind for kind in KINDS}


def hidden_from(reader: Reader, tables: Iterable[str]) -> frozenset[str]:
    """The columns of these tables that this reader may not see in any record."""
    kinds = (BY_NAME[table] for table in tables if table in BY_NAME)
    return NOTHING.union(*(kind.hidden(None, reader) for kind in kinds))
