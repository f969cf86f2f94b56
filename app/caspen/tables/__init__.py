"""Every table of a workspace, one module per area, in the order in which references can be followed.

The import fails with IncompleteTables where a table of records is not in `OBJECTS`, or has no prefix for its ids.
"""

from collections.abc import Sequence

from app.caspen.record_ids import PREFIXES
from app.caspen.tables.base import CaspenTable, Imported, Reference
from app.caspen.tables.bookkeeping_rows import (
    DeliveredColumn,
    Edit,
    Fence,
    Journal,
    LiveMatch,
    LiveMove,
    RemovedRecord,
    SharedRecord,
    UndoneMove,
)
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


class IncompleteTables(Exception):
    """A part of a table is missing. The message names the part, one line for each."""


def require_whole_tables(tables: Sequence[type[Imported]]) -> None:
    """Raises IncompleteTables for a table outside the list, and for a table whose ids have no prefix."""
    unlisted = [table for table in Imported.__subclasses__() if table not in tables]
    gaps = [
        f"{table.__module__}: add {table.__name__} to OBJECTS in app/caspen/tables/__init__.py" for table in unlisted
    ]
    for table in tables:
        if table.__tablename__ not in PREFIXES:
            gaps.append(f"app/caspen/record_ids.py: add the prefix of {table.__tablename__} to PREFIXES")
    if gaps:
        raise IncompleteTables("\n".join(gaps))


require_whole_tables(OBJECTS)

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
    "DeliveredColumn",
    "Edit",
    "Fence",
    "File",
    "Form",
    "FormTemplate",
    "Imported",
    "IncompleteTables",
    "Journal",
    "LiveMatch",
    "LiveMove",
    "Location",
    "Practitioner",
    "ProgressNote",
    "ProgressNoteTemplate",
    "ProviderNumber",
    "Reference",
    "ReferralType",
    "RemovedRecord",
    "Service",
    "SharedRecord",
    "Tax",
    "UndoneMove",
    "User",
    "Workspace",
    "require_whole_tables",
]
