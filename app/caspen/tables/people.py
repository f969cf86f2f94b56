"""Clients, contacts, custom fields and referral types."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlmodel import Field

from app.caspen.tables.base import Imported, Reference, nested
from app.caspen.tables.column_types import Moment


class Client(Imported, table=True):
    """A person whom the clinic treats.

    `created_at` is the day when the client came to Caspen, `source_created_at` the day in the source.
    """

    __tablename__ = "clients"
    references: ClassVar = (
        Reference("referral_type_id", ("referral_types",)),
        Reference("referred_by_id", ("contacts", "clients")),
    )
    outside_content: ClassVar = frozenset({"created_at"})
    indexes: ClassVar = (("workspace_id", "last_name", "first_name"),)

    first_name: str
    last_name: str
    title: str | None = None
    preferred_name: str | None = None
    profession: str | None = None
    email: str | None = None
    date_of_birth: date | None = None
    sex: str | None = None
    gender_identity: str | None = None
    pronouns: str | None = None
    phone_number: str | None = None
    phone_numbers: list[dict[str, Any]] | None = nested()
    address: dict[str, Any] | None = nested()
    emergency_contact_name: str | None = None
    emergency_contact_phone: str | None = None
    emergency_contact_relationship: str | None = None
    alert: str | None = None
    notes: str | None = None
    privacy_policy_consent: str = "pending"
    referral_type_id: str | None = None
    referral_description: str | None = None
    referred_by_id: str | None = None
    tag_ids: list[str] = nested(list)
    medications: list[dict[str, Any]] | None = nested()
    allergies: list[dict[str, Any]] | None = nested()
    intolerances: list[str] | None = nested()
    ndis_details: dict[str, Any] | None = nested()
    status: str = "active"
    portal_access: bool = False
    created_at: datetime | None = Field(default=None, sa_type=Moment)


class Contact(Imported, table=True):
    """A person or company other than a client, such as a referring doctor. A company's name is its first name."""

    __tablename__ = "contacts"

    type: str
    first_name: str
    last_name: str | None = None
    title: str | None = None
    preferred_name: str | None = None
    profession: str | None = None
    company: str | None = None
    email: str | None = None
    notes: str | None = None
    phone_numbers: list[dict[str, Any]] | None = nested()
    address: dict[str, Any] | None = nested()
    tags: list[str] | None = nested()


class CustomField(Imported, table=True):
    """A question that a clinic added to its clients' details. An imported field is never required, because a required
    field blocks saving clients."""

    __tablename__ = "custom_fields"

    name: str
    type: str
    options: list[dict[str, Any]] | None = nested()
    visible: bool = True
    required: bool = False


class CustomFieldValue(Imported, table=True):
    """One client's answer to one custom field."""

    __tablename__ = "custom_field_values"
    references: ClassVar = (Reference("client_id", ("clients",)), Reference("custom_field_id", ("custom_fields",)))
    indexes: ClassVar = (("workspace_id", "client_id"),)

    client_id: str
    custom_field_id: str
    text: str | None = None
    option_ids: list[str] | None = nested()
    other_text: str | None = None


class ReferralType(Imported, table=True):
    """How clients heard of the clinic. Imports find a referral type by its name, ignoring case."""

    __tablename__ = "referral_types"

    name: str
