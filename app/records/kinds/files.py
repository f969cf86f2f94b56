"""Files of clients, always private. A list never contains their content."""

from collections.abc import Iterator

from app.caspen.tables import File
from app.formatting import size
from app.records.field import RecordField, text_field
from app.records.labels import moment_field, to_label
from app.records.names_of_ids import RecordNames
from app.records.reader_rights import Reader
from app.records.record_kind import NOTHING, RecordKind

CLINICAL = frozenset({"description", "sha256"})
TYPES = {
    "application/pdf": "PDF",
    "image/jpeg": "Picture",
    "image/png": "Picture",
    "image/gif": "Picture",
    "image/webp": "Picture",
    "image/tiff": "Picture",
    "image/heic": "Picture",
    "text/plain": "Text",
    "application/msword": "Word document",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Spreadsheet",
    "application/zip": "Zip archive",
    "application/octet-stream": "Other",
}


def hidden(record: File | None, reader: Reader) -> frozenset[str]:
    return NOTHING if reader.clinical else CLINICAL


def type_of(content_type: str) -> str | None:
    """The type of a file in everyday words."""
    known = TYPES.get(content_type)
    first = content_type.partition("/")[0]
    return known or {"image": "Picture", "audio": "Sound", "video": "Film"}.get(first) or to_label({}, "other")


def fields(record: File, names: RecordNames) -> Iterator[RecordField]:
    yield text_field("Client", names.of(record.client_id), "client_id")
    yield text_field("Name", record.name, "name", how="With the letters that every computer can save a file under")
    yield text_field("Folder", record.folder, "folder")
    yield text_field(
        "Type", type_of(record.content_type), "content_type", how="By what the file holds, not by its name"
    )
    plain = (str(record.size),)
    yield RecordField("Size", size(record.size), ("size",), plain, "The same number of bytes, in shorter words")
    yield moment_field("Added", names.at(record.source_created_at), record.source_created_at, "source_created_at")
    yield text_field("Added by", record.uploaded_by, "uploaded_by")
    yield text_field("Description", record.description, "description")
    yield text_field("Visible to", "Staff only" if record.visibility == "private" else "Shared", "visibility")
    yield text_field("SHA-256", record.sha256, "sha256", how="The sum of its bytes, read back from the trial")


KIND = RecordKind(
    name="files",
    label="Files",
    noun="file",
    table=File,
    title=lambda record, names: record.name,
    fields=fields,
    listed=("Client", "Folder", "Type", "Size"),
    order=("folder", "name", "id"),
    search=("name",),
    hidden=hidden,
)
