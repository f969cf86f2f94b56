"""Problems of clients' files: their owner, their content, and their row in the list of files."""

from tests.register.case import Case, case
from tests.register.story import Files, export, table

KIND = "patient_files"
ANN = "Patient files/11 - O'Brien, Zoë"
PDF = b"%PDF-1.4 a referral"
COLUMNS = ("id", "patient_id", "filename", "path", "size", "sha256", "processing_completed", "type")
PAGE = b"<!DOCTYPE html><html><body><h1>Visit</h1><h2>S</h2><p>Better</p></body></html>"


def listed(*rows: dict[str, str], files: dict[str, bytes] | None = None) -> Files:
    """A list of files with these rows, each of `scan.pdf` unless it says otherwise, and the files themselves."""
    usual = {"id": "5", "patient_id": "11", "filename": "scan.pdf", "path": f"{ANN}/scan.pdf"}
    lines = [[(usual | row).get(column, "") for column in COLUMNS] for row in rows]
    return {**export(), "patient_files.csv": table(COLUMNS, *lines), **({f"{ANN}/scan.pdf": PDF} | (files or {}))}


def lying(**files: bytes) -> Files:
    return {**export(), **files}


CASES: tuple[Case, ...] = (
    case("file_missing", listed({"path": f"{ANN}/gone.pdf"}), KIND, source_id="5", file="patient_files.csv", line=2),
    case("file_unprocessed", listed({"processing_completed": "false", "path": ""}), KIND, source_id="5"),
    case("full_patient_export_skipped", listed({"type": "FullPatientExport"}), KIND, source_id="5"),
    case("file_size_mismatch", listed({"size": "18"}), KIND, source_id="5"),
    case("file_checksum_mismatch", listed({"sha256": "ab" * 32}), KIND, source_id="5"),
    case("file_patient_conflict", listed({"patient_id": "12"}), KIND, source_id="5"),
    case("file_not_in_index", listed({}, files={f"{ANN}/more.pdf": PDF + b"2"}), KIND, file="Patient files/"),
    case("duplicate_file", listed({}, files={f"{ANN}/copy.pdf": PDF}), KIND),
    case("file_renamed", listed({}, files={f"{ANN}/SCAN.pdf": PDF + b"2"}), KIND),
    case("file_without_patient", lying(**{"Patient files/404 - Nobody, At/x.pdf": PDF}), KIND, file="Patient files/"),
    case("file_patient_by_name", lying(**{"Patient files/O'Brien, Zoë/x.pdf": PDF}), KIND),
    case("patient_folder_name_mismatch", lying(**{"Patient files/11 - Elsewhere, Ann/x.pdf": PDF}), KIND),
    case("file_zero_bytes", lying(**{f"{ANN}/x.pdf": b""}), KIND),
    case("file_too_large", lying(**{f"{ANN}/x.bin": bytes(120 << 20)}), KIND),
    case("file_type_blocked", lying(**{f"{ANN}/x.Exe": b"MZ"}), KIND),
    case("note_as_document", lying(**{"Treatment notes/11 - O'Brien, Zoë/x.pdf": PDF}), KIND),
    case("note_as_file", lying(**{"Treatment notes/11 - O'Brien, Zoë/x.rtf": b"{\\rtf1 note}"}), KIND),
    case("form_as_document", lying(**{"Patient forms/11 - O'Brien, Zoë/x.pdf": PDF}), KIND),
    case(
        "note_document_duplicate",
        {**export(treatment_notes=[{}]), "Treatment notes/11 - O'Brien, Zoë/2026-04-02 Visit [88].html": PAGE},
        "treatment_notes",
        source_id="88",
        file="Treatment notes/*.html",
    ),
)
