"""Patient forms: what patients filled in. They do not move yet."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.flags import boolean
from app.mapping.ids import key, link
from app.mapping.kind import Kind
from app.mapping.moments import timestamp
from app.mapping.rows import Json
from app.mapping.structured import json_cell
from app.mapping.text import nothing, string, verbatim
from app.sources.cliniko.headers import Headers, fingerprint
from app.sources.cliniko.row import Row

Words = str | None


@dataclass(frozen=True, kw_only=True)
class PatientForm(Row):
    """One row; the content is JSON. `url` is a live key to the form: it is never read."""

    id: Annotated[str, key("Patient Form ID")] = ""
    patient_id: Annotated[
        Link | None,
        link("patients", "Patient ID", required=True, orphan="form_without_patient", destination="forms.client_id"),
    ] = None
    name: Annotated[Words, Column(string, "Name", destination="forms.name")] = None
    content: Annotated[Words, Column(verbatim, "Content", raw=True, destination="forms.content")] = None
    completed_at: Annotated[datetime | None, Column(timestamp, "Completed At", destination="forms.completed_at")] = None
    booking_id: Annotated[
        Link | None,
        link(
            "appointments",
            "Appointment ID",
            "booking",
            orphan="form_without_appointment",
            destination="forms.appointment_id",
        ),
    ] = None
    attendee_id: Annotated[Link | None, link("attendees", "Attendee ID", "attendee")] = None
    restricted_to_practitioner: Annotated[
        bool | None, Column(boolean, "Restricted To Practitioner", destination="forms.restricted")
    ] = None
    email_to_patient_on_completion: Annotated[bool | None, Column(boolean, "Email To Patient On Completion")] = None
    signatures: Annotated[Json | None, Column(json_cell, "Signatures", destination="forms.signatures")] = None
    url: Annotated[Words, Column(nothing, "URL")] = None


def looks_like_forms(headers: Headers) -> bool:
    return headers.all("patientid", "content") and headers.any("completedat", "restrictedtopractitioner")


KIND = Kind(
    name="patient_forms",
    label="Forms",
    called="Patient forms",
    where="Not among the data exports of every account: ask whoever made your export from the API",
    fingerprint=fingerprint(looks_like_forms),
    row=PatientForm,
    tables=("forms",),
    file_names=(
        "patient forms",
        "patient_forms",
    ),
    json_keys=("patient_forms",),
)
