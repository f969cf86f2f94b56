"""Appointment types: what a clinic offers. Each becomes a service, or an activity where the clinic chose that."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.decisions import decided, name_key, named_id
from app.mapping.flags import boolean
from app.mapping.ids import key, link, links
from app.mapping.kind import Kind
from app.mapping.kind_roles import KindRole
from app.mapping.lookups import Lookups
from app.mapping.names import normalise_name
from app.mapping.numbers import money, whole_up_to
from app.mapping.rows import Joined, Mapped, Record, Result, Value
from app.mapping.text import code, cut, string, text
from app.mapping.traits import Identity, Mention, Names, Naming, Recognition, Schedule
from app.problems import Level, Problem
from app.sources.cliniko.headers import HeaderSet, fingerprint
from app.sources.cliniko.price_list import BillableItemRow
from app.sources.cliniko.row import FROM_THE_API, Row

Words = str | None

CATEGORY = "Imported from Cliniko"  # for types without a category
NO_TAX = "No tax"
UNKNOWN_TYPE = "Unknown type"
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
MOST_MINUTES = 1440
MOST_PEOPLE = 10_000
_USUAL = 30  # minutes, for a type without a duration
ACTIVITY_WORDS = ("report", "admin", "case note", "letter", "phone call", "travel", "meeting", "non face")


@dataclass(frozen=True, kw_only=True)
class AppointmentTypeRow(Row):
    """One row. The headers of a csv file are assumed, the names of Cliniko's API confirmed.

    In Cliniko's API a type has no price; its billable item has.
    """

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
    billable_item_id: Annotated[
        Link | None,
        link(
            "billable_items",
            "Billable Item ID",
            feeds=("services.price", "services.tax_id"),
        ),
    ] = None
    telehealth_enabled: Annotated[bool | None, Column(boolean, "Telehealth Enabled")] = None
    show_in_online_bookings: Annotated[bool | None, Column(boolean, "Show In Online Bookings")] = None
    practitioner_ids: Annotated[
        Link | None, links("practitioners", "Practitioner IDs", feeds=("services.practitioner_ids",))
    ] = None


def suggests_activity(name: str) -> bool:
    """Whether a type's name suggests work without a client in the room. The clinic decides."""
    plain = re.sub(r"[^a-z0-9]+", " ", normalise_name(name))
    return any(word in plain for word in ACTIVITY_WORDS)


def to_records(row: AppointmentTypeRow, joined: Joined, lookups: Lookups) -> Result:
    """The service or activity, unless the clinic chose to match or leave out the type.

    A suggested activity that the clinic has not decided becomes a service, and the suggestion is reported.
    """
    if (other := decided(KindRole.SERVICE, row.id, lookups)) is not None:
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
    problems = tuple(
        Problem(code, "appointment_types", source_id=row.id, level=_level(code))
        for code, applies in codes.items()
        if applies
    )
    return Mapped((Record(_table(chosen), "appointment_types", row.id, values),), problems)


def _priced(row: AppointmentTypeRow, lookups: Lookups) -> AppointmentTypeRow:
    """The type with price, item code and tax of its billable item, where its own columns are empty."""
    number = row.billable_item_id.ids[0] if row.billable_item_id and row.billable_item_id.ids else ""
    item: BillableItemRow | None = next(iter(lookups.lists.get("billable_items", {}).get(number, ())), None)
    if item is None:
        return row
    return replace(
        row,
        price=item.price if row.price is None else row.price,
        item_code=row.item_code or item.item_code,
        tax=row.tax or item.tax,
    )


def _table(nature: str | None) -> str:
    """Caspen keeps activities in the table of services, under ids that begin with `act_`."""
    return "activities" if nature == "activity" else "services"


def _level(code: str) -> Level | None:
    return Level.WARNING if code == "service_kind_undecided" else None


def _tax_id(tax: str | None, lookups: Lookups) -> str:
    """The id of the workspace's tax of that name, else of the tax `No tax`."""
    own = lookups.existing.get("taxes", {}).get(normalise_name(tax)) if tax else None
    return own or named_id("taxes", "appointment_types", NO_TAX, lookups)


def mentions(row: AppointmentTypeRow) -> tuple[Mention, ...]:
    """The category, with its colour as `#RRGGBB`, and the tax: no rows of an export describe them."""
    category, cell = row.category or CATEGORY, row.color or ""
    colour = cell if _COLOUR.fullmatch(cell) else ""
    return (
        Mention("categories", name_key(category), category, colour),
        Mention("taxes", name_key(NO_TAX), NO_TAX),
    )


def unknown_type(mention: Mention, lookups: Lookups) -> Record:
    """The record of a type that appointments name and no row describes: an archived service or activity."""
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
    """The record of a category that the workspace does not have yet, in the colour of its first type."""
    values: dict[str, Value] = {"kind": "appointment", "name": cut(mention.name), "colour": mention.more or None}
    return Record("categories", "appointment_types", mention.key, values)


def no_tax(mention: Mention, lookups: Lookups) -> Record:
    """The record of the tax with rate 0."""
    return Record("taxes", "appointment_types", mention.key, {"name": mention.name, "rate": Decimal(0)})


def looks_like_appointment_types(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of Cliniko's appointment types."""
    return headers.any("durationinminutes", "duration") and headers.all("name")


KIND = Kind(
    name="appointment_types",
    role=KindRole.SERVICE,
    label="Services",
    source_label="Appointment types",
    source_location=FROM_THE_API,
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_appointment_types),
        file_names=("appointment types", "appointment_types"),
        json_keys=("appointment_types",),
    ),
    row=AppointmentTypeRow,
    to_records=to_records,
    identity=Identity(not_compared=("telehealth_enabled", "show_in_online_bookings")),
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
