"""Patient form templates: the forms that a clinic sends to patients. They do not move yet."""

from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column
from app.mapping.flags import boolean
from app.mapping.ids import key
from app.mapping.kind import Kind
from app.mapping.text import string, verbatim
from app.sources.cliniko.headers import Headers, fingerprint
from app.sources.cliniko.row import Row

Words = str | None


@dataclass(frozen=True, kw_only=True)
class FormTemplate(Row):
    """One row; the content is JSON."""

    id: Annotated[str, key("Form Template ID")] = ""
    name: Annotated[Words, Column(string, "Name", destination="form_templates.name")] = None
    content: Annotated[Words, Column(verbatim, "Content", raw=True, destination="form_templates.content")] = None
    restricted_to_practitioner: Annotated[bool | None, Column(boolean, "Restricted To Practitioner")] = None
    email_to_patient_on_completion: Annotated[bool | None, Column(boolean, "Email To Patient On Completion")] = None


def looks_like_form_templates(headers: Headers) -> bool:
    return headers.all("name", "content", "restrictedtopractitioner") and not headers.any("patientid")


KIND = Kind(
    name="patient_form_templates",
    label="Form templates",
    called="Patient form templates",
    where="Not among the data exports of every account: ask whoever made your export from the API",
    fingerprint=fingerprint(looks_like_form_templates),
    row=FormTemplate,
    tables=("form_templates",),
    file_names=(
        "patient form templates",
        "patient_form_templates",
    ),
    json_keys=("patient_form_templates",),
    name_of=lambda row: row.name,
    unique_names=True,
)
