"""Appointment types: what the clinic offers. Each becomes a service, or an activity where the clinic says so."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.flags import boolean
from app.mapping.ids import key, link, links
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.names import normalise_name
from app.mapping.numbers import money, whole_up_to
from app.mapping.rows import Joined, Mapped, Record, Result, Value
from app.mapping.text import code, cut, string, text
from app.mapping.traits import Mention, Names, Naming, Recognition, Schedule
from app.problems import Level, Problem
from app.sources.cliniko.decisions import decided, name_key, named_id
from app.sources.cliniko.headers import Headers, fingerprint
from app.sources.cliniko.price_list import BillableItem
from app.sources.cliniko.row import Row

Words = str | None

CATEGORY = "Imported from Cliniko"  # for types without a category of their own
NO_TAX = "No tax"
UNKNOWN_TYPE = "Unknown type"
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
MOST_MINUTES = 1440
MOST_PEOPLE = 10_000
_USUAL = 30  # minutes, for a type that says it takes none
ACTIVITY_WORDS = ("report", "admin", "case note", "letter", "phone call", "travel", "meeting", "non face")


@dataclass(frozen=True, kw_only=True)
class AppointmentType(Row):
    """One row. Native headers are assumed, api names confirmed; prices come from the billable items, if at all."""

    id: Annotated[str, key("Appointment Type ID")] = ""
    name: Annotated[Words, Column(string, "Name", destination="services.name")] = None
    description: Annotated[Words, Column(text, "Description", destination="services.description")] = None
    category: Annotated[Words, Column(string, "Category", destination="services.category_id")] = None
    color: Annotated[Words, Column(string, "Color", destination="categories.colour")] = None
    duration_in_minutes: Annotated[
        int | None,
        Column(whole_up_to(MOST_MINUTES), "Duration In Minutes", ("Duration",), destination="services.duration"),
    ] = None
    max_attendees: Annotated[
        int | None, Column(whole_up_to(MOST_PEOPLE), "Max Attendees", destination="services.capacity")
    ] = None
    price: Annotated[Decimal | None, Column(money, "Price", destination="services.price")] = None
    item_code: Annotated[Words, Column(code, "Item Code", destination="services.item_code")] = None
    tax: Annotated[Words, Column(string, "Tax", destination="services.tax_id")] = None
    treatment_note_template_id: Annotated[
        Link | None,
        link(
            "treatment_note_templates",
            "Treatment Note Template ID",
            orphan_code="template_unknown",
            destination="services.progress_note_template_id",
        ),
    ] = None
    billable_item_id: Annotated[Link | None, link("billable_items", "Billable Item ID")] = None
    telehealth_enabled: Annotated[bool | None, Column(boolean, "Telehealth Enabled")] = None
    show_in_online_bookings: Annotated[bool | None, Column(boolean, "Show In Online Bookings")] = None
    practitioner_ids: Annotated[Link | None, links("practitioners", "Practitioner IDs")] = None


def suggests_activity(name: str) -> bool:
    """Whether a type's name sounds like work without the client in the room. Only a suggestion: the clinic decides."""
    plain = re.sub(r"[^a-z0-9]+", " ", normalise_name(name))
    return any(word in plain for word in ACTIVITY_WORDS)


def to_records(row: AppointmentType, joined: Joined, lookups: Lookups) -> Result:
    """The service or activity. A suggestion that nobody answered makes a service, and is told."""
    if (other := decided("appointment_types", row.id, lookups)) is not None:
        return other
    chosen = lookups.plan.service_kinds.get(row.id)
    template = joined.targets.get("treatment_note_template_id")
    row = _priced(row, lookups)
    codes = {
        "name_missing": row.name is None,
        "duration_defaulted": not row.duration_in_minutes or row.duration_in_minutes < 0,
        "price_unknown": row.price is None,
        "service_kind_undecided": chosen is None and suggests_activity(row.name or ""),
    }
    values: dict[str, Value] = {
        "kind": chosen or "appointment",
        "name": cut(row.name) or f"Service {row.id}",
        "description": row.description,
        "item_code": cut(row.item_code, 100),
        "category_id": named_id("categories", "appointment_types", row.category or CATEGORY, lookups),
        "tax_id": _tax_id(row.tax, lookups),
        "duration": _USUAL if codes["duration_defaulted"] else row.duration_in_minutes,
        "price": row.price if row.price is not None else Decimal(0),
        "price_unit": "fixed",
        "practitioner_ids": [target.id for target in joined.many.get("practitioner_ids", ())],
        "progress_note_template_id": template.id if template else None,
        "online_booking": False,
        "capacity": row.max_attendees if (row.max_attendees or 0) > 1 else None,
        "status": "archived" if row.archived_at else "active",
        "source_created_at": row.created_at,
    }
    told = tuple(
        Problem(code, "appointment_types", source_id=row.id, level=_mild(code)) for code, said in codes.items() if said
    )
    return Mapped((Record(_table(chosen), "appointment_types", row.id, values),), told)


