"""A client's files, by the folder in which they are kept."""

from datetime import datetime

from app.caspen.tables import File
from app.records.kinds.files import KIND
from app.records.section import ClientSection


def band(record: File, now: datetime) -> str:
    return record.folder


SECTION = ClientSection(name="files", label="Files", kind=KIND, empty="No file in your export.", band=band)
