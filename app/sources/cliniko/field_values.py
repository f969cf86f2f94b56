"""The answers of clients as Caspen keeps them: one for each client and custom field, wherever the export told it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from app.mapping.context import Context
from app.mapping.defined import Defined
from app.mapping.lookups import Lookups
from app.mapping.names import normalise_name
from app.mapping.rows import Joined, Record, Target, Value
from app.mapping.zones import zone
from app.sources.cliniko.answers import Answer, settle
from app.sources.cliniko.own_fields import OwnField, is_same, own_values
from app.sources.cliniko.questions import UNKNOWN_TYPE

if TYPE_CHECKING:
    from app.sources.cliniko.patients import Patient

NAME, FIELDS = "custom_field_values", "custom_fields"


@dataclass(frozen=True, slots=True)
class Made:
    """`record` is None for an answer that says nothing."""

    record: Record | None
    codes: tuple[str, ...] = ()


def value_record(
    answer: Answer, client: Target, field: Target, lookups: Lookups, created_at: datetime | None = None
) -> Made:
    """One answer. Text that its field cannot hold goes to the field for text that stands beside it."""
    asked = lookups.fields.get(field.source_id) or Defined("", UNKNOWN_TYPE)
    context = Context(zone(lookups.plan.timezone), lookups.plan.country, lookups.now.date())
    settled = settle(answer, asked, context)
    if settled.text is None and settled.option_ids is None:
        return Made(None, settled.codes)
    key, field_id = f"{client.source_id}/{field.source_id}", field.id
    if settled.is_misfit:
        key, field_id = f"{key}:text", lookups.ids.derive(FIELDS, FIELDS, f"{field.source_id}:text")
    values: dict[str, Value] = {
        "client_id": client.id,
        "custom_field_id": field_id,
        "text": settled.text,
        "option_ids": list(settled.option_ids) if settled.option_ids else None,
        "other_text": settled.other_text,
        "source_created_at": created_at,
    }
    return Made(Record(NAME, NAME, key, values), settled.codes)


def answered(row: Patient, client: Target, joined: Joined, lookups: Lookups) -> Iterator[Made]:
    """The answers in a patient's own row, but for those that a file of answers gives again."""
    done: set[str] = set()
    for name, answer in row.named_answers:
        field = joined.targets.get(name)
        if field is None or field.id in done or f"answered {name}" in joined.extra:
            continue
        done.add(field.id)
        yield value_record(answer, client, field, lookups)


def _own_id(own: OwnField, lookups: Lookups) -> str:
    there = lookups.native_fields.get(normalise_name(own.name))
    return there[0] if there is not None and is_same(there, own.type) else lookups.ids.derive(FIELDS, FIELDS, own.key)


def own_records(row: Patient, client_id: str, lookups: Lookups) -> Iterator[Record]:
    """What Cliniko keeps of every patient and Caspen's clients have no place for."""
    for own, text in own_values(row):
        values: dict[str, Value] = {
            "client_id": client_id,
            "custom_field_id": _own_id(own, lookups),
            "text": own.said(text, lookups),
        }
        yield Record(NAME, NAME, f"{row.id}:{own.key}", values)
