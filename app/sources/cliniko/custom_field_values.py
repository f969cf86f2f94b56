"""Custom field values: what patients answered to the clinic's own questions. They do not move yet."""

from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.ids import link
from app.mapping.kind import Kind
from app.mapping.text import string, text
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
            orphan="custom_value_without_patient",
            destination="custom_field_values.client_id",
        ),
    ] = None
    field_token: Annotated[
        Link | None,
        link(
            "custom_fields",
            "Field Token",
            orphan="custom_field_undefined",
            destination="custom_field_values.custom_field_id",
        ),
    ] = None
    field_name: Annotated[Words, Column(string, "Field Name")] = None
    value: Annotated[Words, Column(text, "Value", destination="custom_field_values.text")] = None
    option_tokens: Annotated[
        Words, Column(text, "Option Tokens", ("Options",), destination="custom_field_values.option_ids")
    ] = None
    other_value: Annotated[Words, Column(string, "Other Value", destination="custom_field_values.other_text")] = None


def patient_and_field(row: CustomFieldValue) -> str | None:
    field = row.field_token.ids[0] if row.field_token else row.field_name
    return f"{row.patient_id.ids[0]}/{field}" if row.patient_id and field else None


def looks_like_values(headers: Headers) -> bool:
    return headers.all("patientid", "fieldtoken") and not headers.any("fieldtype")


KIND = Kind(
    name="custom_field_values",
    label="Custom field values",
    called="Custom field values",
    where="Not among the data exports of every account: ask whoever made your export from the API",
    fingerprint=fingerprint(looks_like_values),
    row=CustomFieldValue,
    tables=("custom_field_values",),
    file_names=(
        "custom field values",
        "custom_field_values",
    ),
    json_keys=("custom_field_values",),
    key_of=patient_and_field,
)
