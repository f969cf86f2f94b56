"""The answers of clients as Caspen keeps them: one custom field value for each client and custom field."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from app.mapping.defined import Defined
from app.mapping.lookups import Lookups
from app.mapping.names import normalise_name
from app.mapping.rows import Joined, Record, Target, Value
from app.sources.cliniko.own_fields import OwnField, is_same, own_values
from app.sources.cliniko.patient_row import PatientRow
from app.sources.cliniko.question_answers import QuestionAnswer, settle
from app.sources.cliniko.questions import UNKNOWN_TYPE

NAME, FIELDS = "custom_field_values", "custom_fields"


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """The record of an answer, with the codes of its problems; `record` is None for an answer without content."""

    record: Record | None
    codes: tuple[str, ...] = ()


def value_record(
    answer: QuestionAnswer, client: Target, field: Target, lookups: Lookups, created_at: datetime | None = None
) -> AnswerRecord:
    """The record of one answer. Text that the field cannot hold goes to the field's companion for text."""
    asked = lookups.fields.get(field.source_id) or Defined("", UNKNOWN_TYPE)
    settled = settle(answer, asked, lookups.context)
    if settled.text is None and settled.option_ids is None:
        return AnswerRecord(None, settled.codes)
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
    return AnswerRecord(Record(NAME, NAME, key, values), settled.codes)


def answer_records(row: PatientRow, client: Target, joined: Joined, lookups: Lookups) -> Iterator[AnswerRecord]:
    """The answers in a patient's own row, without those that a file of custom field values repeats."""
    done: set[str] = set()
    for name, answer in row.named_answers:
        field = joined.targets.get(name)
        if field is None or field.id in done or f"answered {name}" in joined.extra:
            continue
        done.add(field.id)
        yield value_record(answer, client, field, lookups)


def _own_id(own: OwnField, lookups: Lookups) -> str:
    existing = lookups.native_fields.get(normalise_name(own.name))
    is_known = existing is not None and is_same(existing, own.type)
    return existing[0] if existing is not None and is_known else lookups.ids.derive(FIELDS, FIELDS, own.key)


def own_records(row: PatientRow, client_id: str, lookups: Lookups) -> Iterator[Record]:
    """The custom field values of the details that Caspen's clients have no field for."""
    for own, text in own_values(row):
        values: dict[str, Value] = {
            "client_id": client_id,
            "custom_field_id": _own_id(own, lookups),
            "text": own.in_words(text, lookups),
        }
        yield Record(NAME, NAME, f"{row.id}:{own.key}", values)
