"""The row of a custom field, as Cliniko's settings define the questions that a clinic asks its patients."""

from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column
from app.mapping.flags import boolean
from app.mapping.ids import token
from app.mapping.text import string
from app.sources.cliniko.row import Row

Words = str | None


@dataclass(frozen=True, kw_only=True)
class CustomFieldRow(Row):
    """One row: a field, or one option of a field with options. Its parts are those of Cliniko's API, flattened."""

    field_token: Annotated[str, Column(token, "Field Token", mark="C", is_key=True)] = ""
    section_token: Annotated[Words, Column(string, "Section Token")] = None
    section_name: Annotated[Words, Column(string, "Section Name")] = None
    field_name: Annotated[Words, Column(string, "Field Name", destination="custom_fields.name")] = None
    field_type: Annotated[Words, Column(string, "Field Type", destination="custom_fields.type")] = None
    option_token: Annotated[Words, Column(string, "Option Token", feeds=("custom_fields.options",))] = None
    option_name: Annotated[Words, Column(string, "Option Name", destination="custom_fields.options")] = None
    other_enabled: Annotated[bool | None, Column(boolean, "Other Enabled", feeds=("custom_fields.options",))] = None
