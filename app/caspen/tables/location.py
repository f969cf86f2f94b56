"""A place where the clinic works."""

from typing import Any, ClassVar

from app.caspen.tables.base import Imported, Reference, nested


class Location(Imported, table=True):
    """A location. An archived one keeps its history."""

    __tablename__ = "locations"
    references: ClassVar = (
        Reference("service_ids", ("services",), several=True),
        Reference("practitioner_ids", ("practitioners",), several=True),
    )

    name: str
    description: str | None = None
    email: str | None = None
    phone: str | None = None
    timezone: str
    country_code: str
    online_booking: bool | None = False
    abn: str | None = None
    ndis_number: str | None = None
    address: dict[str, Any] | None = nested()
    opening_hours: dict[str, Any] | None = nested()
    service_ids: list[str] = nested(list)
    practitioner_ids: list[str] = nested(list)
    logo_id: str | None = None
    image_id: str | None = None
    status: str = "active"
