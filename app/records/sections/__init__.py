"""The sections of a client's page after the details, one file each, in the order of their tabs."""

from app.records.section import ClientSection
from app.records.sections import appointments, cases, communications, files, forms, notes

SECTIONS: tuple[ClientSection, ...] = (
    appointments.SECTION,
    notes.SECTION,
    forms.SECTION,
    files.SECTION,
    communications.SECTION,
    cases.SECTION,
)

BY_NAME = {section.name: section for section in SECTIONS}
