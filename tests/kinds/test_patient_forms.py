"""Forms are imported with every answer, completed or not; no form is sent to anybody, and no form address is kept."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from app.mapping.columns import Link
from app.mapping.rows import Joined, Outcome, Target
from app.sources import source
from tests.kinds.story import IDS, mapped, row_of

KIND = source("cliniko").kind("patient_forms")
CLIENT = Target("cli_1", "11")
IMAGE = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\nxx").decode()
SIGNED = json.dumps(
    {"sections": [{"name": "", "questions": [{"name": "Sign", "type": "signature", "signature_id": "5"}]}]}
)


def named(template: str) -> Joined:
    return Joined({"patient_id": CLIENT, "form_template_id": Target("fmt_1", "31", name=template)})


def test_a_completed_form_becomes_a_form() -> None:
    result = mapped("patient_forms", joined=Joined({"patient_id": CLIENT}))
    assert (result.outcome, result.codes, result.main.table) == (Outcome.CREATED, [], "forms")
    assert (result["name"], result["status"], result["restricted"]) == ("Intake", "completed", False)
    assert result["completed_at"] == datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
    assert result["content"][0]["fields"][1] == {"type": "short_text", "label": "Q", "answer": "Better"}
    assert result["signatures"] is None


def test_52_a_form_that_was_never_completed_is_incomplete_and_reported() -> None:
    result = mapped("patient_forms", completed_at="", joined=Joined({"patient_id": CLIENT}))
    assert (result["status"], result["completed_at"], result.codes) == ("incomplete", None, ["form_incomplete"])


def test_a_form_is_linked_to_the_template_of_its_exact_name_and_reported() -> None:
    assert row_of("patient_forms").form_template_id == Link(name="Intake")
    result = mapped("patient_forms", joined=named("Intake"))
    assert (result["template_id"], result.codes) == ("fmt_1", ["form_template_matched_by_name"])


def test_a_template_whose_name_is_spelled_differently_is_not_used() -> None:
    result = mapped("patient_forms", joined=named("INTAKE"))
    assert (result["template_id"], result.codes) == (None, [])


def test_a_form_without_a_client_is_held() -> None:
    assert mapped("patient_forms", patient_id="").codes == ["form_without_patient"]
    result = mapped("patient_forms", lost=("patient_id",))
    assert (result.outcome, result.codes) == (Outcome.HELD, ["form_without_patient"])


def test_49_a_form_whose_content_is_no_json_is_held() -> None:
    result = mapped("patient_forms", content="{'sections': []}")
    assert (result.outcome, result.codes) == (Outcome.HELD, ["bad_json"])


def test_a_signature_is_imported_as_its_image() -> None:
    result = mapped(
        "patient_forms", content=SIGNED, joined=Joined({"patient_id": CLIENT}),
        signatures=json.dumps([{"id": "5", "image": IMAGE}]),
    )  # fmt: skip
    assert result.codes == []
    assert result["signatures"] == [{"signature_id": "5", "image": IMAGE, "signed_at": "2026-04-01T01:00:00Z"}]


def test_a_missing_signature_is_reported_for_completed_forms_only() -> None:
    joined = Joined({"patient_id": CLIENT})
    result = mapped("patient_forms", content=SIGNED, joined=joined)
    assert result.codes == ["signature_missing"]
    assert result["content"][0]["fields"][0]["answer"] == "[Signature not included]"
    assert mapped("patient_forms", content=SIGNED, joined=joined, completed_at="").codes == ["form_incomplete"]


def test_a_signature_that_is_no_image_is_reported_whatever_the_form_asks_for() -> None:
    lost = json.dumps([{"id": "5", "image": "data:text/html;base64,PGI+"}])
    result = mapped("patient_forms", joined=Joined({"patient_id": CLIENT}), signatures=lost)
    assert (result["signatures"], result.codes) == (None, ["signature_missing"])


def test_a_restricted_form_is_restricted() -> None:
    assert mapped("patient_forms", restricted_to_practitioner="true")["restricted"] is True


def test_a_form_refers_to_its_visit() -> None:
    result = mapped("patient_forms", booking_id="77")
    assert result["appointment_id"] == IDS.derive("appointments", "appointments", "77")


def test_the_private_address_of_a_form_is_never_read() -> None:
    row: Any = row_of("patient_forms", url="https://clinic.example/forms/abc123")
    assert row.url is None
    result = mapped("patient_forms", url="https://clinic.example/forms/abc123")
    assert "abc123" not in repr(result.records)
