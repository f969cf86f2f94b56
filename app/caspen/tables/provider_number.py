"""A number under which a practitioner bills or refers."""

from typing import ClassVar

from app.caspen.tables.base import Imported, Reference


class ProviderNumber(Imported, table=True):
    """A provider number; without a location it counts at every one."""

    __tablename__ = "provider_numbers"
    references: ClassVar = (Reference("practitioner_id", ("practitioners",)), Reference("location_id", ("locations",)))

    practitioner_id: str
    location_id: str | None = None
    label: str
    number: str
