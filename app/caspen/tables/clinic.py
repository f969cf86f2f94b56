"""The clinic itself: locations, workspace, users, practitioners, services, categories and taxes."""

from decimal import Decimal
from typing import Any, ClassVar

from sqlmodel import Field

from app.caspen.tables.base import CaspenTable, Imported, Reference, nested
from app.caspen.tables.column_types import ExactAmount


class Location(Imported, table=True):
    """A location where the clinic works. An archived location keeps its history."""

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


class Workspace(CaspenTable, table=True):
    """A clinic's live workspace in Caspen. People's changes and promotions raise `version`."""

    __tablename__ = "workspaces"

    id: str = Field(primary_key=True)
    name: str
    timezone: str
    country_code: str
    prices_include_tax: bool = True
    default_category_id: str | None = None
    default_tax_id: str | None = None
    version: int = 1


class User(Imported, table=True):
    """A person who works at the clinic and may sign in to Caspen.

    An imported user is not invited. A user who is only needed for history is inactive.
    """

    __tablename__ = "users"

    first_name: str
    last_name: str
    email: str | None = None
    title: str | None = None
    phone_numbers: list[dict[str, Any]] | None = nested()
    role: str
    invite_state: str = "not_invited"
    active: bool = False


class Practitioner(Imported, table=True):
    """A user who sees clients. An inactive practitioner has no calendar and takes no seat, but keeps the history."""

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


class ProviderNumber(Imported, table=True):
    """A number under which a practitioner bills or refers. A number without a location is valid at every location."""

    __tablename__ = "provider_numbers"
    references: ClassVar = (Reference("practitioner_id", ("practitioners",)), Reference("location_id", ("locations",)))

    practitioner_id: str
    location_id: str | None = None
    label: str
    number: str


class Service(Imported, table=True):
    """A service that clients book or, when `kind` is activity, an activity such as a report or a call.

    One table holds both, because clients' visits refer to either. The id of an activity begins with `act_`, that of an
    appointment service with `ser_`.
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
    price: Decimal = Field(default=Decimal(0), sa_type=ExactAmount)
    price_unit: str = "fixed"
    ndis_code: str | None = None
    practitioner_ids: list[str] = nested(list)
    location_ids: list[str] = nested(list)
    progress_note_template_id: str | None = None
    appointment_notification_set_id: str | None = None
    online_booking: bool = False
    capacity: int | None = None
    status: str = "active"


class Category(Imported, table=True):
    """A group of services, with a colour in the calendar. `kind` separates categories of services and of activities."""

    __tablename__ = "categories"

    kind: str = "appointment"
    name: str
    colour: str | None = None
    description: str | None = None


class Tax(Imported, table=True):
    """A tax on a service's price, as a percentage."""

    __tablename__ = "taxes"

    name: str
    rate: Decimal = Field(default=Decimal(0), sa_type=ExactAmount)
