"""Custom fields: what the clinic asks of its patients beside the usual. They do not move yet."""

from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column
from app.mapping.flags import boolean
from app.mapping.ids import key
from app.mapping.kind import Kind
from app.mapping.rows import Json
from app.mapping.structured import json_cell
from app.mapping.text import string
from app.sources.cliniko.headers import Headers, fingerprint
from app.sources.cliniko.row import Row

Words = str | None


@dataclass(frozen=True, kw_only=True)
class CustomField(Row):
    """One row: a field, or one option of a field with options."""

    field_token: Annotated[str, key("Field Token")] = ""
    section_token: Annotated[Words, Column(string, "Section Token")] = None
    section_name: Annotated[Words, Column(string, "Section Name")] = None
    field_name: Annotated[Words, Column(string, "Field Name", destination="custom_fields.name")] = None
    field_type: Annotated[Words, Column(string, "Field Type", destination="custom_fields.type")] = None
    option_token: Annotated[Words, Column(string, "Option Token")] = None
    option_name: Annotated[Words, Column(string, "Option Name", destination="custom_fields.options")] = None
    other_enabled: Annotated[bool | None, Column(boolean, "Other Enabled")] = None
    patient_custom_fields_definition: Annotated[Json | None, Column(json_cell)] = None


def looks_like_custom_fields(headers: Headers) -> bool:
    return headers.all("fieldtoken", "fieldtype") or headers.all("patientcustomfieldsdefinition")


KIND = Kind(
    name="custom_fields",
    label="Custom fields",
    called="Custom fields",
    where="Not among the data exports of every account: ask whoever made your export from the API",
    fingerprint=fingerprint(looks_like_custom_fields),
    row=CustomField,
    tables=("custom_fields",),
    file_names=(
        "custom fields",
        "custom_fields",
        "settings",
    ),
    json_keys=(
        "custom_fields",
        "patient_custom_fields_definition",
    ),
)
