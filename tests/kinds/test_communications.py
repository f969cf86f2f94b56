"""Messages become communications: none is sent, no remote image is loaded, no private address is kept."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.mapping.rows import Outcome
from tests.kinds.story import IDS, mapped

TOKEN = "abcDEF1234567890abcDEF"


def test_a_message_becomes_a_communication() -> None:
    result = mapped("communications", from_="61255500100", to="61400111222", booking_id="77")
    assert (result.outcome, result.codes, result.main.table) == (Outcome.CREATED, [], "communications")
    assert (result["channel"], result["direction"], result["category"]) == ("sms", "sent", "SMS Message")
    assert (result["from"], result["to"]) == ("61255500100", "61400111222")
    assert result["body"] == "<p>See you at 5 &amp; bring &lt;your&gt; scan</p>"
    assert result["client_id"] == IDS.derive("clients", "patients", "11")
    assert result["appointment_id"] == IDS.derive("appointments", "appointments", "77")
    assert result["occurred_at"] == datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
    assert result["confidential"] is False


@pytest.mark.parametrize(
    ("code", "channel"), [("1", "sms"), ("2", "email"), ("3", "phone"), ("4", "other"), ("9", "other")]
)
def test_the_code_determines_the_channel(code: str, channel: str) -> None:
    assert mapped("communications", type_code=code)["channel"] == channel


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"type": "SMS", "category": "sms message", "direction": "Sent"}, ("sms", "SMS Message", "sent")),
        ({"type": "Phone call", "category": "MEMO", "direction": "received"}, ("phone", "Memo", "received")),
        (
            {"type": "Email", "category": "Reply from Client", "direction": ""},
            ("email", "Reply from Patient", "received"),
        ),
        ({"type": "2", "category": "5", "direction": "2"}, ("email", "Letter", "received")),
    ],
)
def test_words_of_the_csv_export_are_known_in_any_case(cells: dict[str, Any], expected: tuple[str, str, str]) -> None:
    result = mapped("communications", type_code=None, category_code=None, direction_code=None, **cells)
    assert ((result["channel"], result["category"], result["direction"]), result.codes) == (expected, [])


@pytest.mark.parametrize("cell", ["Eingehend", "3", "?", ""])
def test_an_unknown_direction_is_reported(cell: str) -> None:
    result = mapped("communications", direction_code=None, direction=cell)
    assert (result["direction"], result.codes) == ("sent", ["message_direction_unknown"])


@pytest.mark.parametrize("cell", ["Fax", "9", ""])
def test_an_unknown_type_is_reported(cell: str) -> None:
    result = mapped("communications", type_code=None, type=cell)
    assert (result["channel"], result.codes) == ("other", ["message_channel_unknown"])


def test_the_code_has_priority_over_the_words() -> None:
    result = mapped("communications", category_code="1", category="Friendly nudge", type_code="2", type="Text")
    assert (result["category"], result["channel"], result.codes) == ("Appointment Reminder", "email", [])


@pytest.mark.parametrize("code", ["11", *(str(n) for n in range(21, 46))])
def test_53_a_message_about_the_account_is_skipped(code: str) -> None:
    result = mapped("communications", category_code=code, type_code="2")
    assert (result.outcome, result.codes) == (Outcome.SKIPPED, ["system_communication_skipped"])


def test_53_sign_in_codes_are_known_by_words_too() -> None:
    result = mapped("communications", category_code=None, category="Auth code")
    assert result.codes == ["system_communication_skipped"]


@pytest.mark.parametrize(
    ("cells", "category"),
    [
        ({"category_code": "46"}, "46"),
        ({"category_code": "46", "category": "Pigeon"}, "Pigeon"),
        ({"category_code": None, "category": "Pigeon"}, "Pigeon"),
    ],
)
def test_an_unknown_category_is_kept_as_text_and_reported(cells: dict[str, Any], category: str) -> None:
    result = mapped("communications", **cells)
    assert (result.outcome, result["category"], result.codes) == (Outcome.CREATED, category, ["category_unknown"])


def test_a_message_without_a_client_is_held() -> None:
    assert mapped("communications", patient_id="").codes == ["communication_without_patient"]
    result = mapped("communications", lost=("patient_id",))
    assert (result.outcome, result.codes) == (Outcome.HELD, ["communication_without_patient"])


def test_a_message_without_the_time_of_its_creation_reports_it() -> None:
    result = mapped("communications", created_at="", updated_at="2026-05-06T01:00:00Z")
    assert (result.codes, result.columns) == (["bad_date"], ["created_at"])


def test_a_memo_stays_confidential() -> None:
    assert mapped("communications", category_code="12", confidential="true")["confidential"] is True


def test_a_message_of_an_unknown_visit_moves_without_a_problem() -> None:
    result = mapped("communications", booking_id="77", lost=("booking_id",))
    assert (result["appointment_id"], result.codes) == (None, [])


def test_an_email_keeps_its_formatting() -> None:
    result = mapped("communications", type_code="2", content="<p>See you <b>soon</b>.</p>", content_subject="Hello")
    assert (result["body"], result["subject"], result.codes) == ("<p>See you <b>soon</b>.</p>", "Hello", [])


def test_an_email_without_tags_keeps_its_lines() -> None:
    assert mapped("communications", type_code="2", content="Dear Zoë\n5 < 6")["body"] == "<p>Dear Zoë<br>5 &lt; 6</p>"


def test_48_nothing_in_an_email_is_loaded_or_run() -> None:
    content = '<p onclick="x()">Map: <img src="https://track.example/p.gif" alt="our door"></p><script>x()</script>'
    result = mapped("communications", type_code="2", content=content)
    assert (result["body"], result.codes) == ("<p>Map: our door</p>", ["html_sanitised"])


@pytest.mark.parametrize(
    "address",
    [
        f"https://harbour.au1.cliniko.com/bookings/{TOKEN}/cancel",
        "https://harbour.cliniko.com/forms/7",
        f"https://pay.example/{TOKEN}",
        f"https://pay.example/?key={TOKEN}",
    ],
)
def test_the_address_of_a_private_page_becomes_text(address: str) -> None:
    result = mapped(
        "communications", type_code="2", content=f'<p><a href="{address}">Cancel</a> or go to {address}</p>'
    )
    assert "href" not in result["body"]
    assert result["body"].startswith("<p>Cancel or go to https://")
    assert TOKEN not in result["body"]
    assert "/forms/7" not in result["body"]
    assert result.codes == ["html_sanitised"]
    text = mapped("communications", content=f"Confirm: {address} thank you")["body"]
    assert text.startswith("<p>Confirm: https://")
    assert TOKEN not in text


def test_the_address_of_a_public_page_is_still_a_link() -> None:
    result = mapped("communications", type_code="2", content='<p><a href="https://clinic.example/knees">Knees</a></p>')
    assert result["body"] == '<p><a href="https://clinic.example/knees" rel="noopener">Knees</a></p>'
    assert result.codes == []


def test_a_message_longer_than_a_megabyte_is_cut_and_reported() -> None:
    result = mapped("communications", content="ä&" * 600_000)
    assert len(result["body"].encode()) <= 1024 * 1024
    assert result["body"].endswith("...</p>")
    assert "content_over_limit" in result.codes
