"""Custom field values: what patients answered to the clinic's own questions, one answer of each to each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.ids import link
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.rows import Joined, Mapped, NotMapped, Outcome, Result
from app.mapping.text import string, text
from app.mapping.traits import Exclusion, Identity, QuestionColumns, Recognition
from app.problems import Problem
from app.sources.cliniko.answers import Answer
from app.sources.cliniko.field_values import NAME, value_record
from app.sources.cliniko.headers import Headers, fingerprint
from app.sources.cliniko.row import Row

Words = str | None


@dataclass(frozen=True, kw_only=True)
class CustomFieldValue(Row):
    """One row: one answer of one patient. Its key is the patient with the field."""

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
    value: Annotated[Words, Column(text, "Value", destination="custom_field_values.text")] = None
    option_tokens: Annotated[
        Words, Column(text, "Option Tokens", ("Options",), destination="custom_field_values.option_ids")
    ] = None
    other_value: Annotated[Words, Column(string, "Other Value", destination="custom_field_values.other_text")] = None

    def __post_init__(self) -> None:
        """A field that nobody describes is called as the rows call it."""
        if self.field_token and self.field_token.ids and self.field_name:
            object.__setattr__(self, "field_token", Link(self.field_token.ids, self.field_name))

    @property
    def answer(self) -> Answer:
        token = self.field_token.ids[0] if self.field_token and self.field_token.ids else None
        options = (self.option_tokens,) if self.option_tokens else ()
        return Answer(token, self.field_name, self.value, options, self.other_value)

    @property
    def answers(self) -> tuple[Answer, ...]:
        return (self.answer,)


def patient_and_field(row: CustomFieldValue) -> str | None:
    link_ = row.field_token
    field = (link_.ids[0] if link_.ids else link_.name) if link_ else row.field_name
    return f"{row.patient_id.ids[0]}/{field}" if row.patient_id and field else None


def said_of(row: CustomFieldValue) -> Iterator[tuple[str, str]]:
    yield "field_token", row.answer.said


def stays_because(row: CustomFieldValue) -> Problem | None:
    return None if row.value or row.option_tokens or row.other_value else Problem("empty_value")


def to_records(row: CustomFieldValue, joined: Joined, lookups: Lookups) -> Result:
    """The value, in the form that its field asks for."""
    client, field = joined.targets.get("patient_id"), joined.targets.get("field_token")
    if client is None or field is None:
        code = "custom_field_ambiguous" if client else "custom_value_without_patient"
        return NotMapped(Outcome.HELD, Problem(code, NAME))
    made = value_record(row.answer, client, field, lookups, row.created_at)
    problems = tuple(Problem(code, NAME) for code in made.codes)
    return Mapped((made.record,), problems) if made.record else NotMapped(Outcome.SKIPPED, Problem("empty_value", NAME))


def looks_like_values(headers: Headers) -> bool:
    return headers.all("patientid", "fieldtoken") and not headers.any("fieldtype")


KIND = Kind(
    name=NAME,
    label="Custom field values",
    source_label="Custom field values",
    source_location="Not among the data exports of every account: ask whoever made your export from the API",
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_values),
        file_names=("custom field values", "custom_field_values"),
        json_keys=("custom_field_values",),
    ),
    row=CustomFieldValue,
    to_records=to_records,
    tables=(NAME,),
    identity=Identity(
        key_of=patient_and_field,
        target_values=said_of,
        later_row_code="custom_value_conflict",
        unique_link_pair=("patient_id", "field_token"),
    ),
    questions=QuestionColumns(columns=lambda columns: columns),
    exclusion=Exclusion(reason=stays_because),
)
