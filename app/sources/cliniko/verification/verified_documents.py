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

_BODY, _CONTENT = content("body", "Content", "content"), content("content", "Content", "content")
_SENT = moment("occurred_at", "Created At", "created_at")
_OF_CONTENT = ("question_type_unknown", "content_is_text", "content_place_unknown")
"""Problems of content whose words are all stored."""

VERIFIED_KINDS: tuple[VerifiedKind, ...] = (
    VerifiedKind(
        "treatment_notes",
        "progress_notes",
        ("Treatment Note ID", "id"),
        (
            words("title", "Title", "title"),
            words("author_name", "Author Name", "author_name"),
            _BODY,
            moment("finalised_at", "Finalized At", "finalized_at"),
            moment("note_date", "Created At", pick=rules.note_date),
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
        required_headers=("Patient ID", "Content", "Draft|Finalized At|Author Name"),
    ),
    VerifiedKind(
        "treatment_note_templates",
        "progress_note_templates",
        ("Template ID", "id"),
        (words("name", "Name", "name"), template("body", "Content", "content")),
        has_own_record=True,
        exempts=exempt_codes("template_empty", *_OF_CONTENT, html_sanitised="body"),
        reported_problems=(ReportedProblem("bad_json", _BODY),),
        required_headers=("Name", "Content", "Print Settings"),
    ),
    VerifiedKind(
        "patient_forms",
        "forms",
        ("Patient Form ID", "id"),
        (
            words("name", "Name", "name"),
            _CONTENT,
            moment("completed_at", "Completed At", "completed_at"),
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
        required_headers=("Patient ID", "Content", "Completed At|Restricted To Practitioner"),
    ),
    VerifiedKind(
        "patient_form_templates",
        "form_templates",
        ("Form Template ID", "id"),
        (words("name", "Name", "name"), template("content", "Content", "content")),
        has_own_record=True,
        exempts=exempt_codes(
            "template_empty",
            *_OF_CONTENT,
            html_sanitised="content",
        ),
        reported_problems=(ReportedProblem("bad_json", _CONTENT),),
        required_headers=("Name", "Content", "Restricted To Practitioner"),
        excluded_headers=("Patient ID",),
    ),
    VerifiedKind(
        "communications",
        "communications",
        ("Communication ID", "id"),
        (
            same("channel", "Type", "type_code", pick=rules.channel),
            same("direction", "Direction", "direction_code", pick=rules.direction),
            same("category", "Category", "category", pick=rules.category),
            words("subject", "Subject", "content_subject"),
            words("from", "From", "from"),
            words("to", "To", "to"),
            words("body", "Content", "content"),
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
        required_headers=("Patient ID", "Direction Code|Direction", "Type Code|Type"),
    ),
    VerifiedKind(
        "patient_files",
        "files",
        ("Attachment ID", "id"),
        (
            same("name", "File Name", "filename", pick=rules.file_name),
            words("folder", "File Name", "filename", pick=rules.private_folder),
            same("sha256", "SHA256", "sha256", pick=rules.checksum),
            words("description", "Description", "description"),
            CLIENT,
            MADE,
        ),
        has_own_record=True,
        exempts=exempt_codes("patient_folder_name_mismatch", "file_not_in_index", file_renamed="name"),
        reported_problems=(
            ReportedProblem("file_without_patient", CLIENT),
            ReportedProblem("file_patient_conflict", CLIENT, rules.in_own_folder),
            ReportedProblem("file_missing", VerifiedColumn(("Path", "path"), "name", Comparison.FILE)),
            ReportedProblem(
                "file_size_mismatch", VerifiedColumn(("Size", "size"), "size", Comparison.CHECKSUM, pick=rules.path)
            ),
            ReportedProblem(
                "file_checksum_mismatch",
                VerifiedColumn(("SHA256", "sha256"), "sha256", Comparison.CHECKSUM, pick=rules.path),
            ),
        ),
        required_headers=("Patient ID", "File Name", "Path|Size|Content Type"),
    ),
)
