"""A document that belongs to a client."""

from typing import ClassVar

from app.caspen.tables.base import Imported, Reference


class File(Imported, table=True):
    """A file, private always. Its bytes lie in storage under their sha256."""

    __tablename__ = "files"
    references: ClassVar = (Reference("client_id", ("clients",)),)
    indexes: ClassVar = (("workspace_id", "client_id"), ("workspace_id", "sha256"))

    client_id: str
    name: str
    folder: str
    visibility: str = "private"
    size: int
    content_type: str
    sha256: str
    description: str | None = None
    uploaded_by: str | None = None
