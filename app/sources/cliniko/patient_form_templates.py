"""Patient form templates: the forms that a clinic sends to patients. Each becomes a form template."""

from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column
from app.mapping.flags import boolean
from app.mapping.form_content import form_template_content
from app.mapping.ids import key
from app.mapping.json_cells import NotJsonError
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.note_content import read_content_or_text
from app.mapping.rows import Joined, Mapped, NotMapped, Outcome, Record, Result, Value
from app.mapping.text import numbered, string, verbatim
from app.mapping.traits import Exclusion, Identity, Names, Recognition
from app.problems import Level, Problem
from app.sources.cliniko.headers import HeaderSet, fingerprint
from app.sources.cliniko.row import FROM_THE_API, Row

Words = str | None


@dataclass(frozen=True, kw_only=True)
class FormTemplateRow(Row):
    """One row; `content` is JSON."""

    id: Annotated[str, key("Form Template ID")] = ""
    name: Annotated[Words, Column(string, "Name", destination="form_templates.name", feeds=("forms.template_id",))] = (
        None
    )
    content: Annotated[
        Words,
        Column(verbatim, "Content", required=True, raw=True, is_object=True, destination="form_templates.content"),
    ] = None
    restricted_to_practitioner: Annotated[bool | None, Column(boolean, "Restricted To Practitioner")] = None
    email_to_patient_on_completion: Annotated[bool | None, Column(boolean, "Email To Patient On Completion")] = None


def reason_not_moved(row: FormTemplateRow) -> Problem | None:
    """`bad_json` for a row whose content is damaged JSON, else None."""
    try:
        read_content_or_text(row.content)
    except NotJsonError:
        return Problem("bad_json", level=Level.HELD)
    return None


def to_records(row: FormTemplateRow, joined: Joined, lookups: Lookups) -> Result:
    """The template with its sections, descriptions and questions. Damaged JSON holds the row."""
    try:
        content = read_content_or_text(row.content)
    except NotJsonError:
        return NotMapped(Outcome.HELD, Problem("bad_json", KIND.name, source_id=row.id, level=Level.HELD))
    form = form_template_content(content)
    values: dict[str, Value] = {
        "name": numbered(row.name or f"Form template {row.id}", joined.extra.get("same_name")),
        "content": form.sections,
        "status": "archived" if row.archived_at else "active",
        "source_created_at": row.created_at,
    }
    codes = {"name_missing": row.name is None, "template_empty": content.is_empty}
    reported = (*form.codes, *(code for code, applies in codes.items() if applies))
    problems = tuple(Problem(code, KIND.name, source_id=row.id) for code in reported)
    return Mapped((Record("form_templates", KIND.name, row.id, values),), problems)


def looks_like_form_templates(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of the patient form templates of Cliniko's API."""
    return headers.all("name", "content", "restrictedtopractitioner") and not headers.any("patientid")


KIND = Kind(
    name="patient_form_templates",
    label="Form templates",
    source_label="Patient form templates",
    source_location=FROM_THE_API,
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_form_templates),
        file_names=(
            "patient form templates",
            "patient_form_templates",
        ),
        json_keys=("patient_form_templates",),
    ),
    row=FormTemplateRow,
    to_records=to_records,
    exclusion=Exclusion(reason=reason_not_moved),
    identity=Identity(not_compared=("email_to_patient_on_completion",)),
    tables=("form_templates",),
    names=Names(
        name_of=lambda row: row.name,
        are_unique=True,
    ),
)
