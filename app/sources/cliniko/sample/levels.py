"""How much each problem planted in a sample asks of the clinic: decide, know, or nothing.

Written out here, apart from the product's own catalogue, so that a slip in either is found.
"""

HELD = (
    "appointment_without_patient",
    "bad_interval",
    "bad_json",
    "note_without_patient",
    "parent_not_imported",
    "patient_name_missing",
    "practitioner_unknown",
)
SKIPPED = (
    "bad_appointment_time",
    "deleted_in_source",
    "duplicate_row",
    "kind_not_imported",
    "merged_patient_redirected",
    "note_empty",
)
WARNING = (
    "appointment_location_defaulted",
    "appointment_note_truncated",
    "appointment_type_created_from_name",
    "attendance_conflict",
    "bad_date_of_birth",
    "bad_email",
    "bad_phone",
    "body_chart_not_imported",
    "duration_defaulted",
    "html_sanitised",
    "id_conflict_newest_used",
    "legacy_gender_used",
    "note_draft_imported",
    "note_without_appointment",
    "note_without_practitioner",
    "partial_export",
    "patient_name_partial",
    "possible_duplicate_patient",
    "price_unknown",
    "radio_multiple_selected",
    "test_record_suspected",
    "user_email_missing",
)
INFO = (
    "case_balance_check",
    "archived_state_unknown",
    "field_without_destination",
    "kind_absent",
    "past_appointment_unmarked",
    "same_name",
    "unknown_columns",
)

LEVELS: dict[str, str] = {
    **dict.fromkeys(HELD, "held"),
    **dict.fromkeys(SKIPPED, "skipped"),
    **dict.fromkeys(WARNING, "warning"),
    **dict.fromkeys(INFO, "info"),
}

FILE_CODES = frozenset({"archived_state_unknown", "kind_absent", "partial_export", "unknown_columns"})
"""Codes counted once a file (or once a kind), not once a row."""

NOT_PREDICTED = frozenset({"columns_absent", "export_stale"})
"""Codes an import may tell that the sample does not foresee: how a reader groups headers, and how late it finalises."""
