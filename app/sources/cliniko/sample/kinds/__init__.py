"""Every kind of a sample, in the order of loading. A further kind is one module and one line.

The import fails with IncompleteSample where a kind that is imported has no module or no line.
"""

from collections.abc import Sequence

from app.listed_modules import unlisted_modules
from app.sources.cliniko.sample.kinds import (
    appointment_types,
    appointments,
    attendees,
    businesses,
    communications,
    contacts,
    custom_field_values,
    custom_fields,
    invoices,
    left_behind,
    patient_cases,
    patient_files,
    patient_form_templates,
    patient_forms,
    patients,
    practitioner_availability,
    practitioner_reference_numbers,
    practitioners,
    treatment_note_templates,
    treatment_notes,
    unavailable_blocks,
    users,
)
from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.source import CLINIKO

KINDS: tuple[SampleKind, ...] = (
    businesses.KIND,
    users.KIND,
    practitioners.KIND,
    practitioner_reference_numbers.KIND,
    practitioner_availability.KIND,
    appointment_types.KIND,
    custom_fields.KIND,
    contacts.KIND,
    patients.KIND,
    custom_field_values.KIND,
    patient_cases.KIND,
    appointments.KIND,
    attendees.KIND,
    unavailable_blocks.KIND,
    treatment_note_templates.KIND,
    patient_form_templates.KIND,
    treatment_notes.KIND,
    patient_forms.KIND,
    communications.KIND,
    patient_files.KIND,
    invoices.KIND,
    *left_behind.KINDS,
)

__all__ = ["KINDS", "SampleKind"]

RARE = frozenset({"medical_alerts"})
"""Kinds that a sample lacks, because few exports have a file of them."""


class IncompleteSample(Exception):
    """A kind is missing in the sample. The message has one line for each."""


def require_whole_sample(kinds: Sequence[SampleKind]) -> None:
    """Raises IncompleteSample for a kind outside the list, and for an imported kind that the sample lacks."""
    gaps = [
        f"sample/kinds/{name}.py: add its line to KINDS"
        for name in unlisted_modules(__name__, "KIND", kinds, SampleKind)
    ]
    names = {kind.name for kind in kinds}
    gaps += [
        f"sample/kinds/{kind.name}.py: add the kind to the sample"
        for kind in CLINIKO.kinds
        if kind.imported and kind.name not in names | RARE
    ]
    if gaps:
        raise IncompleteSample("\n".join(gaps))


require_whole_sample(KINDS)
