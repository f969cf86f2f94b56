"""A client's own page: the details with the answers to custom fields, and the tabs."""

from collections.abc import Iterator

from app.caspen.stores import Store
from app.caspen.tables import Client, CustomFieldValue
from app.records.field import OtherRecord, RecordField
from app.records.kinds.clients import KIND
from app.records.kinds.custom_field_values import KIND as VALUES
from app.records.kinds.custom_field_values import answer
from app.records.names_of_ids import RecordNames
from app.records.query import find

MOST = 500  # more than any clinic's number of questions


def details(store: Store, names: RecordNames, client: Client) -> Iterator[RecordField]:
    """The fields of the client's page in Caspen, then the answered custom fields by name."""
    names.meet([client])
    yield from KIND.fields(client, names)
    values = find(store, names.workspace_id, VALUES, client_id=client.id, size=MOST)
    names.meet(values.records)
    answers = sorted(
        ((names.of(value.custom_field_id) or "", value) for value in values.records), key=lambda pair: pair[0]
    )
    for name, value in answers:
        yield _field(name, value, names)


def _field(name: str, value: CustomFieldValue, names: RecordNames) -> RecordField:
    plain = tuple(part for part in (value.text, value.other_text) if part)
    columns = (f"{VALUES.name}.{name}", f"{VALUES.name}/{value.source_id}")
    origin = None
    if value.part and value.line:
        address = (VALUES.name, str(value.source_kind), str(value.source_id))
        origin = OtherRecord(*address, ("text", "option_ids", "other_text"), value.part, value.line)
    label, words = f"Custom field: {name}", answer(value, names)
    return RecordField(label, words, columns, plain, "In the field's own form", origin=origin)
