"""The files of clients, one at a time: whose each is, what it holds, where it lies and what is odd about it."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

from app.sources.cliniko.sample.children import DELETED, MERGED, TWICE, client_of, of_clients
from app.sources.cliniko.sample.people import plain_name
from app.sources.cliniko.sample.pictures import exercises, letter, photo
from app.sources.cliniko.sample.planting import Plant, Planted
from app.sources.cliniko.sample.world import World

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
class Attachment:
    index: int
    id: str
    patient_id: str | None
    folder: str
    filename: str
    body: bytes | None
    """None where the index names a file that is not there."""
    content_type: str
    created: datetime
    planted: Planted | None = None
    indexed: bool = True
    below: str = ""
    """Folders within the client's own."""
    cells: Mapping[str, object] = field(default_factory=dict)
    """What the index says otherwise."""

    told_path: str = ""
    """As the index writes the path, where it writes it otherwise."""
    top: str = FOLDER

    @property
    def path(self) -> str:
        return f"{self.top}/{self.folder}/{self.below}{self.filename}"


def attachments(world: World, plants: Mapping[int, Planted]) -> Iterator[Attachment]:
    """Made again in the same way each time they are asked for, so that none has to be remembered."""
    people = world.plain_patients(world.size.patients // 4)
    for index in range(world.size.files):
        one = _plain(world, index, next(people))
        if planted := plants.get(index):
            if planted.plant.name in ("same_bytes", "same_letters"):
                yield one
                one = _second(world, one, planted)
            else:
                _upset(world, one, planted)
        yield one


def _second(world: World, first: Attachment, planted: Planted) -> Attachment:
    """A file that comes to the same as the one before it: in its bytes, or in its name."""
    files, turns = world.size.files, len(PLANTS) * planted.turn
    key = world.source_id("patient_files", files + turns + PLANTS.index(planted.plant), files)
    if planted.plant.name == "same_bytes":
        return replace(first, id=key, filename=f"Copy of {first.filename}", planted=planted)
    rng = Random(f"{world.seed}:second {first.index}")  # noqa: S311 - nobody's letter
    other = _MAKERS[first.filename.rpartition(".")[2]](rng, _SMALLEST)
    return replace(first, id=key, filename=first.filename.lower(), body=other, planted=planted)


def _plain(world: World, index: int, patient: int) -> Attachment:
    rng = Random(f"{world.seed}:file {index}")  # noqa: S311 - nobody's letter
    size = rng.randrange(_SMALLEST, _LARGEST)
    name, extension, content_type = _NAMES[index % len(_NAMES)]
    body = _MAKERS[extension](rng, size)
    first, last = plain_name(patient)
    return Attachment(
        index=index,
        id=world.source_id("patient_files", index, world.size.files),
        patient_id=world.patient_id(patient),
        folder=f"{world.patient_id(patient)} - {last}, {first}",
        filename=f"{name} {index + 1}.{extension}",
        body=body,
        content_type=content_type,
        created=datetime(2022, 5, 1, 23, 0, tzinfo=UTC) + timedelta(hours=index * 30_000 // world.size.files),
    )


def _upset(world: World, one: Attachment, planted: Planted) -> None:
    one.planted = planted
    name, turn = planted.plant.name, planted.turn
    if name == "no_patient" or name.startswith("of_"):
        one.patient_id = client_of(world, planted, 0)
        one.folder = f"{one.patient_id} - {' '.join(one.folder.split(' - ')[1:])}"
    elif name == "by_name":
        one.patient_id, one.folder = None, one.folder.partition(" - ")[2]
    elif name == "other_client":
        one.patient_id = world.patient_id(world.patient_at("accents", turn))
    elif name == "other_name":
        one.folder = f"{one.patient_id} - Elsewhere, Ann"
    elif name in PRINTED:
        one.top, one.indexed = PRINTED[name], False
        one.filename = f"Printed on 2024-05-0{turn % 9 + 1}, {one.index}.pdf"
        one.body = letter(Random(f"{world.seed}:printed {one.index}"), _SMALLEST)  # noqa: S311 - nobody's letter
    elif name == "not_in_index":
        one.indexed = False
    elif name == "no_file":
        one.body, one.cells = None, {"size": 1234, "sha256": _SUM}
    elif name == "zero":
        one.body = b""
    elif name == "program":
        one.filename = f"Setup {turn + 1}.{BLOCKED[turn % len(BLOCKED)]}"
        one.content_type = "application/octet-stream"
    elif name == "other_size":
        one.cells = {"size": len(one.body or b"") + 7}
    elif name == "other_sum":
        one.cells = {"sha256": _SUM}
    elif name == "unprocessed":
        one.body = None
        empty = dict.fromkeys(("filename", "path", "size", "content_type", "sha256"))
        one.cells = {**empty, "processing_completed": False}
    elif name == "whole_record":
        one.cells = {"type": "FullPatientExport"}
    elif name == "nested":
        one.below = "2024/Scans/"
    elif name == "backslashes":
        one.told_path = one.path.replace("/", "\\")
    elif name == "decomposed":
        composed = f"Résumé {turn + 1}.{one.filename.rpartition('.')[2]}"
        one.filename = composed
        one.told_path = one.path
        one.filename = unicodedata.normalize("NFD", composed)
        one.cells = {"filename": composed}
    elif name == "archived":
        one.cells = {"archived_at": datetime(2025, 1, 9, 23, 0, tzinfo=UTC)}
    elif name == "deleted":
        one.cells = {"deleted_at": datetime(2025, 1, 9, 23, 0, tzinfo=UTC)}
