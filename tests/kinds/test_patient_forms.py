"""Forms come with every answer, completed or not; nobody is sent anything, and no live address of a form is kept."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from app.mapping.columns import Link
from app.mapping.rows import Joined, Outcome, Target
from app.sources import source
from tests.kinds.story import IDS, row_of, told

KIND = source("cliniko").kind("patient_forms")
CLIENT = Target("cli_1", "11")
IMAGE = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\nxx").decode()
SIGNED = json.dumps(
    {"sections": [{"name": "", "questions": [{"name": "Sign", "type": "signature", "signature_id": "5"}]}]}
)


def named(template: str) -> Joined:
    return Joined({"patient_id": CLIENT, "form_template_id": Target("fmt_1", "31", name=template)})


def test_a_completed_form_becomes_a_form() -> None:
    found = told("patient_forms", joined=Joined({"patient_id": CLIENT}))
    assert (found.outcome, found.codes, found.main.table) == (Outcome.CREATED, [], "forms")
    assert (found["name"], found["status"], found["restricted"]) == ("Intake", "completed", False)
    assert found["completed_at"] == datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
    assert found["content"][0]["fields"][1] == {"type": "short_text", "label": "Q", "answer": "Better"}
    assert found["signatures"] is None


def test_52_a_form_that_was_never_completed_stays_incomplete_and_is_told() -> None:
    found = told("patient_forms", completed_at="", joined=Joined({"patient_id": CLIENT}))
    assert (found["status"], found["completed_at"], found.codes) == ("incomplete", None, ["form_incomplete"])


def test_a_form_is_linked_to_the_template_of_exactly_its_name_and_that_is_told() -> None:
    assert row_of("patient_forms").form_template_id == Link(name="Intake")
    found = told("patient_forms", joined=named("Intake"))
    assert (found["template_id"], found.codes) == ("fmt_1", ["form_template_matched_by_name"])


def test_a_template_whose_name_is_written_in_another_way_is_not_taken() -> None:
    found = told("patient_forms", joined=named("INTAKE"))
    assert (found["template_id"], found.codes) == (None, [])


def test_a_form_of_nobody_waits() -> None:
    assert told("patient_forms", patient_id="").codes == ["form_without_patient"]
    found = told("patient_forms", lost=("patient_id",))
    assert (found.outcome, found.codes) == (Outcome.HELD, ["form_without_patient"])


def test_49_a_form_whose_content_is_no_json_waits() -> None:
    found = told("patient_forms", content="{'sections': []}")
    assert (found.outcome, found.codes) == (Outcome.HELD, ["bad_json"])


def test_a_signature_comes_as_its_image() -> None:
    found = told(
        "patient_forms", content=SIGNED, joined=Joined({"patient_id": CLIENT}),
        signatures=json.dumps([{"id": "5", "image": IMAGE}]),
    )  # fmt: skip
    assert found.codes == []
    assert found["signatures"] == [{"signature_id": "5", "image": IMAGE, "signed_at": "2026-04-01T01:00:00Z"}]


def test_a_signature_that_did_not_come_is_told_of_completed_forms_only() -> None:
    joined = Joined({"patient_id": CLIENT})
    found = told("patient_forms", content=SIGNED, joined=joined)
    assert found.codes == ["signature_missing"]
    assert found["content"][0]["fields"][0]["answer"] == "[Signature not included]"
    assert told("patient_forms", content=SIGNED, joined=joined, completed_at="").codes == ["form_incomplete"]


def test_a_restricted_form_stays_restricted() -> None:
    assert told("patient_forms", restricted_to_practitioner="true")["restricted"] is True


def test_a_form_stands_at_its_visit() -> None:
    found = told("patient_forms", booking_id="77")
    assert found["appointment_id"] == IDS.derive("appointments", "appointments", "77")


def test_the_live_address_of_a_form_is_never_read() -> None:
    row: Any = row_of("patient_forms", url="https://clinic.example/forms/abc123")
    assert row.url is None
    found = told("patient_forms", url="https://clinic.example/forms/abc123")
    assert "abc123" not in repr(found.records)
