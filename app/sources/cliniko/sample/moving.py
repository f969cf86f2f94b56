"""Which kinds of thing move to the new workspace today, and which are only counted."""

from dataclasses import dataclass

NOT_YET: tuple[str, ...] = ()
"""Kinds that are recognised and counted, and not imported so far. A kind that arrives leaves this list."""

WHOLE_DIARY = True
"""Whether classes and busy times stand in the file of appointments."""

NOTE_PAGES = True
"""Whether some treatment notes come as a page each, in the folders of their clients."""

NEVER: tuple[str, ...] = ("invoices", "payments", "body_charts", "letters", "waitlist", "products", "recalls")
"""Kinds that stay behind by rule."""

ALL: tuple[str, ...] = (
    "businesses",
    "users",
    "practitioners",
    "practitioner_reference_numbers",
    "practitioner_availability",
    "appointment_types",
    "custom_fields",
    "contacts",
    "patients",
    "custom_field_values",
    "patient_cases",
    "appointments",
    "attendees",
    "unavailable_blocks",
    "treatment_note_templates",
    "patient_form_templates",
    "treatment_notes",
    "patient_forms",
    "communications",
    "patient_files",
)
"""The kinds an export may hold, in load order."""


@dataclass(frozen=True)
class Moving:
    """What an import is taken to move; the default is what it moves today."""

    not_yet: tuple[str, ...] = NOT_YET
    whole_diary: bool = WHOLE_DIARY
    note_pages: bool = NOTE_PAGES

    def moves(self, kind: str) -> bool:
        return kind not in self.not_yet and kind not in NEVER


TODAY = Moving()
EVERYTHING = Moving((), whole_diary=True, note_pages=True)
