"""Files of clients: letters, pictures and lists. An index names most of them; the files are in folders of clients."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random

from app.sources.cliniko.sample.children import DELETED, MERGED, TWICE, client_of, of_clients, planted_rows
from app.sources.cliniko.sample.invented_names import plain_name
from app.sources.cliniko.sample.kinds.sample_kind import Document, SampleKind
from app.sources.cliniko.sample.pictures import exercises, letter, photo
from app.sources.cliniko.sample.planting import Plant, Planted
from app.sources.cliniko.sample.sample_columns import ARCHIVED, CREATED, CellForm, SampleColumn, SampleValue, texts
from app.sources.cliniko.sample.sample_columns import DELETED as DELETED_AT
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World

COLUMNS = (
    SampleColumn("id", CellForm.ID),
    SampleColumn("patient_id", CellForm.ID),
    *texts("filename", "path", "size", "content_type", "sha256", "description"),
    SampleColumn("processing_completed", CellForm.BOOL),
    SampleColumn("user_id", CellForm.ID),
    SampleColumn("patient_case_id", CellForm.ID, key="case_id"),
    SampleColumn("type"),
    ARCHIVED,
    CREATED,
    DELETED_AT,
)
PLANTS = (
    *of_clients("file_without_patient"),
    *MERGED,
    Plant("by_name", ("file_patient_by_name",), "held"),
    Plant("other_client", ("file_patient_conflict",), "held"),
    Plant("other_name", ("patient_folder_name_mismatch",)),
    Plant("same_bytes", ("duplicate_file",), "skipped"),
    Plant("same_letters", ("file_renamed",)),
    Plant("not_in_index", ("file_not_in_index",)),
    Plant("no_file", ("file_missing",), "skipped"),
    Plant("zero", ("file_zero_bytes",), "skipped"),
    Plant("program", ("file_type_blocked",), "skipped"),
    Plant("other_size", ("file_size_mismatch",), "held"),
    Plant("other_sum", ("file_checksum_mismatch",), "held"),
    Plant("unprocessed", ("file_unprocessed",), "skipped"),
    Plant("whole_record", ("full_patient_export_skipped",), "skipped"),
    Plant("nested"),
    Plant("backslashes"),
    Plant("decomposed"),
    Plant("archived"),
    Plant("printed_note", ("note_as_document",)),
    Plant("printed_form", ("form_as_document",)),
    TWICE,
    DELETED,
)
FOLDER = "Patient files"
PRINTED = {"printed_note": "Treatment notes", "printed_form": "Patient forms"}
BLOCKED = ("exe", "bat", "cmd", "js", "msi", "scr", "vbs", "ps1", "lnk")
_NAMES = (
    ("Referral letter", "pdf", "application/pdf"),
    ("Knee photo", "png", "image/png"),
    ("Home exercises", "txt", "text/plain"),
    ("Scan report", "pdf", "application/pdf"),
)
_MAKERS = {"pdf": letter, "png": photo, "txt": exercises}
_SMALLEST, _LARGEST = 500, 40_000
_SUM = "ab" * 32


@dataclass
class SampleFile:
    """One file of a client."""

    index: int
    id: str
    patient_id: str | None
    folder: str
    filename: str
    body: bytes | None
    """None where the index names a file that the export lacks."""
    content_type: str
    created: datetime
    planted: Planted | None = None
    indexed: bool = True
    below: str = ""
    """The folders below the client's folder."""
    cells: Mapping[str, SampleValue] = field(default_factory=dict)
    """Cells of the index that differ from the file."""

    index_path: str = ""
    """The path in the index, where it differs from the file's path."""
    top: str = FOLDER

    @property
    def path(self) -> str:
        """The path of the file in the export."""
        return f"{self.top}/{self.folder}/{self.below}{self.filename}"


