"""Every kind of thing in a sample, in the order an export is loaded in. A further kind is one file and one line."""

from . import (
    appointment_types,
    appointments,
    businesses,
    communications,
    contacts,
    invoices,
    patient_cases,
    patients,
    practitioners,
    treatment_notes,
    users,
)
from .kind import SampleKind

KINDS: tuple[SampleKind, ...] = (
    businesses.KIND,
    users.KIND,
    practitioners.KIND,
    appointment_types.KIND,
    contacts.KIND,
    patients.KIND,
    patient_cases.KIND,
    appointments.KIND,
    treatment_notes.KIND,
    communications.KIND,
    invoices.KIND,
)

__all__ = ["KINDS", "SampleKind"]
