"""What is kept with clients: letters, pictures, lists. An index tells most of them; the files lie in folders beside."""

from collections.abc import Iterator
from hashlib import sha256

from app.sources.cliniko.sample.attachments import PLANTS, Attachment, attachments
from app.sources.cliniko.sample.children import told
from app.sources.cliniko.sample.columns import CREATED, Column, Form
from app.sources.cliniko.sample.columns import DELETED as DELETED_AT
from app.sources.cliniko.sample.kinds.kind import Document, SampleKind
from app.sources.cliniko.sample.row import Row
from app.sources.cliniko.sample.world import World

COLUMNS = (
    Column("id", "Attachment ID", "id", Form.ID),
    Column("patient_id", "Patient ID", "patient_id", Form.ID),
    Column("filename", "File Name", "filename"),
    Column("path", "Path", "path"),
    Column("size", "Size", "size"),
    Column("content_type", "Content Type", "content_type"),
    Column("sha256", "SHA256", "sha256"),
    Column("description", "Description", "description"),
    Column("processing_completed", "Processing Completed", "processing_completed", Form.BOOL),
    Column("user_id", "User ID", "user_id", Form.ID),
    Column("case_id", "Case ID", "patient_case_id", Form.ID),
    Column("type", "Type", "type"),
    Column("archived_at", "Archived At", "archived_at", Form.TIME),
    CREATED,
    DELETED_AT,
)
_KEY = "patient_files"


def _found(world: World) -> Iterator[Attachment]:
    return attachments(world, world.planted(_KEY, PLANTS, world.size.files, by_api=world.told_by_api(False)))


def rows(world: World) -> Iterator[Row]:
    """One for each file that the index names."""
    for one in _found(world):
        if not one.indexed:
            continue
        body = b"" if one.body is None else one.body
        values: dict[str, object] = {
            "id": one.id,
            "patient_id": one.patient_id,
            "filename": one.filename,
            "path": one.told_path or one.path,
            "size": len(body),
            "content_type": one.content_type,
            "sha256": sha256(body).hexdigest(),
            "description": "From the hospital" if one.index % 6 == 0 else None,
            "processing_completed": True,
            "user_id": world.user_id(one.index % 4),
            "created_at": one.created,
            **one.cells,
        }
        yield from told(one.id, values, one.planted, records=("files",))


def documents(world: World) -> Iterator[Document]:
    for one in _found(world):
        if one.body is None:
            continue
        row = None if one.indexed else next(told(one.path, {}, one.planted, records=("files",)))
        yield Document(one.path, one.body, row)


KIND = SampleKind(_KEY, "Patient files", COLUMNS, rows, beside=documents)
