"""Patient files: documents and pictures kept with a patient. They do not move yet."""

from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.flags import boolean, whole
from app.mapping.ids import key, link
from app.mapping.kind import Kind
from app.mapping.text import string, text, verbatim
from app.sources.cliniko.headers import Headers, fingerprint
from app.sources.cliniko.row import Row

Words = str | None


@dataclass(frozen=True, kw_only=True)
class PatientFile(Row):
    """One row of the list of files; the files themselves lie beside it."""

    id: Annotated[str, key("Attachment ID")] = ""
    patient_id: Annotated[
        Link | None,
        link("patients", "Patient ID", required=True, orphan="file_without_patient", destination="files.client_id"),
    ] = None
    filename: Annotated[Words, Column(verbatim, "File Name", raw=True, destination="files.name")] = None
    path: Annotated[Words, Column(verbatim, "Path", raw=True)] = None
    size: Annotated[int | None, Column(whole, "Size", destination="files.size")] = None
    content_type: Annotated[Words, Column(string, "Content Type", destination="files.content_type")] = None
    sha256: Annotated[Words, Column(string, "SHA256", destination="files.sha256")] = None
    description: Annotated[Words, Column(string, "Description", destination="files.description")] = None
    processing_completed: Annotated[bool | None, Column(boolean, "Processing Completed")] = None
    user_id: Annotated[Link | None, link("users", "User ID", "user", destination="files.uploaded_by")] = None
    patient_case_id: Annotated[Link | None, link("patient_cases", "Case ID")] = None
    pinned_at: Annotated[Words, Column(text, "Pinned At")] = None
    type: Annotated[Words, Column(string, "Type")] = None


def looks_like_files(headers: Headers) -> bool:
    return headers.all("patientid", "filename") and headers.any("path", "size", "contenttype")


KIND = Kind(
    name="patient_files",
    label="Files",
    called="Patient files",
    where="Each patient's Files page, one by one; or ask whoever made your export from the API",
    fingerprint=fingerprint(looks_like_files),
    row=PatientFile,
    tables=("files",),
    file_names=(
        "patient files",
        "patient_files",
        "patient_attachments",
    ),
    json_keys=(
        "patient_attachments",
        "patient_files",
    ),
)
