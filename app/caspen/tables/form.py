"""A form as one client filled it in."""

from datetime import datetime
from typing import Any, ClassVar

from sqlmodel import Field

from app.caspen.tables.base import Imported, Reference, nested
from app.caspen.tables.columns import Moment


class Form(Imported, table=True):
    """A form. An incomplete one is never sent again."""

    __tablename__ = "forms"
    references: ClassVar = (
        Reference("client_id", ("clients",)),
        Reference("template_id", ("form_templates",)),
        Reference("appointment_id", ("appointments",)),
    )
    indexes: ClassVar = (("workspace_id", "client_id"),)

    name: str
    client_id: str
    template_id: str | None = None
    appointment_id: str | None = None
    content: list[Any] = nested(list)
    status: str = "incomplete"
    completed_at: datetime | None = Field(default=None, sa_type=Moment)
    restricted: bool = False
    signatures: list[dict[str, Any]] | None = nested()
