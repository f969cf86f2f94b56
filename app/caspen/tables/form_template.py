"""A form that the clinic asks clients to fill in."""

from typing import Any

from app.caspen.tables.base import Imported, nested


class FormTemplate(Imported, table=True):
    """A form template: sections of fields. Never sent by an import."""

    __tablename__ = "form_templates"

    name: str
    content: list[Any] = nested(list)
    status: str = "active"
