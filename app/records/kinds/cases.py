"""Cases: courses of treatment with a limit or a payer. The used amount of a limit does not move."""

from collections.abc import Iterator

from app.caspen.tables import Case
from app.formatting import plural
from app.records.field import RecordField, text_field
from app.records.labels import amount, day_field, to_label, yes_no
from app.records.names_of_ids import RecordNames
from app.records.record_kind import RecordKind


def limit(record: Case) -> str:
    if record.limit_kind == "sessions" and record.limit_sessions is not None:
        return plural(record.limit_sessions, "session")
    if record.limit_kind == "amount" and record.limit_amount is not None:
        return f"{amount(record.limit_amount)} in money"
    return "No limit"


def fields(record: Case, names: RecordNames) -> Iterator[RecordField]:
    limits = tuple(str(part) for part in (record.limit_sessions, record.limit_amount) if part is not None)
    yield text_field("Client", names.of(record.client_id), "client_id")
    yield text_field("Name", record.name, "name")
    yield text_field("State", to_label({}, record.status), "status", how="Closed or open, in words")
    yield RecordField("Limit", limit(record), ("limit_sessions", "limit_amount", "limit_kind"), limits, "In words")
    yield day_field("Issued", record.issue_date, "issue_date")
    yield day_field("Expires", record.expiry_date, "expiry_date")
    yield text_field("Contact", names.of(record.contact_id), "contact_id")
    yield text_field("Practitioner", names.of(record.practitioner_id), "practitioner_id")
    yield text_field("Counts missed", yes_no(record.count_missed), "count_missed", how="Yes and no in words")
    yield text_field("Counts cancelled", yes_no(record.count_cancelled), "count_cancelled", how="Yes and no in words")
    yield text_field("Referral", yes_no(record.referral), "referral", how="Yes and no in words")
    yield text_field("Referral type", record.referral_type, "referral_type")
    yield text_field("Notes", record.notes, "notes")
    yield text_field("Balance", "Has to be checked" if record.balance_to_check else None, "balance_to_check")


KIND = RecordKind(
    name="cases",
    label="Cases",
    noun="case",
    table=Case,
    title=lambda record, names: record.name,
    fields=fields,
    listed=("Client", "State", "Limit", "Expires"),
    order=("name", "id"),
    search=("name",),
)
