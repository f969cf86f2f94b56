"""Verification rules return what a row determines, and an empty text for any other row."""

import pytest

from app.mapping.verified_kinds import RowRule, VerifiedColumn, VerifiedKind, bare_header
from app.reading.recognise import known_headers
from app.sources import source
from app.sources.cliniko.verification import RAW_FORMAT, rules

VERIFIED_KINDS = source("cliniko").verified_kinds
NINE, TEN = "2024-03-04 09:00:00 +1100", "2024-03-04T10:00:00+11:00"


def columns_of(verified_kind: VerifiedKind) -> tuple[VerifiedColumn, ...]:
    return (*verified_kind.columns, *(problem.column for problem in verified_kind.reported_problems))


def with_headers(rule: RowRule[str]) -> RowRule[str]:
    """The rule as the first kind that uses the rule has it."""
    picks = (column.pick for verified_kind in VERIFIED_KINDS for column in columns_of(verified_kind))
    return next(pick for pick in picks if pick and pick.calculate is rule.calculate)


@pytest.mark.parametrize(
    ("rule", "row", "expected"),
    [
        (rules.minutes, {"Start Time": NINE, "End Time": TEN}, "60"),
        (rules.minutes, {"starts_at": "2024-03-03T22:00:00Z", "ends_at": TEN}, "60"),
        (rules.minutes, {"Start Time": NINE, "End Time": "10:00"}, ""),
        (rules.minutes, {"Start Time": TEN, "End Time": NINE}, ""),
        (rules.minutes, {"Appointment Start": NINE, "Appointment End": TEN}, "60"),
        (rules.status, {"Patient Arrived": "true"}, "arrived"),
        (rules.status, {"Client Arrived": "", "Did Not Arrive": "yes"}, "missed"),
        (rules.status, {"Patient Arrived": "", "Cancellation Time": NINE}, "cancelled"),
        (rules.status, {"Patient Arrived": "", "Cancellation Time": "n/a"}, "pending"),
        (rules.status, {"Patient Arrived": "false"}, "pending"),
        (rules.status, {"Patient Arrived": "true", "Did Not Arrive": "true"}, ""),
        (rules.status, {"Patient Arrived": "", "Archived At": NINE}, ""),
        (rules.status, {"Start Time": NINE}, ""),
        (rules.other_reason, {"Cancellation Time": NINE, "Cancellation Reason": "It rained"}, "It rained"),
        (rules.other_reason, {"Cancellation Time": NINE, "Cancellation Reason": "Feeling better"}, ""),
        (rules.other_reason, {"cancelled_at": NINE, "cancellation_reason": "30"}, ""),
        (rules.other_reason, {"Cancellation Reason": "It rained"}, "It rained"),
        (rules.other_reason, {"Cancellation Time": "n/a", "Cancellation Reason": "Sick"}, "Sick"),
        (rules.other_reason, {"Cancellation Time": "n/a", "Cancellation Reason": "n/a"}, ""),
        (rules.other_reason, {"Cancellation Time": "tomorrow", "Cancellation Reason": "It rained"}, ""),
        (rules.note_date, {"Created At": NINE, "Appointment ID": ""}, NINE),
        (rules.note_date, {"Created At": NINE, "Appointment ID": "7"}, ""),
        (rules.contact_type, {"Type": "3rd Party Payer", "type_code": "1"}, "payer"),
        (rules.contact_type, {"type_code": "1"}, "referrer"),
        (rules.contact_type, {"Type": "Neighbour", "type_code": "1"}, ""),
        (rules.channel, {"Type": "Phone call"}, "phone"),
        (rules.channel, {"type_code": "1", "type": "Email"}, "sms"),
        (rules.direction, {"Direction": "Received"}, "received"),
        (rules.category, {"Category": "Letter"}, "Letter"),
        (rules.category, {"Category": "Letter", "category_code": "12"}, ""),
        (rules.active, {"Active": "false"}, "0"),
        (rules.active, {"Active": "true", "Archived At": NINE}, ""),
        (rules.role, {"Role": "Power receptionist"}, "receptionist"),
        (rules.role, {"Role": "administrator"}, ""),
        (rules.type_duration, {"duration": "45"}, "45"),
        (rules.type_duration, {"Duration In Minutes": "0"}, ""),
        (rules.type_duration, {"Duration In Minutes": "123456789012"}, ""),
        (rules.type_duration, {"Duration In Minutes": "1\u06623"}, ""),
        (rules.own_user, {"Practitioner ID": "7"}, "7:user"),
        (rules.checksum, {"SHA256": "ab" * 32}, "ab" * 32),
        (rules.checksum, {"SHA256": "unknown"}, ""),
    ],
)
def test_a_rule_returns_what_a_row_determines_or_an_empty_text(
    rule: RowRule[str], row: dict[str, str], expected: str
) -> None:
    assert with_headers(rule)({RAW_FORMAT.bare(header): cell for header, cell in row.items()}) == expected


@pytest.mark.parametrize(
    ("headers", "kinds"),
    [
        ("Contact ID,Type,First Name,Last Name,Email", {"contacts"}),
        ("Case ID,Patient ID,Name,Notes,Issue Date,Created At", {"patient_cases"}),
        ("Patient ID,Medical Alert,Created At", set()),
        ("id,first_name,last_name,email", set()),
        ("Invoice ID,Contact ID,Patient ID,Issue Date,Amount,Status,Tax,Notes,Due Date,Practitioner ID", set()),
    ],
)
def test_headers_are_those_of_a_kind_only_with_its_own_id_and_most_of_its_columns(
    headers: str, kinds: set[str]
) -> None:
    names = frozenset(map(RAW_FORMAT.bare, headers.split(",")))
    assert {kind.kind for kind in VERIFIED_KINDS if kind.fits(names)} == kinds


@pytest.mark.parametrize(
    ("owner", "path", "own"),
    [
        ("1001", "Patient files/1001 - Lee, Ann/scan.pdf", True),
        ("1001", "Patient files\\1001\\scan.pdf", True),
        ("1001", "Patient files/10012 - Lee, Ann/scan.pdf", False),
        ("1001", "Patient files/1002 - Lee, Ann/1001/scan.pdf", False),
        ("", "Patient files/Lee, Ann/scan.pdf", False),
    ],
)
def test_a_file_is_in_its_owners_folder_where_the_first_number_is_the_owners(owner: str, path: str, own: bool) -> None:
    assert rules.in_own_folder.calculate(owner, path) is own


@pytest.mark.parametrize("verified_kind", VERIFIED_KINDS, ids=lambda kind: f"{kind.kind}-{kind.table}")
def test_verification_compares_no_column_that_reading_does_not_know(verified_kind: VerifiedKind) -> None:
    known = known_headers(source().kind(verified_kind.kind)).keys()
    headers = {bare_header(header) for column in columns_of(verified_kind) for header in column.headers}
    assert {*map(bare_header, verified_kind.key_headers), *headers} <= known


@pytest.mark.parametrize("verified_kind", VERIFIED_KINDS, ids=lambda kind: f"{kind.kind}-{kind.table}")
def test_verification_knows_every_header_of_the_columns_that_it_compares(verified_kind: VerifiedKind) -> None:
    columns = {placed.name: placed.normalised_headers() for placed in source().kind(verified_kind.kind).columns}
    for column in columns_of(verified_kind):
        headers = {bare_header(header) for header in column.headers}
        assert headers == frozenset().union(*(columns[name] for name in column.attributes))
