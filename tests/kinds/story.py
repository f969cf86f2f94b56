"""Builders for tests of kinds: a row of cells, mapped as in a trial where every reference leads somewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.caspen.record_ids import Ids
from app.mapping.columns import Link
from app.mapping.context import Context, DateOrder
from app.mapping.defined import Defined
from app.mapping.lookups import Lookups
from app.mapping.parse import Parsed, parse_row
from app.mapping.plan import Plan
from app.mapping.rows import Joined, Mapped, Member, NotMapped, Outcome, Record, Target
from app.sources import source

IDS = Ids("wsp_demo", "cliniko")
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SYDNEY = IDS.derive("locations", "businesses", "3")
PERTH = IDS.derive("locations", "businesses", "4")
ZONES = {SYDNEY: "Australia/Sydney", PERTH: "Australia/Perth"}

CONTENT = '{"sections":[{"name":"S","questions":[{"name":"Q","type":"text","answer":"Better"}]}]}'
ROWS: dict[str, dict[str, str]] = {
    "businesses": {"id": "3", "business_name": "Harbour Street"},
    "users": {
        "id": "5",
        "first_name": "Sam",
        "last_name": "Lee",
        "email": "sam@clinic.example",
        "role": "receptionist",
    },
    "practitioners": {"id": "7", "user_id": "5", "display_name": "Dr Sam Lee", "active": "true"},
    "appointment_types": {"id": "9", "name": "Initial consult", "duration_in_minutes": "45", "price": "120.00"},
    "patients": {"id": "11", "first_name": "Zoë", "last_name": "O'Brien", "archived_at": ""},
    "practitioner_reference_numbers": {
        "id": "21",
        "practitioner_id": "7",
        "business_id": "3",
        "name": "Provider #",
        "reference_number": "0012345A",
    },
    "practitioner_availability": {
        "id": "31",
        "practitioner_id": "7",
        "business_id": "3",
        "day_of_week": "1",
        "availabilities": '[{"starts_at":"09:00","ends_at":"12:00"}]',
    },
    "contacts": {"id": "41", "type": "Doctor", "first_name": "Ada", "last_name": "Hall"},
    "custom_fields": {"field_token": "f1", "field_name": "Sport", "field_type": "text"},
    "custom_field_values": {"patient_id": "11", "field_token": "f1", "field_name": "Sport", "value": "Rowing"},
    "patient_cases": {"id": "51", "patient_id": "11", "name": "Shared care plan"},
    "appointments": {
        "id": "77",
        "starts_at": "2026-04-01 09:00:00 +1100",
        "ends_at": "2026-04-01 09:45:00 +1100",
        "practitioner_id": "7",
        "business_id": "3",
        "patient_ids": "11",
        "appointment_type_id": "9",
        "patient_arrived": "true",
    },
    "attendees": {"id": "501", "booking_id": "77", "patient_id": "11"},
    "treatment_note_templates": {"id": "21", "name": "Review", "content": CONTENT},
    "patient_form_templates": {"id": "31", "name": "Intake", "content": CONTENT},
    "patient_forms": {
        "id": "91",
        "patient_id": "11",
        "name": "Intake",
        "content": CONTENT,
        "completed_at": "2026-04-01T01:00:00Z",
        "created_at": "2026-03-30T01:00:00Z",
    },
    "communications": {
        "id": "41",
        "patient_id": "11",
        "type_code": "1",
        "category_code": "7",
        "direction_code": "1",
        "content": "See you at 5 & bring <your> scan",
        "created_at": "2026-04-01T01:00:00Z",
    },
    "unavailable_blocks": {
        "id": "61",
        "practitioner_id": "7",
        "business_id": "3",
        "starts_at": "2026-04-01 12:00:00 +1100",
        "ends_at": "2026-04-01 13:00:00 +1100",
        "notes": "Lunch",
    },
    "treatment_notes": {
        "id": "88",
        "patient_id": "11",
        "practitioner_id": "7",
        "author_name": "Sam Lee",
        "booking_id": "77",
        "content": '{"sections":[{"name":"S","questions":[{"name":"Q","type":"text","answer":"Better"}]}]}',
        "created_at": "2026-04-02T01:00:00Z",
    },
}
TABLES = {
    "businesses": "locations",
    "users": "users",
    "practitioners": "practitioners",
    "appointment_types": "services",
    "patients": "clients",
    "contacts": "contacts",
    "patient_cases": "cases",
    "custom_fields": "custom_fields",
    "appointments": "appointments",
    "treatment_note_templates": "progress_note_templates",
    "patient_form_templates": "form_templates",
}


@dataclass
class MappedRow:
    """The result of a row: its records by table, and all reported codes."""

    outcome: Outcome
    records: tuple[Record, ...] = ()
    codes: list[str] = field(default_factory=list)
    columns: list[str | None] = field(default_factory=list)

    def __getitem__(self, column: str) -> Any:
        """A value of the main record."""
        return self.main.values[column]

    @property
    def main(self) -> Record:
        return next(r for r in self.records if ":" not in r.key)


def context(zone: str = "Australia/Sydney", dates: DateOrder = DateOrder.DAY_FIRST) -> Context:
    return Context(zone=ZoneInfo(zone), country="AU", today=date(2026, 11, 22), dates=dates)


def lookups(
    plan: Plan | None = None,
    zones: Mapping[str, str] = ZONES,
    existing: Mapping[str, Mapping[str, str]] | None = None,
    durations: Mapping[str, int] | None = None,
    fields: Mapping[str, Defined] | None = None,
) -> Lookups:
    plan = plan or Plan(default_location=SYDNEY)
    return Lookups(plan, IDS, NOW, zones, durations or {}, existing or {}, fields or {})


def parsed(kind: str, /, in_context: Context | None = None, **cells: str | None) -> Parsed[Any]:
    """A parsed row of a kind: the usual cells, replaced by `cells`; None removes a column."""
    return _read(kind, in_context, cells)


def _read(kind: str, in_context: Context | None, cells: Mapping[str, str | None]) -> Parsed[Any]:
    filled = {name: cell for name, cell in (ROWS[kind] | dict(cells)).items() if cell is not None}
    return parse_row(source("cliniko").kind(kind), filled, in_context or context())


def row_of(kind: str, /, **cells: str | None) -> Any:
    """The row itself; the cells must have a key."""
    row = _read(kind, None, cells).row
    assert row is not None
    return row


def joined_of(kind: str, row: Any, /, *lost: str, **targets: Target) -> Joined:
    """Every reference leads to the row of its id, except the fields in `lost`."""
    many: dict[str, tuple[Target, ...]] = {}
    for name, link_kind in ((p.name, p.column.links_to) for p in source("cliniko").kind(kind).columns):
        link = getattr(row, name)
        if isinstance(link, Link) and link_kind in TABLES and name not in lost:
            ids = link.ids or (f"name:{link.name}",)
            many[name] = tuple(Target(IDS.derive(TABLES[link_kind], link_kind, i), i) for i in ids)
    many |= {name: (target,) for name, target in targets.items()}
    members: tuple[Member, ...] = ()
    if kind == "appointments" and row.shape == "group":
        members = tuple(Member(f"{row.id}:{t.source_id}", t) for t in many.get("patient_ids", ()))
    return Joined({name: result[0] for name, result in many.items()}, many, members=members)


def mapped(
    kind: str,
    /,
    *,
    joined: Joined | None = None,
    lost: tuple[str, ...] = (),
    with_lookups: Lookups | None = None,
    in_context: Context | None = None,
    **cells: str | None,
) -> MappedRow:
    """Map a row as a trial does: its records, and all reported codes."""
    read = _read(kind, in_context, cells)
    codes = [p.code for p in read.problems]
    columns = [p.column for p in read.problems]
    if read.stopped is not None:
        return MappedRow(Outcome(read.stopped.severity.value), (), codes, columns)
    assert read.row is not None
    made = source("cliniko").kind(kind).to_records
    assert made is not None
    result = made(read.row, joined or joined_of(kind, read.row, *lost), with_lookups or lookups())
    codes += [p.code for p in result.problems]
    columns += [p.column for p in result.problems]
    if isinstance(result, NotMapped):
        return MappedRow(result.outcome, (), codes + ([result.problem.code] if result.problem else []), columns)
    assert isinstance(result, Mapped)
    return MappedRow(Outcome.CREATED if result.records else Outcome.UNCHANGED, result.records, codes, columns)
