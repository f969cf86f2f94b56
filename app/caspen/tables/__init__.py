"""Every table of a workspace, one module per area, in the order in which references can be followed."""

from app.caspen.tables.base import CaspenTable, Imported, Reference
from app.caspen.tables.bookkeeping_rows import Edit, Fence, Journal, SharedRecord, UndoneMove
from app.caspen.tables.calendar import Appointment, AppointmentGroup, Availability, BusyTime, CancellationReason
from app.caspen.tables.clinic import Category, Location, Practitioner, ProviderNumber, Service, Tax, User, Workspace
from app.caspen.tables.clinical import Case, Communication, File, Form, FormTemplate, ProgressNote, ProgressNoteTemplate
from app.caspen.tables.people import Client, Contact, CustomField, CustomFieldValue, ReferralType

OBJECTS: tuple[type[Imported], ...] = (
    Location,
    User,
    Practitioner,
    ProviderNumber,
    Availability,
    Category,
    Tax,
    Service,
    CustomField,
    Contact,
    ReferralType,
    Client,
    CustomFieldValue,
    Case,
    CancellationReason,
    AppointmentGroup,
    Appointment,
    BusyTime,
    Communication,
    FormTemplate,
    Form,
    File,
    ProgressNoteTemplate,
    ProgressNote,
)

BY_NAME: dict[str, type[Imported]] = {str(table.__tablename__): table for table in OBJECTS}

__all__ = [
    "BY_NAME",
    "OBJECTS",
    "Appointment",
    "AppointmentGroup",
    "Availability",
    "BusyTime",
    "CancellationReason",
    "Case",
    "CaspenTable",
    "Category",
    "Client",
    "Communication",
    "Contact",
    "CustomField",
    "CustomFieldValue",
    "Edit",
    "Fence",
    "File",
    "Form",
    "FormTemplate",
    "Imported",
    "Journal",
    "Location",
    "Practitioner",
    "ProgressNote",
    "ProgressNoteTemplate",
    "ProviderNumber",
    "Reference",
    "ReferralType",
    "Service",
    "SharedRecord",
    "Tax",
    "UndoneMove",
    "User",
    "Workspace",
]
