"""Patient files: documents and pictures of a patient. Each becomes a private file of the client.

Reading finds the files in the folders of the export, and fills the columns `found_*` and `folder_*` of each row. Notes
and forms that are printed as PDF are files, too.
"""

from dataclasses import dataclass
from typing import Annotated

from app.mapping.client_files import EARLIER_FILE, EarlierFile, is_blocked, key_of_path, safe_name
from app.mapping.columns import Column, Link
from app.mapping.flags import boolean
from app.mapping.ids import key, link, one_id
from app.mapping.kind import Kind
from app.mapping.kind_roles import KindRole
from app.mapping.lookups import Lookups
from app.mapping.names import name_digest
from app.mapping.numbers import whole
from app.mapping.rows import Joined, Mapped, NotMapped, Outcome, Record, Result, Value
from app.mapping.text import cut, string, text, verbatim
from app.mapping.traits import Exclusion, Filing, Identity, Names, Recognition
from app.problems import Problem
from app.sources.cliniko.headers import HeaderSet, fingerprint
from app.sources.cliniko.layout import LAYOUT
from app.sources.cliniko.row import Row

Words = str | None
FOLDER = "Imported from Cliniko"
ARCHIVED = "Archived"
PRINTED = {
    "treatmentnotes": ("Treatment notes", "note_as_document"),
    "patientforms": ("Forms", "form_as_document"),
}
_FULL_EXPORT = "fullpatientexport"


def filled_by_reading(links_to: str | None = None) -> Column:
    """A column that reading fills and that no header of a file fills; with `links_to`, a link to that kind."""
    return Column(verbatim if links_to is None else one_id, raw=True, links_to=links_to, set_by_reading=True)


@dataclass(frozen=True, kw_only=True)
class PatientFileRow(Row):
    """One row of the list of files, or one file that no list names. Reading fills the columns from `found_key` on."""

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
    found_key: Annotated[Words, filled_by_reading()] = None
    found_path: Annotated[
        Words, Column(verbatim, "Place in the export", raw=True, set_by_reading=True, conversion="Where the file lies")
    ] = None
    found_root: Annotated[Words, filled_by_reading()] = None
    found_size: Annotated[int | None, Column(whole, set_by_reading=True)] = None
    found_sha256: Annotated[Words, filled_by_reading()] = None
    found_type: Annotated[Words, filled_by_reading()] = None
    found_code: Annotated[Words, filled_by_reading()] = None
    folder_patient_id: Annotated[Link | None, filled_by_reading("patients")] = None
    folder_name: Annotated[Words, filled_by_reading()] = None
    folder_below: Annotated[Words, filled_by_reading()] = None
    owner_from_folder: Annotated[bool | None, Column(boolean, set_by_reading=True)] = None

    @property
    def is_listed(self) -> bool:
        """Whether a list of files has the row. Any other file has only its name and what reading found."""
        cells = (self.path, self.size, self.content_type, self.sha256, self.description, self.user_id, self.created_at)
        return self.id != self.found_key or any(value is not None for value in cells)

    @property
    def printed(self) -> tuple[str, str] | None:
        """Folder and problem code of a printed note or form; None for any other file."""
        return PRINTED.get(LAYOUT.normalise(self.found_root or ""))

    @property
    def printed_code(self) -> str:
        """The problem code of a printed note or form; empty for any other file."""
        if self.printed is None:
            return ""
        is_note = self.printed[1] == "note_as_document"
        return "note_as_file" if is_note and self.found_type != "application/pdf" else self.printed[1]

    @property
    def name(self) -> str:
        """The file's name in Caspen: the name in the list, else the name in the folder."""
        return safe_name(self.filename or (self.found_path or "").rpartition("/")[2])

    @property
    def folder(self) -> str:
        """The file's folder in Caspen, parted by `/`: a folder that only staff see, then the folders of the export."""
        parts = [FOLDER]
        if self.printed:
            parts.append(self.printed[0])
        if self.archived_at is not None:
            parts.append(ARCHIVED)
        return "/".join((*parts, *(safe_name(part) for part in (self.folder_below or "").split("/") if part)))

    @property
    def named_patient(self) -> str | None:
        """The patient in a folder's name `LAST, FIRST`, as `FIRST` and `LAST` parted by a line break; else None."""
        last, comma, first = (self.folder_name or "").partition(",")
        return f"{first.strip()}\n{last.strip()}" if comma and first.strip() and last.strip() else None


def key_of(row: PatientFileRow) -> str | None:
    """The key of a row without an id: a checksum of its path; None without a path."""
    return key_of_path(row.path) if row.path else None


def reason_not_moved(row: PatientFileRow) -> Problem | None:
    """The first problem for which the row or its file cannot move; None for a file that can."""
    sizes_differ = row.size is not None and row.found_size is not None and row.size != row.found_size
    sums_differ = bool(row.sha256 and row.found_sha256) and (row.sha256 or "").lower() != row.found_sha256
    reasons = {
        "file_unprocessed": row.processing_completed is False,
        "full_patient_export_skipped": LAYOUT.normalise(row.type or "") == _FULL_EXPORT,
        "file_missing": row.found_path is None,
        "file_type_blocked": is_blocked(row.filename or ""),
        row.found_code or "": row.found_code is not None,
        "file_size_mismatch": sizes_differ,
        "file_checksum_mismatch": sums_differ,
    }
    return next((Problem(code) for code, applies in reasons.items() if applies), None)


def compared_targets(row: PatientFileRow) -> tuple[tuple[str, str], ...]:
    """What is compared with other files: the SHA-256 as `bytes`, the patient of a folder without id as `named`."""
    return tuple(
        (name, value)
        for name, value in (
            ("bytes", row.found_sha256),
            ("named", row.named_patient if row.patient_id is None else None),
        )
        if value
    )


def to_records(row: PatientFileRow, joined: Joined, lookups: Lookups) -> Result:
    """The file, always private. Its bytes are in storage already, under their SHA-256.

    A file that an earlier import brought keeps its key and, where no list names the file, what its record says.
    """
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
    earlier = EarlierFile.parse(joined.extra[EARLIER_FILE]) if EARLIER_FILE in joined.extra else None
    if earlier is not None and not row.is_listed:
        values |= {
            "name": earlier.name,
            "folder": earlier.folder,
            "description": earlier.description,
            "uploaded_by": earlier.uploaded_by,
            "source_created_at": earlier.created,
        }
    by_folder = joined.targets.get("folder_patient_id")
    is_own_folder = row.folder_patient_id is not None and row.folder_patient_id.ids == (client.source_id,)
    codes = {
        "patient_folder_name_mismatch": is_own_folder
        and by_folder is not None
        and row.named_patient is not None
        and client.namesake not in (None, name_digest(row.named_patient)),
        row.printed_code: row.printed is not None,
    }
    problems = tuple(Problem(code, "patient_files", source_id=row.id) for code, applies in codes.items() if applies)
    return Mapped((Record("files", "patient_files", earlier.key if earlier else row.id, values),), problems)


def looks_like_files(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of a list of the patient attachments of Cliniko's API."""
    return headers.all("patientid", "filename") and headers.any("path", "size", "contenttype")


KIND = Kind(
    name="patient_files",
    role=KindRole.FILE,
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
    row=PatientFileRow,
    to_records=to_records,
    tables=("files",),
    identity=Identity(
        generated_key="found_key",
        key_of=key_of,
        target_values=compared_targets,
    ),
    names=Names(name_of=lambda row: f"{row.folder}/{row.name}" if row.found_sha256 else None),
    exclusion=Exclusion(reason=reason_not_moved),
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
