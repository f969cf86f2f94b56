"""Every object of a workspace, one file each, and the list of them in the order in which links can be followed."""

from app.caspen.tables.appointment import Appointment
from app.caspen.tables.appointment_group import AppointmentGroup
from app.caspen.tables.availability import Availability
from app.caspen.tables.base import CaspenTable, Imported, Reference
from app.caspen.tables.busy_time import BusyTime
from app.caspen.tables.cancellation_reason import CancellationReason
from app.caspen.tables.case import Case
from app.caspen.tables.category import Category
from app.caspen.tables.client import Client
from app.caspen.tables.communication import Communication
from app.caspen.tables.contact import Contact
from app.caspen.tables.custom_field import CustomField
from app.caspen.tables.custom_field_value import CustomFieldValue
from app.caspen.tables.edit import Edit
from app.caspen.tables.fence import Fence
from app.caspen.tables.file import File
from app.caspen.tables.form import Form
from app.caspen.tables.form_template import FormTemplate
from app.caspen.tables.journal import Journal
from app.caspen.tables.location import Location
from app.caspen.tables.practitioner import Practitioner
from app.caspen.tables.progress_note import ProgressNote
from app.caspen.tables.progress_note_template import ProgressNoteTemplate
from app.caspen.tables.provider_number import ProviderNumber
from app.caspen.tables.referral_type import ReferralType
from app.caspen.tables.service import Service
from app.caspen.tables.shared_record import SharedRecord
from app.caspen.tables.tax import Tax
from app.caspen.tables.undone_move import UndoneMove
from app.caspen.tables.user import User
from app.caspen.tables.workspace import Workspace

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
