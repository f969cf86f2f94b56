"""What was written of clients, to them and by them, looked for a second time."""

from dataclasses import replace

from app.mapping.second_look import Claim, How, Look, Seen, content, moment, same, template, words
from app.sources.cliniko import verification_rules
from app.sources.cliniko.looks.shared import CLIENT, MADE, PRACTITIONER, VISIT, touches

LOOKS: tuple[Look, ...] = (
    Look(
        "treatment_notes",
        "progress_notes",
        ("Treatment Note ID", "id"),
        (
            words("title", "Title", "title"),
            words("author_name", "Author Name", "author_name"),
            content("body", "Content", "content"),
            moment("finalised_at", "Finalized At", "finalized_at"),
            moment("note_date", "Created At", pick=verification_rules.written),
            replace(VISIT, column="note_date", of="starts_at"),
            CLIENT,
            PRACTITIONER,
            VISIT,
            MADE,
        ),
        own=True,
        touches=touches(
            *("note_without_practitioner", "note_without_appointment", "template_unknown"),
            *(
                "radio_multiple_selected",
                "body_chart_not_imported",
                "question_type_unknown",
                "content_is_text",
                "content_place_unknown",
            ),
            html_sanitised="body",
            note_draft_imported="finalised_at",
            note_state_conflict="finalised_at",
        ),
        claims=(Claim("note_without_patient", CLIENT), Claim("bad_json", content("body", "Content", "content"))),
        marks=("Patient ID", "Content", "Draft|Finalized At|Author Name"),
    ),
    Look(
        "treatment_note_templates",
        "progress_note_templates",
        ("Template ID", "id"),
        (words("name", "Name", "name"), template("body", "Content", "content")),
        own=True,
        touches=touches(
            "template_empty", "question_type_unknown", "content_is_text", "content_place_unknown", html_sanitised="body"
        ),
        claims=(Claim("bad_json", content("body", "Content", "content")),),
        marks=("Name", "Content", "Print Settings"),
    ),
    Look(
        "patient_forms",
        "forms",
        ("Patient Form ID", "id"),
        (
            words("name", "Name", "name"),
            content("content", "Content", "content"),
            moment("completed_at", "Completed At", "completed_at"),
            CLIENT,
            MADE,
        ),
        own=True,
        touches=touches(
            *("form_incomplete", "form_template_matched_by_name", "form_without_appointment", "signature_missing"),
            *("radio_multiple_selected", "question_type_unknown", "content_is_text", "content_place_unknown"),
            html_sanitised="content",
        ),
        claims=(Claim("form_without_patient", CLIENT), Claim("bad_json", content("content", "Content", "content"))),
        marks=("Patient ID", "Content", "Completed At|Restricted To Practitioner"),
    ),
    Look(
        "patient_form_templates",
        "form_templates",
        ("Form Template ID", "id"),
        (words("name", "Name", "name"), template("content", "Content", "content")),
        own=True,
        touches=touches(
            "template_empty",
            "question_type_unknown",
            "content_is_text",
            "content_place_unknown",
            html_sanitised="content",
        ),
        claims=(Claim("bad_json", content("content", "Content", "content")),),
        marks=("Name", "Content", "Restricted To Practitioner"),
        never=("Patient ID",),
    ),
    Look(
        "communications",
        "communications",
        ("Communication ID", "id"),
        (
            same("channel", "Type", "type_code", pick=verification_rules.channel),
            same("direction", "Direction", "direction_code", pick=verification_rules.direction),
            same("category", "Category", "category", pick=verification_rules.category),
            words("subject", "Subject", "content_subject"),
            words("from", "From", "from"),
            words("to", "To", "to"),
            words("body", "Content", "content"),
            CLIENT,
            VISIT,
            moment("occurred_at", "Created At", "created_at"),
            MADE,
        ),
        own=True,
        touches=touches(
            "category_unknown",
            "message_channel_unknown",
            "message_direction_unknown",
            "link_conflict",
            html_sanitised="body",
        ),
        claims=(
            Claim("communication_without_patient", CLIENT),
            Claim("bad_date", moment("occurred_at", "Created At", "created_at")),
        ),
        marks=("Patient ID", "Direction Code|Direction", "Type Code|Type"),
    ),
    Look(
        "patient_files",
        "files",
        ("Attachment ID", "id"),
        (
            same("name", "File Name", "filename", pick=verification_rules.file_name),
            words("folder", "File Name", "filename", pick=verification_rules.private_folder),
            same("sha256", "SHA256", "sha256", pick=verification_rules.checksum),
            words("description", "Description", "description"),
            CLIENT,
            MADE,
        ),
        own=True,
        touches=touches("patient_folder_name_mismatch", "file_not_in_index", file_renamed="name"),
        claims=(
            Claim("file_without_patient", CLIENT),
            Claim("file_patient_conflict", CLIENT, verification_rules.in_own_folder),
            Claim("file_missing", Seen(("Path", "path"), "name", How.FILE)),
            Claim("file_size_mismatch", Seen(("Size", "size"), "size", How.SUM, pick=verification_rules.path)),
            Claim(
                "file_checksum_mismatch", Seen(("SHA256", "sha256"), "sha256", How.SUM, pick=verification_rules.path)
            ),
        ),
        marks=("Patient ID", "File Name", "Path|Size|Content Type"),
    ),
)
