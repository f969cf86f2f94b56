"""Cases are imported with limits and dates; the clinic checks how much of a case is used."""

from decimal import Decimal
from typing import Any

import pytest

from app.mapping.rows import Outcome
from tests.kinds.story import IDS, mapped, row_of


def test_a_case_belongs_to_its_client_and_names_its_contact() -> None:
    result = mapped(
        "patient_cases",
        contact_id="41",
        notes="Reviewed",
        issue_date="2024-01-10",
        expiry_date="2025-01-10",
        closed="true",
        referral="true",
        referral_type="medicare",
        include_cancelled_attendees="true",
        include_dna_attendees="false",
    )
    assert (result.outcome, result.codes) == (Outcome.CREATED, [])
    assert result["client_id"] == IDS.derive("clients", "patients", "11")
    assert result["contact_id"] == IDS.derive("contacts", "contacts", "41")
    wanted = ("name", "notes", "status", "referral", "referral_type", "count_cancelled", "count_missed", "limit_kind")
    assert [result[column] for column in wanted] == [
        "Shared care plan", "Reviewed", "closed", True, "medicare", True, False, "unlimited",
    ]  # fmt: skip
    assert [result[day].isoformat() for day in ("issue_date", "expiry_date")] == ["2024-01-10", "2025-01-10"]
    assert result["balance_to_check"] is True


@pytest.mark.parametrize(
    ("sessions", "amount", "limit", "codes"),
    [
        ("5", "", ("sessions", 5, None), ["case_balance_check"]),
        ("", "$600.00", ("amount", None, Decimal("600.00")), ["case_balance_check"]),
        ("5", "600", ("sessions", 5, Decimal(600)), ["case_two_limits", "case_balance_check"]),
        ("", "", ("unlimited", None, None), []),
        ("0", "0.0", ("unlimited", None, None), []),
        ("0", "", ("unlimited", None, None), ["case_limit_unclear", "case_balance_check"]),
        ("0", "600", ("amount", None, Decimal(600)), ["case_balance_check"]),
        ("0", "-5", ("unlimited", None, None), ["case_limit_unclear", "case_balance_check"]),
        ("5", "0", ("sessions", 5, None), ["case_balance_check"]),
        ("", "0.0", ("unlimited", None, None), []),
        ("9999999999", "", ("unlimited", None, None), ["case_limit_unclear", "case_balance_check"]),
    ],
)
def test_a_limit_is_of_sessions_or_of_money(
    sessions: str, amount: str, limit: tuple[Any, ...], codes: list[str]
) -> None:
    result = mapped("patient_cases", max_sessions=sessions, max_invoiceable_amount=amount)
    assert tuple(result[c] for c in ("limit_kind", "limit_sessions", "limit_amount")) == limit
    assert result.codes == codes


def test_a_limit_that_is_no_number_is_in_the_notes() -> None:
    result = mapped("patient_cases", notes="Reviewed", max_sessions="5 per quarter", max_invoiceable_amount="as agreed")
    assert (result["limit_kind"], result.codes) == ("unlimited", ["case_limit_unclear", "case_balance_check"])
    assert result["notes"] == "Reviewed\n\nMax sessions: 5 per quarter\nMax invoiceable amount: as agreed"
    assert mapped("patient_cases", max_sessions="n/a")["notes"] is None


@pytest.mark.parametrize(
    ("column", "cell", "limit", "codes"),
    [
        ("max_sessions", "1E1", 10, ["spreadsheet_value_mended", "case_balance_check"]),
        ("max_sessions", "10.0", 10, ["spreadsheet_value_mended", "case_balance_check"]),
        ("max_sessions", "1.5E+2", 150, ["spreadsheet_value_mended", "case_balance_check"]),
        ("max_sessions", "201", 201, ["case_limit_unclear", "case_balance_check"]),
        ("max_sessions", "1.25E+1", None, ["case_limit_unclear", "case_balance_check"]),
        ("max_invoiceable_amount", "1.2E+3", Decimal("1200"), ["spreadsheet_value_mended", "case_balance_check"]),
        ("max_invoiceable_amount", "1E+99", None, ["case_limit_unclear", "case_balance_check"]),
        ("max_sessions", "#REF!", None, ["spreadsheet_error_value", "case_limit_unclear", "case_balance_check"]),
    ],
)
def test_a_limit_that_a_spreadsheet_changed_is_mended_or_reported(
    column: str, cell: str, limit: object, codes: list[str]
) -> None:
    cells: dict[str, Any] = {column: cell}
    result = mapped("patient_cases", **cells)
    assert result["limit_sessions" if column == "max_sessions" else "limit_amount"] == limit
    assert sorted(result.codes) == sorted(codes)


def test_a_case_without_a_client_is_held() -> None:
    for result in (mapped("patient_cases", patient_id=""), mapped("patient_cases", lost=("patient_id",))):
        assert (result.outcome, result.codes) == (Outcome.HELD, ["case_without_patient"])


def test_a_case_without_a_name_is_called_by_its_id() -> None:
    result = mapped("patient_cases", name="")
    assert (result["name"], result.codes) == ("Case 51", ["name_missing"])


def test_reversed_dates_are_kept_and_reported() -> None:
    result = mapped("patient_cases", issue_date="2025-01-10", expiry_date="2024-01-10")
    assert result["expiry_date"].year == 2024
    assert result.codes == ["case_dates_reversed"]


def test_an_archived_case_is_closed() -> None:
    assert mapped("patient_cases", archived_at="2022-01-09T23:00:00Z")["status"] == "closed"


def test_a_name_that_does_not_fit_is_kept_in_full_in_the_notes() -> None:
    result = mapped("patient_cases", name="A" * 300, notes="Reviewed")
    assert len(result["name"]) == 255
    assert result["notes"] == f"Reviewed\n\nName: {'A' * 300}"


def test_attendees_of_a_case_are_read_from_a_list() -> None:
    assert row_of("patient_cases", attendee_ids='["61","62"]').attendee_ids.ids == ("61", "62")
