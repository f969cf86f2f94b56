"""Custom field values: patients' answers to the clinic's own questions, one row for each patient and question."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.ids import link
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.rows import Delivered, FormerRecord, Joined, Mapped, NotMapped, Outcome, Result
from app.mapping.text import as_written, string
from app.mapping.traits import Exclusion, FormerRecords, Identity, QuestionColumns, Recognition
from app.problems import Problem
from app.sources.cliniko.field_values import NAME, former_answers, tokens_named, value_record
from app.sources.cliniko.headers import HeaderSet, fingerprint
from app.sources.cliniko.question_answers import QuestionAnswer
from app.sources.cliniko.row import FROM_THE_API, Row

Words = str | None


@dataclass(frozen=True, kw_only=True)
class CustomFieldValueRow(Row):
    """One row: the answer of one patient to one question. The key is the pair of patient and field."""

    patient_id: Annotated[
        Link | None,
        link(
            "patients",
            "Patient ID",
            required=True,
            orphan_code="custom_value_without_patient",
            destination="custom_field_values.client_id",
        ),
    ] = None
    field_token: Annotated[
        Link | None,
        link(
            "custom_fields",
            "Field Token",
            required=True,
            orphan_code="custom_field_undefined",
            ambiguous_code="custom_field_ambiguous",
            destination="custom_field_values.custom_field_id",
        ),
    ] = None
    field_name: Annotated[Words, Column(string, "Field Name", name_for="field_token")] = None
    value: Annotated[Words, Column(as_written, "Value", destination="custom_field_values.text")] = None
    option_tokens: Annotated[
        Words, Column(as_written, "Option Tokens", ("Options",), destination="custom_field_values.option_ids")
    ] = None
    other_value: Annotated[
        Words,
        Column(
            string,
            "Other Value",
            destination="custom_field_values.other_text",
            feeds=("custom_field_values.option_ids",),
        ),
    ] = None

    def __post_init__(self) -> None:
        """Give the reference to the field the name in the row, for a field without a definition."""
        if self.field_token and self.field_token.ids and self.field_name:
            object.__setattr__(self, "field_token", Link(self.field_token.ids, self.field_name))

    @property
    def answer(self) -> QuestionAnswer:
        """The row's answer, with token and name of the question."""
        token = self.field_token.ids[0] if self.field_token and self.field_token.ids else None
        options = (self.option_tokens,) if self.option_tokens else ()
        return QuestionAnswer(token, self.field_name, self.value, options, self.other_value)

    @property
    def answers(self) -> tuple[QuestionAnswer, ...]:
        """The row's answer as a tuple, as rows of patients have answers."""
        return (self.answer,)


def patient_and_field(row: CustomFieldValueRow) -> str | None:
    """The key `PATIENT/FIELD`, where FIELD is a token or a name; None where one part is missing."""
    link_ = row.field_token
    field = (link_.ids[0] if link_.ids else link_.name) if link_ else row.field_name
    return f"{row.patient_id.ids[0]}/{field}" if row.patient_id and field else None


def compared_answer(row: CustomFieldValueRow) -> Iterator[tuple[str, str]]:
    """The answer in comparable form, under the name of the link to its field."""
    yield "field_token", row.answer.comparable


def reason_not_moved(row: CustomFieldValueRow) -> Problem | None:
    """`empty_value` for a row without an answer, else None."""
    return None if row.value or row.option_tokens or row.other_value else Problem("empty_value")


def to_records(row: CustomFieldValueRow, joined: Joined, lookups: Lookups) -> Result:
    """The value in the form of its field's type. A row without client or field is held, an empty answer skipped."""
    client, field = joined.targets.get("patient_id"), joined.targets.get("field_token")
    if client is None or field is None:
        code = "custom_field_ambiguous" if client else "custom_value_without_patient"
        return NotMapped(Outcome.HELD, Problem(code, NAME))
    made = value_record(row.answer, client, field, lookups, row.created_at)
    problems = tuple(Problem(code, NAME) for code in made.codes)
    return Mapped((made.record,), problems) if made.record else NotMapped(Outcome.SKIPPED, Problem("empty_value", NAME))


def former_records(
    row: CustomFieldValueRow, joined: Joined, lookups: Lookups, delivered: Delivered
) -> Iterator[FormerRecord]:
    """The records of the row's answer, by the ids in the row where these lead nowhere."""
    client, field, link_ = joined.targets.get("patient_id"), joined.targets.get("field_token"), row.field_token
    whose = client.source_id if client else row.patient_id.ids[0] if row.patient_id and row.patient_id.ids else None
    if whose is None:
        return
    if field is not None:
        tokens = frozenset((field.source_id,))
    elif link_ is not None and link_.ids:
        tokens = frozenset(link_.ids)
    else:
        name = link_.name if link_ else row.field_name
        tokens = tokens_named(name, lookups) if name else frozenset()
    for token in tokens:
        yield from former_answers(whose, token)


def looks_like_values(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of answers to custom fields."""
    return headers.all("patientid", "fieldtoken") and not headers.any("fieldtype")


KIND = Kind(
    name=NAME,
    label="Custom field values",
    source_label="Custom field values",
    source_location=FROM_THE_API,
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_values),
        file_names=("custom field values", "custom_field_values"),
        json_keys=("custom_field_values",),
    ),
    row=CustomFieldValueRow,
    to_records=to_records,
    tables=(NAME,),
    identity=Identity(
        key_of=patient_and_field,
        target_values=compared_answer,
        later_row_code="custom_value_conflict",
        unique_link_pair=("patient_id", "field_token"),
    ),
    questions=QuestionColumns(columns=lambda columns: columns),
    exclusion=Exclusion(reason=reason_not_moved),
    former=FormerRecords(records=former_records, emptied_code="empty_value"),
)
