"""Patient files: documents and pictures kept with a patient. Each becomes a private file of the client.

What lies in the folders of the export is found by reading, which tells each row of its file in columns of its own.
Notes and forms that come as PDF are files, too.
"""

from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column, Link, normalise_header
from app.mapping.files import is_blocked, key_of_path, safe_name
from app.mapping.flags import boolean
from app.mapping.ids import key, link, one_id
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.names import name_digest
from app.mapping.numbers import whole
from app.mapping.rows import Joined, Mapped, NotMapped, Outcome, Record, Result, Value
from app.mapping.text import cut, string, text, verbatim
from app.mapping.traits import Exclusion, Filing, Identity, Names, Recognition
from app.problems import Problem
from app.sources.cliniko.headers import Headers, fingerprint
from app.sources.cliniko.row import Row

Words = str | None
FOLDER = "Imported from Cliniko"
ARCHIVED = "Archived"
PRINTED = {
    "treatmentnotes": ("Treatment notes", "note_as_document"),
    "patientforms": ("Forms", "form_as_document"),
}
_FULL_EXPORT = "fullpatientexport"


def told(links_to: str | None = None) -> Column:
    """A column that reading fills, and no header leads to."""
    return Column(verbatim if links_to is None else one_id, raw=True, links_to=links_to, set_by_reading=True)


@dataclass(frozen=True, kw_only=True)
class PatientFile(Row):
    """One row of the list of files, or one file that no list names; the last columns say what lies there."""

    id: Annotated[str, key("Attachment ID")] = ""
    patient_id: Annotated[
        Link | None,
        link(
            "patients", "Patient ID", required=True, orphan_code="file_without_patient", destination="files.client_id"
        ),
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
    found_key: Annotated[Words, told()] = None
    found_path: Annotated[
        Words, Column(verbatim, "Place in the export", raw=True, set_by_reading=True, conversion="Where the file lies")
    ] = None
    found_root: Annotated[Words, told()] = None
    found_size: Annotated[int | None, Column(whole, set_by_reading=True)] = None
    found_sha256: Annotated[Words, told()] = None
    found_type: Annotated[Words, told()] = None
    found_code: Annotated[Words, told()] = None
    folder_patient_id: Annotated[Link | None, told("patients")] = None
    folder_name: Annotated[Words, told()] = None
    folder_below: Annotated[Words, told()] = None
    owner_from_folder: Annotated[bool | None, Column(boolean, set_by_reading=True)] = None

    @property
    def printed(self) -> tuple[str, str] | None:
        """Where a printed note or form goes, and what tells of it."""
        return PRINTED.get(normalise_header(self.found_root or ""))

    @property
    def printed_code(self) -> str:
        """The problem code of a printed note or form; empty for any other file."""
        if self.printed is None:
            return ""
        is_note = self.printed[1] == "note_as_document"
        return "note_as_file" if is_note and self.found_type != "application/pdf" else self.printed[1]

    @property
    def name(self) -> str:
        """As Caspen calls it: what the list says, else what it is called in its folder."""
        return safe_name(self.filename or (self.found_path or "").rpartition("/")[2])

    @property
    def folder(self) -> str:
        """Where Caspen keeps it: below a folder that only staff see, with the folders that it was in."""
        parts = [FOLDER]
        if self.printed:
            parts.append(self.printed[0])
        if self.archived_at is not None:
            parts.append(ARCHIVED)
        return "/".join((*parts, *(safe_name(part) for part in (self.folder_below or "").split("/") if part)))

    @property
    def called(self) -> str | None:
        """The name in the folder's name, `Lee, Ann`, as patients' names are compared."""
        last, comma, first = (self.folder_name or "").partition(",")
        return f"{first.strip()}\n{last.strip()}" if comma and first.strip() and last.strip() else None


def key_of(row: PatientFile) -> str | None:
    """A list without ids, and a row whose file is not there: the sum of the path tells it apart."""
    return key_of_path(row.path) if row.path else None


def stays_because(row: PatientFile) -> Problem | None:
    """What the row and its file say of themselves."""
    sizes_differ = row.size is not None and row.found_size is not None and row.size != row.found_size
    sums_differ = bool(row.sha256 and row.found_sha256) and (row.sha256 or "").lower() != row.found_sha256
    reasons = {
        "file_unprocessed": row.processing_completed is False,
        "full_patient_export_skipped": normalise_header(row.type or "") == _FULL_EXPORT,
        "file_missing": row.found_path is None,
        "file_type_blocked": is_blocked(row.filename or ""),
        row.found_code or "": row.found_code is not None,
        "file_size_mismatch": sizes_differ,
        "file_checksum_mismatch": sums_differ,
    }
    return next((Problem(code) for code, so in reasons.items() if so), None)


def said_of(row: PatientFile) -> tuple[tuple[str, str], ...]:
    """What can be compared with other files: its bytes, and the name of somebody whose id the folder does not say."""
    return tuple(
        (name, value)
        for name, value in (("bytes", row.found_sha256), ("named", row.called if row.patient_id is None else None))
        if value
    )


def to_records(row: PatientFile, joined: Joined, lookups: Lookups) -> Result:
    """The file, private always. Its bytes lie in storage already, under their sum."""
    client = joined.targets.get("patient_id")
    if client is None or row.found_sha256 is None or row.found_size is None:
        return NotMapped(Outcome.HELD, Problem("file_without_patient"))
    uploader = joined.targets.get("user_id")
    values: dict[str, Value] = {
        "client_id": client.id,
        "name": safe_name(row.name, int(joined.extra.get("same_file_name", "1"))),
        "folder": row.folder,
        "visibility": "private",
        "size": row.found_size,
        "content_type": row.found_type or "application/octet-stream",
        "sha256": row.found_sha256,
        "description": cut(row.description),
        "uploaded_by": cut(uploader.name) if uploader else None,
        "source_created_at": row.created_at,
    }
    by_folder = joined.targets.get("folder_patient_id")
    is_own_folder = row.folder_patient_id is not None and row.folder_patient_id.ids == (client.source_id,)
    codes = {
        "patient_folder_name_mismatch": is_own_folder
        and by_folder is not None
        and row.called is not None
        and client.namesake not in (None, name_digest(row.called)),
        row.printed_code: row.printed is not None,
    }
    problems = tuple(Problem(code, "patient_files", source_id=row.id) for code, so in codes.items() if so)
    return Mapped((Record("files", "patient_files", row.id, values),), problems)


def looks_like_files(headers: Headers) -> bool:
    return headers.all("patientid", "filename") and headers.any("path", "size", "contenttype")


KIND = Kind(
    name="patient_files",
    label="Files",
    source_label="Patient files",
    source_location="Each patient's Files page, one by one; or ask whoever made your export from the API",
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_files),
        file_names=(
            "patient files",
            "patient_files",
            "patient_attachments",
        ),
        json_keys=(
            "patient_attachments",
            "patient_files",
        ),
    ),
    row=PatientFile,
    to_records=to_records,
    tables=("files",),
    identity=Identity(
        generated_key="found_key",
        key_of=key_of,
        target_values=said_of,
    ),
    names=Names(name_of=lambda row: f"{row.folder}/{row.name}" if row.found_sha256 else None),
    exclusion=Exclusion(reason=stays_because),
    filing=Filing(
        owner_link="patient_id",
        folder_link="folder_patient_id",
        conflict_code="file_patient_conflict",
        folder_name_code="file_patient_by_name",
        duplicate_code="duplicate_file",
        renamed_code="file_renamed",
        unlisted_code="file_not_in_index",
        from_folder_column="owner_from_folder",
    ),
)
