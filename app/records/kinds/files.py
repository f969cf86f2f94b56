"""Files: what is kept with clients, private always. What one holds is given out by itself, never in a list."""

from collections.abc import Iterator

from app.caspen.tables import File
from app.formatting import size
from app.records.field import Field, said
from app.records.kind import NOTHING, RecordKind
from app.records.names import Names
from app.records.reader import Reader
from app.records.words import moment_field, told

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
    """What a file is, in the words of somebody who looks for it."""
    known = TYPES.get(content_type)
    first = content_type.partition("/")[0]
    return known or {"image": "Picture", "audio": "Sound", "video": "Film"}.get(first) or told({}, "other")


def fields(record: File, names: Names) -> Iterator[Field]:
    yield said("Client", names.of(record.client_id), "client_id")
    yield said("Name", record.name, "name", how="With the letters that every computer can save a file under")
    yield said("Folder", record.folder, "folder")
    yield said("Type", type_of(record.content_type), "content_type", how="By what the file holds, not by its name")
    plain = (str(record.size),)
    yield Field("Size", size(record.size), ("size",), plain, "The same number of bytes, in shorter words")
    yield moment_field("Added", names.at(record.source_created_at), record.source_created_at, "source_created_at")
    yield said("Added by", record.uploaded_by, "uploaded_by")
    yield said("Description", record.description, "description")
    yield said("Visible to", "Staff only" if record.visibility == "private" else "Shared", "visibility")
    yield said("SHA-256", record.sha256, "sha256", how="The sum of its bytes, read back from the trial")


KIND = RecordKind(
    name="files",
    label="Files",
    one="file",
    table=File,
    title=lambda record, names: record.name,
    fields=fields,
    listed=("Client", "Folder", "Type", "Size"),
    order=("folder", "name", "id"),
    search=("name",),
    hidden=hidden,
)