def _priced(row: AppointmentType, lookups: Lookups) -> AppointmentType:
    """The type with what the price list says of it, where it does not say so itself."""
    number = row.billable_item_id.ids[0] if row.billable_item_id and row.billable_item_id.ids else ""
    item: BillableItem | None = next(iter(lookups.lists.get("billable_items", {}).get(number, ())), None)
    if item is None:
        return row
    return replace(
        row,
        price=item.price if row.price is None else row.price,
        item_code=row.item_code or item.item_code,
        tax=row.tax or item.tax,
    )


def _table(nature: str | None) -> str:
    """Activities stand among the services, under ids of their own."""
    return "activities" if nature == "activity" else "services"


def _mild(code: str) -> Level | None:
    return Level.WARNING if code == "service_kind_undecided" else None


def _tax_id(tax: str | None, lookups: Lookups) -> str:
    """The workspace's tax of that name, else the one that adds nothing."""
    own = lookups.existing.get("taxes", {}).get(normalise_name(tax)) if tax else None
    return own or named_id("taxes", "appointment_types", NO_TAX, lookups)


def mentions(row: AppointmentType) -> tuple[Mention, ...]:
    """The category and the tax, which no rows of their own describe."""
    category, said = row.category or CATEGORY, row.color or ""
    colour = said if _COLOUR.fullmatch(said) else ""
    return (
        Mention("categories", name_key(category), category, colour),
        Mention("taxes", name_key(NO_TAX), NO_TAX),
    )


def unknown_type(mention: Mention, lookups: Lookups) -> Record:
    """A type that appointments name and no row describes: an archived service, so that history has its place."""
    nature = lookups.plan.service_kinds.get(mention.key, "appointment")
    values: dict[str, Value] = {
        "kind": nature,
        "name": cut(mention.name),
        "category_id": named_id("categories", "appointment_types", CATEGORY, lookups),
        "tax_id": named_id("taxes", "appointment_types", NO_TAX, lookups),
        "duration": _USUAL,
        "price": Decimal(0),
        "price_unit": "fixed",
        "practitioner_ids": [],
        "online_booking": False,
        "status": "archived",
    }
    return Record(_table(nature), "appointment_types", mention.key, values)


def category(mention: Mention, lookups: Lookups) -> Record:
    """A category that the workspace does not have yet, in the colour of its first type."""
    values: dict[str, Value] = {"kind": "appointment", "name": cut(mention.name), "colour": mention.more or None}
    return Record("categories", "appointment_types", mention.key, values)


def no_tax(mention: Mention, lookups: Lookups) -> Record:
    """The tax that adds nothing."""
    return Record("taxes", "appointment_types", mention.key, {"name": mention.name, "rate": Decimal(0)})


def looks_like_appointment_types(headers: Headers) -> bool:
    return headers.any("durationinminutes", "duration") and headers.all("name")


KIND = Kind(
    name="appointment_types",
    label="Services",
    source_label="Appointment types",
    source_location="Not among the data exports of every account: ask whoever made your export from the API",
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_appointment_types),
        file_names=("appointment types", "appointment_types"),
        json_keys=("appointment_types",),
    ),
    row=AppointmentType,
    to_records=to_records,
    tables=("services", "activities", "categories", "taxes"),
    names=Names(
        name_of=lambda row: row.name,
        alias_of=lambda row: f"{row.category}: {row.name}" if row.category and row.name else None,
        are_unique=True,
    ),
    naming=Naming(
        unknown_label=UNKNOWN_TYPE,
        unnamed_code="appointment_type_missing",
        mentions=mentions,
        implied_mentions=(
            Mention("categories", name_key(CATEGORY), CATEGORY),
            Mention("taxes", name_key(NO_TAX), NO_TAX),
        ),
        record_makers={"services": unknown_type, "categories": category, "taxes": no_tax},
    ),
    schedule=Schedule(activity_words=ACTIVITY_WORDS),
)
