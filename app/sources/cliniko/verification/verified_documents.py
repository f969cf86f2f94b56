"""Verified columns of notes, forms, their templates, communications and files."""

from dataclasses import replace

from app.mapping.verified_kinds import (
    Comparison,
    ReportedProblem,
    VerifiedColumn,
    VerifiedKind,
    content,
    moment,
    same,
    template,
    words,
)
from app.sources.cliniko.verification import rules
from app.sources.cliniko.verification.shared_columns import CLIENT, MADE, PRACTITIONER, VISIT, exempt_codes

_BODY, _CONTENT = content("body", "content"), content("content")
_SENT = moment("occurred_at", "created_at")
_OF_CONTENT = ("question_type_unknown", "content_is_text", "content_place_unknown")
"""Problems of content whose words are all stored."""

VERIFIED_KINDS: tuple[VerifiedKind, ...] = (
    VerifiedKind(
        "treatment_notes",
        "progress_notes",
        (
            words("title"),
            words("author_name"),
            _BODY,
            moment("finalised_at", "finalized_at"),
            moment("note_date", "created_at", pick=rules.note_date),
            replace(VISIT, column="note_date", target_column="starts_at"),
            CLIENT,
            PRACTITIONER,
            VISIT,
            MADE,
        ),
        has_own_record=True,
        exempts=exempt_codes(
            *("note_without_practitioner", "note_without_appointment", "template_unknown", "date_from_instant"),
            *("radio_multiple_selected", "body_chart_not_imported", *_OF_CONTENT),
            html_sanitised="body",
            note_draft_imported="finalised_at",
            note_state_conflict="finalised_at",
        ),
        reported_problems=(
            ReportedProblem("note_without_patient", CLIENT),
            ReportedProblem("bad_json", _BODY),
        ),
        required=("patient_id", "content", "draft|finalized_at|author_name"),
    ),
    VerifiedKind(
        "treatment_note_templates",
        "progress_note_templates",
        (words("name"), template("body", "content")),
        has_own_record=True,
        exempts=exempt_codes("template_empty", *_OF_CONTENT, html_sanitised="body"),
        reported_problems=(ReportedProblem("bad_json", _BODY),),
        required=("name", "content", "print_settings"),
    ),
    VerifiedKind(
        "patient_forms",
        "forms",
        (
            words("name"),
            _CONTENT,
            moment("completed_at"),
            CLIENT,
            MADE,
        ),
        has_own_record=True,
        exempts=exempt_codes(
            *("form_incomplete", "form_template_matched_by_name", "form_without_appointment", "signature_missing"),
            *(
                "date_from_instant",
                "radio_multiple_selected",
                "question_type_unknown",
                "content_is_text",
                "content_place_unknown",
            ),
            html_sanitised="content",
        ),
        reported_problems=(
            ReportedProblem("form_without_patient", CLIENT),
            ReportedProblem("bad_json", _CONTENT),
        ),
        required=("patient_id", "content", "completed_at|restricted_to_practitioner"),
    ),
    VerifiedKind(
        "patient_form_templates",
        "form_templates",
        (words("name"), template("content")),
        has_own_record=True,
        exempts=exempt_codes(
            "template_empty",
            *_OF_CONTENT,
            html_sanitised="content",
        ),
        reported_problems=(ReportedProblem("bad_json", _CONTENT),),
        required=("name", "content", "restricted_to_practitioner"),
        excluded_headers=("Patient ID",),
    ),
    VerifiedKind(
        "communications",
        "communications",
        (
            same("channel", "type", "type_code", pick=rules.channel),
            same("direction", "direction", "direction_code", pick=rules.direction),
            same("category", pick=rules.category),
            words("subject", "content_subject"),
            words("from", "from_"),
            words("to"),
            words("body", "content"),
            CLIENT,
            VISIT,
            _SENT,
            MADE,
        ),
        has_own_record=True,
        exempts=exempt_codes(
            "category_unknown",
            "message_channel_unknown",
            "message_direction_unknown",
            "link_conflict",
            html_sanitised="body",
        ),
        reported_problems=(
            ReportedProblem("communication_without_patient", CLIENT),
            ReportedProblem("bad_date", _SENT),
        ),
        required=("patient_id", "direction_code|direction", "type_code|type"),
    ),
    VerifiedKind(
        "patient_files",
        "files",
        (
            same("name", "filename", pick=rules.file_name),
            words("folder", "filename", pick=rules.private_folder),
            same("sha256", pick=rules.checksum),
            words("description"),
            CLIENT,
            MADE,
        ),
        has_own_record=True,
        exempts=exempt_codes("patient_folder_name_mismatch", "file_not_in_index", file_renamed="name"),
        reported_problems=(
            ReportedProblem("file_without_patient", CLIENT),
            ReportedProblem("file_patient_conflict", CLIENT, rules.in_own_folder),
            ReportedProblem("file_missing", VerifiedColumn(("path",), "name", Comparison.FILE)),
            ReportedProblem(
                "file_size_mismatch", VerifiedColumn(("size",), "size", Comparison.CHECKSUM, pick=rules.path)
            ),
            ReportedProblem(
                "file_checksum_mismatch",
                VerifiedColumn(("sha256",), "sha256", Comparison.CHECKSUM, pick=rules.path),
            ),
        ),
        required=("patient_id", "filename", "path|size|content_type"),
    ),
)