def _files(world: World, plants: Mapping[int, Planted]) -> Iterator[SampleFile]:
    """Every file, made again in each call so that none is kept in memory."""
    people = world.plain_patients(world.size.patients // 4)
    for index in range(world.size.files):
        file = _plain(world, index, next(people))
        if planted := plants.get(index):
            if planted.plant.name in ("same_bytes", "same_letters"):
                yield file
                file = _second(world, file, planted)
            else:
                _apply_plant(world, file, planted)
        yield file


def _second(world: World, first: SampleFile, planted: Planted) -> SampleFile:
    """A file with the bytes of the file before it, or with the same name in other case."""
    files, turns = world.size.files, len(PLANTS) * planted.turn
    key = world.source_id("patient_files", files + turns + PLANTS.index(planted.plant), files)
    if planted.plant.name == "same_bytes":
        return replace(first, id=key, filename=f"Copy of {first.filename}", planted=planted)
    rng = Random(f"{world.seed}:second {first.index}")  # noqa: S311 - nobody's letter
    other = _MAKERS[first.filename.rpartition(".")[2]](rng, _SMALLEST)
    return replace(first, id=key, filename=first.filename.lower(), body=other, planted=planted)


def _plain(world: World, index: int, patient: int) -> SampleFile:
    rng = Random(f"{world.seed}:file {index}")  # noqa: S311 - nobody's letter
    size = rng.randrange(_SMALLEST, _LARGEST)
    name, extension, content_type = _NAMES[index % len(_NAMES)]
    body = _MAKERS[extension](rng, size)
    first, last = plain_name(patient)
    return SampleFile(
        index=index,
        id=world.source_id("patient_files", index, world.size.files),
        patient_id=world.patient_id(patient),
        folder=f"{world.patient_id(patient)} - {last}, {first}",
        filename=f"{name} {index + 1}.{extension}",
        body=body,
        content_type=content_type,
        created=datetime(2022, 5, 1, 23, 0, tzinfo=UTC) + timedelta(hours=index * 30_000 // world.size.files),
    )


def _apply_plant(world: World, file: SampleFile, planted: Planted) -> None:
    file.planted = planted
    name, turn = planted.plant.name, planted.turn
    if name == "no_patient" or name.startswith("of_"):
        file.patient_id = client_of(world, planted, 0)
        file.folder = f"{file.patient_id} - {' '.join(file.folder.split(' - ')[1:])}"
    elif name == "by_name":
        file.patient_id, file.folder = None, file.folder.partition(" - ")[2]
    elif name == "other_client":
        file.patient_id = world.patient_id(world.patient_at("accents", turn))
    elif name == "other_name":
        file.folder = f"{file.patient_id} - Elsewhere, Ann"
    elif name in PRINTED:
        file.top, file.indexed = PRINTED[name], False
        file.filename = f"Printed on 2024-05-0{turn % 9 + 1}, {file.index}.pdf"
        file.body = letter(Random(f"{world.seed}:printed {file.index}"), _SMALLEST)  # noqa: S311 - nobody's letter
    elif name == "not_in_index":
        file.indexed = False
    elif name == "no_file":
        file.body, file.cells = None, {"size": 1234, "sha256": _SUM}
    elif name == "zero":
        file.body = b""
    elif name == "program":
        file.filename = f"Setup {turn + 1}.{BLOCKED[turn % len(BLOCKED)]}"
        file.content_type = "application/octet-stream"
    elif name == "other_size":
        file.cells = {"size": len(file.body or b"") + 7}
    elif name == "other_sum":
        file.cells = {"sha256": _SUM}
    elif name == "unprocessed":
        file.body = None
        empty = dict.fromkeys(("filename", "path", "size", "content_type", "sha256"))
        file.cells = {**empty, "processing_completed": False}
    elif name == "whole_record":
        file.cells = {"type": "FullPatientExport"}
    elif name == "nested":
        file.below = "2024/Scans/"
    elif name == "backslashes":
        file.index_path = file.path.replace("/", "\\")
    elif name == "decomposed":
        composed = f"Résumé {turn + 1}.{file.filename.rpartition('.')[2]}"
        file.filename = composed
        file.index_path = file.path
        file.filename = unicodedata.normalize("NFD", composed)
        file.cells = {"filename": composed}
    elif name == "archived":
        file.cells = {"archived_at": datetime(2025, 1, 9, 23, 0, tzinfo=UTC)}
    elif name == "deleted":
        file.cells = {"deleted_at": datetime(2025, 1, 9, 23, 0, tzinfo=UTC)}


_KEY = "patient_files"


def _files_of(world: World) -> Iterator[SampleFile]:
    return _files(world, world.planted(_KEY, PLANTS, world.size.files, by_api=world.is_api_file(False)))


def rows(world: World) -> Iterator[SampleRow]:
    """One row for each file that the index names."""
    for file in _files_of(world):
        if not file.indexed:
            continue
        body = b"" if file.body is None else file.body
        values: dict[str, SampleValue] = {
            "id": file.id,
            "patient_id": file.patient_id,
            "filename": file.filename,
            "path": file.index_path or file.path,
            "size": len(body),
            "content_type": file.content_type,
            "sha256": sha256(body).hexdigest(),
            "description": "From the hospital" if file.index % 6 == 0 else None,
            "processing_completed": True,
            "user_id": world.user_id(file.index % 4),
            "created_at": file.created,
            **file.cells,
        }
        yield from planted_rows(file.id, values, file.planted, records=("files",))


def documents(world: World) -> Iterator[Document]:
    """The files themselves; a file that the index does not name counts as a row."""
    for file in _files_of(world):
        if file.body is None:
            continue
        row = None if file.indexed else next(planted_rows(file.path, {}, file.planted, records=("files",)))
        yield Document(file.path, file.body, row)


KIND = SampleKind(_KEY, "Patient files", COLUMNS, rows, documents=documents)
