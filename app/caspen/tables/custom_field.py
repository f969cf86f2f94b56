"""A question that a clinic added to its clients' details."""

from typing import Any

from app.caspen.tables.base import Imported, nested


class CustomField(Imported, table=True):
    """A custom field. Never required when imported, because a required field blocks saving clients."""

    __tablename__ = "custom_fields"

    name: str
    type: str
    options: list[dict[str, Any]] | None = nested()
    visible: bool = True
    required: bool = False
