"""The answers of clients as Caspen keeps them: one custom field value for each client and custom field."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from app.mapping.decisions import name_key
from app.mapping.defined import Defined
from app.mapping.lookups import Lookups
from app.mapping.names import normalise_name
from app.mapping.rows import Delivered, FormerRecord, Joined, Record, Target, Value
from app.sources.cliniko.own_fields import OWN_COLUMNS, OwnField, is_same, own_values
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


def former_values(row: PatientRow, joined: Joined, lookups: Lookups, delivered: Delivered) -> Iterator[FormerRecord]:
    """The values that a patient's row decides about: of details and questions for which its file has a column.

    Where the export has a file of custom field values, that file decides about the answers to questions.
    """
    for key, columns in OWN_COLUMNS.items():
        if not columns.isdisjoint(delivered.columns):
            yield FormerRecord(NAME, NAME, f"{row.id}:{key}")
    if NAME not in delivered.kinds:
        for token in _asked_in(delivered.columns, lookups):
            yield from former_answers(row.id, token)


def former_answers(client_key: str, token: str) -> Iterator[FormerRecord]:
    """The records that an answer may have become: in the question's own field, or in its companion for text."""
    for key in (f"{client_key}/{token}", f"{client_key}/{token}:text"):
        yield FormerRecord(NAME, NAME, key)


def tokens_named(name: str, lookups: Lookups) -> frozenset[str]:
    """The source ids of the questions of a name, also of one without a definition."""
    return _tokens_named(frozenset((name,)), tuple((token, asked.name) for token, asked in lookups.fields.items()))


@lru_cache(maxsize=256)
def _tokens_named(names: frozenset[str], fields: tuple[tuple[str, str], ...]) -> frozenset[str]:
    """As `tokens_named`. `fields` are pairs of source id and name: the same for all rows of a part."""
    wanted = {normalise_name(name) for name in names}
    defined = (token for token, asked in fields if normalise_name(asked) in wanted)
    return frozenset((*defined, *map(name_key, names)))


def _asked_in(columns: frozenset[str], lookups: Lookups) -> Iterator[str]:
    """The source ids of the questions that have a column, each once."""
    if "custom_fields" in columns:
        yield from lookups.fields
        return
    names = frozenset(column.removeprefix("custom:") for column in columns if column.startswith("custom:"))
    if names:
        yield from _tokens_named(names, tuple((token, asked.name) for token, asked in lookups.fields.items()))


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
