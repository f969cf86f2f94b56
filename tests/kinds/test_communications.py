"""Messages become lines of a client's history; nothing is sent, nothing remote is loaded, no live address is kept."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.mapping.rows import Outcome
from tests.kinds.story import IDS, told

TOKEN = "abcDEF1234567890abcDEF"


def test_a_message_becomes_a_line_of_history() -> None:
    found = told("communications", from_="61255500100", to="61400111222", booking_id="77")
    assert (found.outcome, found.codes, found.main.table) == (Outcome.CREATED, [], "communications")
    assert (found["channel"], found["direction"], found["category"]) == ("sms", "sent", "SMS Message")
    assert (found["from"], found["to"]) == ("61255500100", "61400111222")
    assert found["body"] == "<p>See you at 5 &amp; bring &lt;your&gt; scan</p>"
    assert found["client_id"] == IDS.derive("clients", "patients", "11")
    assert found["appointment_id"] == IDS.derive("appointments", "appointments", "77")
    assert found["occurred_at"] == datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
    assert found["confidential"] is False


@pytest.mark.parametrize(
    ("code", "channel"), [("1", "sms"), ("2", "email"), ("3", "phone"), ("4", "other"), ("9", "other")]
)
def test_the_code_says_how_it_went(code: str, channel: str) -> None:
    assert told("communications", type_code=code)["channel"] == channel


@pytest.mark.parametrize(
    ("cells", "said"),
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
def test_native_words_are_known_whatever_their_case(cells: dict[str, Any], said: tuple[str, str, str]) -> None:
    found = told("communications", type_code=None, category_code=None, direction_code=None, **cells)
    assert ((found["channel"], found["category"], found["direction"]), found.codes) == (said, [])


@pytest.mark.parametrize("cell", ["Eingehend", "3", "?", ""])
def test_a_direction_that_is_not_understood_is_told(cell: str) -> None:
    found = told("communications", direction_code=None, direction=cell)
    assert (found["direction"], found.codes) == ("sent", ["message_direction_unknown"])


@pytest.mark.parametrize("cell", ["Fax", "9", ""])
def test_a_type_that_is_not_understood_is_told(cell: str) -> None:
    found = told("communications", type_code=None, type=cell)
    assert (found["channel"], found.codes) == ("other", ["message_channel_unknown"])


def test_the_code_counts_and_not_the_words() -> None:
    found = told("communications", category_code="1", category="Friendly nudge", type_code="2", type="Text")
    assert (found["category"], found["channel"], found.codes) == ("Appointment Reminder", "email", [])


@pytest.mark.parametrize("code", ["11", *(str(n) for n in range(21, 46))])
def test_53_mail_of_the_account_itself_is_skipped(code: str) -> None:
    found = told("communications", category_code=code, type_code="2")
    assert (found.outcome, found.codes) == (Outcome.SKIPPED, ["system_communication_skipped"])


def test_53_sign_in_codes_are_known_by_words_too() -> None:
    found = told("communications", category_code=None, category="Auth code")
    assert found.codes == ["system_communication_skipped"]


@pytest.mark.parametrize(
    ("cells", "category"),
    [
        ({"category_code": "46"}, "46"),
        ({"category_code": "46", "category": "Pigeon"}, "Pigeon"),
        ({"category_code": None, "category": "Pigeon"}, "Pigeon"),
    ],
)
def test_an_unknown_category_is_kept_as_its_text_and_told(cells: dict[str, Any], category: str) -> None:
    found = told("communications", **cells)
    assert (found.outcome, found["category"], found.codes) == (Outcome.CREATED, category, ["category_unknown"])


def test_a_message_of_nobody_waits() -> None:
    assert told("communications", patient_id="").codes == ["communication_without_patient"]
    found = told("communications", lost=("patient_id",))
    assert (found.outcome, found.codes) == (Outcome.HELD, ["communication_without_patient"])


def test_a_memo_stays_confidential() -> None:
    assert told("communications", category_code="12", confidential="true")["confidential"] is True


def test_a_message_whose_visit_is_unknown_moves_without_it_and_without_a_word() -> None:
    found = told("communications", booking_id="77", lost=("booking_id",))
    assert (found["appointment_id"], found.codes) == (None, [])


def test_an_email_keeps_its_formatting() -> None:
    found = told("communications", type_code="2", content="<p>See you <b>soon</b>.</p>", content_subject="Hello")
    assert (found["body"], found["subject"], found.codes) == ("<p>See you <b>soon</b>.</p>", "Hello", [])


def test_an_email_without_tags_keeps_its_lines() -> None:
    assert told("communications", type_code="2", content="Dear Zoë\n5 < 6")["body"] == "<p>Dear Zoë<br>5 &lt; 6</p>"


def test_48_nothing_in_an_email_is_loaded_or_run() -> None:
    content = '<p onclick="x()">Map: <img src="https://track.example/p.gif" alt="our door"></p><script>x()</script>'
    found = told("communications", type_code="2", content=content)
    assert (found["body"], found.codes) == ("<p>Map: our door</p>", ["html_sanitised"])


@pytest.mark.parametrize(
    "address",
    [
        f"https://harbour.au1.cliniko.com/bookings/{TOKEN}/cancel",
        "https://harbour.cliniko.com/forms/7",
        f"https://pay.example/{TOKEN}",
        f"https://pay.example/?key={TOKEN}",
    ],
)
def test_an_address_that_opens_something_becomes_words(address: str) -> None:
    found = told("communications", type_code="2", content=f'<p><a href="{address}">Cancel</a> or go to {address}</p>')
    assert "href" not in found["body"]
    assert found["body"].startswith("<p>Cancel or go to https://")
    assert TOKEN not in found["body"]
    assert "/forms/7" not in found["body"]
    assert found.codes == ["html_sanitised"]
    text = told("communications", content=f"Confirm: {address} thank you")["body"]
    assert text.startswith("<p>Confirm: https://")
    assert TOKEN not in text


def test_an_address_that_anybody_may_open_stays_a_link() -> None:
    found = told("communications", type_code="2", content='<p><a href="https://clinic.example/knees">Knees</a></p>')
    assert found["body"] == '<p><a href="https://clinic.example/knees" rel="noopener">Knees</a></p>'
    assert found.codes == []


def test_a_message_longer_than_a_megabyte_is_cut_and_told() -> None:
    found = told("communications", content="ä&" * 600_000)
    assert len(found["body"].encode()) <= 1024 * 1024
    assert found["body"].endswith("...</p>")
    assert "content_over_limit" in found.codes
