"""A user who sees clients."""

from typing import ClassVar

from app.caspen.tables.base import Imported, Reference, nested


class Practitioner(Imported, table=True):
    """A practitioner. An inactive one has no calendar and takes no seat, but keeps its history."""

    __tablename__ = "practitioners"
    references: ClassVar = (
        Reference("user_id", ("users",)),
        Reference("location_ids", ("locations",), several=True),
        Reference("service_ids", ("services",), several=True),
    )

    user_id: str
    display_name: str = ""
    professional_title: str | None = None
    description: str | None = None
    active: bool = False
    location_ids: list[str] = nested(list)
    service_ids: list[str] = nested(list)
    online_booking: bool = False
