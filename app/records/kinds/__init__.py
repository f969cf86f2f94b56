"""Every kind of record that the clinic can view, one file each: settings first, then clients.

The import fails with IncompleteRecordKinds where a kind is not in the list, or where no kind shows a table.
"""

from collections.abc import Iterable, Sequence

from app.caspen import tables
from app.listed_modules import unlisted_modules
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
from app.records.reader_rights import Reader
from app.records.record_kind import NOTHING, RecordKind

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

SHOWN_WITH_OTHERS = frozenset({"appointment_groups", "cancellation_reasons", "categories", "referral_types", "taxes"})
"""Tables whose records a clinic views on the records that refer to them."""


def hidden_from(reader: Reader, names: Iterable[str]) -> frozenset[str]:
    """The columns of the tables of these names that this reader may not see in any record."""
    kinds = (BY_NAME[name] for name in names if name in BY_NAME)
    return NOTHING.union(*(kind.hidden(None, reader) for kind in kinds))


class IncompleteRecordKinds(Exception):
    """A kind of record is not listed, or a table has no kind of record. The message has one line for each."""


def require_whole_kinds(kinds: Sequence[RecordKind]) -> None:
    """Raises IncompleteRecordKinds for a kind outside the list, two kinds of one name, and a table without a kind."""
    gaps = [
        f"app/records/kinds/{name}.py: add the kind to KINDS"
        for name in unlisted_modules(__name__, "KIND", kinds, RecordKind)
    ]
    names = [kind.name for kind in kinds]
    gaps += [f"app/records/kinds: two kinds are named {name}" for name in sorted(set(names)) if names.count(name) > 1]
    for table in sorted(tables.BY_NAME.keys() - {*names, *SHOWN_WITH_OTHERS}):
        gaps.append(f"app/records/kinds/{table}.py: add a kind of record that shows the table {table}")
    if gaps:
        raise IncompleteRecordKinds("\n".join(gaps))


require_whole_kinds(KINDS)
