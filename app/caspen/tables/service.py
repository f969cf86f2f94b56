"""What the clinic does for a client: an appointment face to face, or an activity such as a report or a call."""

from decimal import Decimal
from typing import ClassVar

from sqlmodel import Field

from app.caspen.tables.base import Imported, Reference, nested
from app.caspen.tables.columns import Exact


class Service(Imported, table=True):
    """A service or, when `kind` is activity, an activity: one table, because clients' visits point at either.

    The id of an activity begins with `act_`, that of an appointment service with `ser_`.
    """

    __tablename__ = "services"
    references: ClassVar = (
        Reference("category_id", ("categories",)),
        Reference("tax_id", ("taxes",)),
        Reference("practitioner_ids", ("practitioners",), several=True),
        Reference("location_ids", ("locations",), several=True),
        Reference("progress_note_template_id", ("progress_note_templates",)),
    )

    kind: str = "appointment"
    name: str
    description: str | None = None
    item_code: str | None = None
    category_id: str
    tax_id: str
    duration: int
    buffer_before_duration: int = 0
    buffer_after_duration: int = 0
    price: Decimal = Field(default=Decimal(0), sa_type=Exact)
    price_unit: str = "fixed"
    ndis_code: str | None = None
    practitioner_ids: list[str] = nested(list)
    location_ids: list[str] = nested(list)
    progress_note_template_id: str | None = None
    appointment_notification_set_id: str | None = None
    online_booking: bool = False
    capacity: int | None = None
    status: str = "active"
