"""What one client's details answer to one custom field."""

from typing import ClassVar

from app.caspen.tables.base import Imported, Reference, nested


class CustomFieldValue(Imported, table=True):
    """One value per client and field."""

    __tablename__ = "custom_field_values"
    references: ClassVar = (Reference("client_id", ("clients",)), Reference("custom_field_id", ("custom_fields",)))
    indexes: ClassVar = (("workspace_id", "client_id"),)

    client_id: str
    custom_field_id: str
    text: str | None = None
    option_ids: list[str] | None = nested()
    other_text: str | None = None
