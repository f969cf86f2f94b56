"""Problems of written content: notes, forms, their templates, and messages."""

import json
from typing import Any

from tests.register.case import Case, case
from tests.register.story import DIARY, Rows, export

NOTES, FORMS, MESSAGES = "treatment_notes", "patient_forms", "communications"


def content(**question: Any) -> str:
    """The content of a note with one question."""
    asked = {"name": "Q", "type": "text", "answer": "Better"} | question
    return json.dumps({"sections": [{"name": "S", "questions": [asked]}]})


def note(code: str, row: dict[str, str | None], **more: Any) -> Case:
    own = {"booking_id": None} | row
    return case(code, export(*DIARY, treatment_notes=[own]), NOTES, source_id="88", **more)


def form(code: str, row: dict[str, str | None], **rows: Rows) -> Case:
    return case(code, export(patient_forms=[row], **rows), FORMS, source_id="91")


WRITTEN: tuple[Case, ...] = (
    note("note_without_patient", {"patient_id": "404"}),
    note("note_without_practitioner", {"practitioner_id": "404"}),
    case(
        "note_without_appointment",
        export(*DIARY, "appointments", treatment_notes=[{"booking_id": "404"}]),
        NOTES,
        source_id="88",
    ),
    case(
        "template_unknown",
        export(*DIARY, "treatment_note_templates", treatment_notes=[{"treatment_note_template_id": "404"}]),
        NOTES,
        source_id="88",
    ),
    note("content_is_text", {"content": "Knee better.\nRest."}),
    note("bad_json", {"content": "{'sections': []}"}, level="held"),
    note("note_empty", {"content": '{"sections":[]}'}),
    note("note_draft_imported", {"draft": "true"}),
    note("note_state_conflict", {"draft": "true", "finalized_at": "2026-04-02T01:00:00Z"}),
    note("html_sanitised", {"content": content(type="paragraph", answer="<script>x()</script>Better")}),
    note(
        "radio_multiple_selected",
        {
            "content": content(
                type="radiobuttons", answers=[{"value": "A", "selected": True}, {"value": "B", "selected": True}]
            )
        },
    ),
    note("question_type_unknown", {"content": content(type="slider")}),
    note("body_chart_not_imported", {"content": content(type="bodycharts", body_chart_ids=["101"])}),
    note("content_place_unknown", {"content": content(type="text", comment="allergic to latex")}),
    note("content_over_limit", {"content": content(name="x" * 256)}),
)

FILLED: tuple[Case, ...] = (
    form("form_without_patient", {"patient_id": "404"}),
    form("form_incomplete", {"completed_at": ""}),
    form("form_template_matched_by_name", {}, patient_form_templates=[{}]),
    form("form_without_appointment", {"booking_id": "404"}, **{kind: [{}] for kind in (*DIARY, "appointments")}),
    form("signature_missing", {"content": content(type="signature", signature_id="565805660088829113")}),
)

TEMPLATES: tuple[Case, ...] = (
    case(
        "template_empty",
        export(treatment_note_templates=[{"content": '{"sections":[]}', "print_settings": "{}"}]),
        "treatment_note_templates",
        source_id="21",
    ),
    case(
        "print_settings_not_imported",
        export(treatment_note_templates=[{"print_settings": '{"paper":"A4"}'}]),
        "treatment_note_templates",
        source_id="21",
    ),
    case(
        "duplicate_name",
        export(patient_form_templates=[{}, {"id": "32"}]),
        "patient_form_templates",
        source_id="32",
    ),
)

SENT: tuple[Case, ...] = (
    case("communication_without_patient", export(communications=[{"patient_id": "404"}]), MESSAGES, source_id="41"),
    case("system_communication_skipped", export(communications=[{"category_code": "11"}]), MESSAGES, source_id="41"),
    case("message_channel_unknown", export(communications=[{"type_code": "9"}]), MESSAGES, source_id="41"),
    case("message_direction_unknown", export(communications=[{"direction_code": "3"}]), MESSAGES, source_id="41"),
    case("category_unknown", export(communications=[{"category_code": "99"}]), MESSAGES, source_id="41"),
)

CASES = (*WRITTEN, *FILLED, *TEMPLATES, *SENT)
