"""Patient forms: forms that patients filled in or received. Each becomes a form; none is sent again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from app.json_values import JsonValue
from app.mapping.columns import Column, Link
from app.mapping.date_answers import with_dates
from app.mapping.flags import boolean
from app.mapping.form_content import are_signatures, form_content, lacks_image, signature_images
from app.mapping.ids import key, link
from app.mapping.json_cells import NotJsonError, json_where
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.moments import timestamp
from app.mapping.note_content import read_content_or_text
from app.mapping.rows import Joined, Mapped, NotMapped, Outcome, Record, Result, Value
from app.mapping.text import cut, nothing, string, verbatim
from app.mapping.traits import Exclusion, Identity, Recognition
from app.problems import Level, Problem
from app.sources.cliniko.headers import HeaderSet, fingerprint
from app.sources.cliniko.row import FROM_THE_API, Row

Words = str | None


@dataclass(frozen=True, kw_only=True)
class PatientFormRow(Row):
    """One row; `content` is JSON. `url` opens the patient's form without signing in, and is never read."""

    id: Annotated[str, key("Patient Form ID")] = ""
    patient_id: Annotated[
        Link | None,
        link(
            "patients", "Patient ID", required=True, orphan_code="form_without_patient", destination="forms.client_id"
        ),
    ] = None
    form_template_id: Annotated[Link | None, link("patient_form_templates", "", destination="forms.template_id")] = None
    name: Annotated[Words, Column(string, "Name", name_for="form_template_id", destination="forms.name")] = None
    content: Annotated[
        Words, Column(verbatim, "Content", required=True, raw=True, is_object=True, destination="forms.content")
    ] = None
    completed_at: Annotated[
        datetime | None,
        Column(
            timestamp,
            "Completed At",
            destination="forms.completed_at",
            feeds=("forms.signatures", "forms.status"),
        ),
    ] = None
    booking_id: Annotated[
        Link | None,
        link(
            "appointments",
            "Appointment ID",
            "booking",
            orphan_code="form_without_appointment",
            destination="forms.appointment_id",
        ),
    ] = None
    attendee_id: Annotated[
        Link | None,
        link(
            "attendees",
            "Attendee ID",
            "attendee",
            orphan_code="form_without_appointment",
            feeds=("forms.appointment_id",),
        ),
    ] = None
    restricted_to_practitioner: Annotated[
        bool | None, Column(boolean, "Restricted To Practitioner", destination="forms.restricted")
    ] = None
    email_to_patient_on_completion: Annotated[bool | None, Column(boolean, "Email To Patient On Completion")] = None
    signatures: Annotated[
        JsonValue | None,
        Column(json_where(are_signatures), "Signatures", destination="forms.signatures", feeds=("forms.content",)),
    ] = None
    url: Annotated[Words, Column(nothing, "URL")] = None


def reason_not_moved(row: PatientFormRow) -> Problem | None:
    """`form_without_patient` for a row without a patient, else None."""
    return Problem("form_without_patient") if row.patient_id is None else None


def to_records(row: PatientFormRow, joined: Joined, lookups: Lookups) -> Result:
    """The form with every answer. A row without a patient, or whose content is damaged JSON, is held."""
    client = joined.targets.get("patient_id")
    if client is None:
        return NotMapped(Outcome.HELD, Problem("form_without_patient", KIND.name, source_id=row.id))
    try:
        content = with_dates(read_content_or_text(row.content), lookups.context)
    except NotJsonError:
        return NotMapped(Outcome.HELD, Problem("bad_json", KIND.name, source_id=row.id, level=Level.HELD))
    images, is_completed = signature_images(row.signatures), row.completed_at is not None
    form = form_content(content, images)
    template = joined.targets.get("form_template_id")
    by_name = template is not None and row.form_template_id == Link(name=row.name)
    if by_name and template is not None and template.name != row.name:
        template, by_name = None, False  # a name with another spelling may be another form's
    visit = joined.targets.get("attendee_id") or joined.targets.get("booking_id")
    values: dict[str, Value] = {
        "name": cut(row.name) or f"Form {row.id}",
        "client_id": client.id,
        "template_id": template.id if template else None,
        "appointment_id": visit.id if visit else None,
        "content": form.sections,
        "status": "completed" if row.completed_at else "incomplete",
        "completed_at": row.completed_at,
        "restricted": row.restricted_to_practitioner is True,
        "signatures": _signatures(images, row.completed_at) or None,
        "source_created_at": row.created_at,
    }
    codes = {
        "name_missing": row.name is None,
        "form_template_matched_by_name": by_name,
        "form_incomplete": row.completed_at is None,
        "signature_missing": (form.unsigned and is_completed)
        or lacks_image(row.signatures, images, completed=is_completed),
    }
    reported = (*form.codes, *(code for code, applies in codes.items() if applies))
    problems = tuple(Problem(code, KIND.name, source_id=row.id) for code in reported)
    return Mapped((Record("forms", KIND.name, row.id, values),), problems)


def _signatures(images: dict[str, str], signed: datetime | None) -> list[JsonValue]:
    at = signed.isoformat().replace("+00:00", "Z") if signed else None
    return [{"signature_id": name, "image": image, "signed_at": at} for name, image in images.items()]


def looks_like_forms(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of the patient forms of Cliniko's API."""
    return headers.all("patientid", "content") and headers.any("completedat", "restrictedtopractitioner")


KIND = Kind(
    name="patient_forms",
    label="Forms",
    source_label="Patient forms",
    source_location=FROM_THE_API,
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_forms),
        file_names=(
            "patient forms",
            "patient_forms",
        ),
        json_keys=("patient_forms",),
    ),
    row=PatientFormRow,
    to_records=to_records,
    exclusion=Exclusion(reason=reason_not_moved),
    identity=Identity(not_compared=("email_to_patient_on_completion",)),
    tables=("forms",),
)
