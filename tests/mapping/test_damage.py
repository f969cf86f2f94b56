"""Damage by spreadsheets and address books is mended or reported, in every column of every kind."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.mapping.cells import ERROR_WORDS
from app.mapping.columns import RowColumn
from app.mapping.emails import email_or_text, read_email
from app.mapping.equality import CHANGED, Digests, digests_of, same_times
from app.mapping.flags import boolean
from app.mapping.ids import by_name, key_id, one_id, several_ids, token
from app.mapping.json_cells import json_cell, json_or_text
from app.mapping.kind import Kind
from app.mapping.moments import birth, day, local_timestamp, mark, time_of_day, timestamp, visit_time
from app.mapping.numbers import money, whole
from app.mapping.parse import parse_row
from app.mapping.phones import find_phone
from app.mapping.text import code, nothing, text, verbatim
from app.sources.cliniko.attendance import reason_of
from app.sources.cliniko.source import CLINIKO
from tests.mapping.cells import context, read

KINDS = [kind for kind in CLINIKO.kinds if kind.imported]
COLUMNS = [
    pytest.param(kind, placed, id=f"{kind.name}.{placed.name}")
    for kind in KINDS
    for placed in kind.columns
    if not placed.column.set_by_reading and placed.column.read is not nothing
]
EXACT: dict[Any, str] = {
    key_id: "1234567",
    one_id: "1234567",
    several_ids: "1234567",
    birth: "1980-03-02",
    day: "2026-03-02",
    timestamp: "2026-03-02 09:00:00 +1100",
    local_timestamp: "2026-03-02 09:00:00 +1100",
    visit_time: "2026-03-02 09:00:00 +1100",
    mark: "2026-03-02 09:00:00 +1100",
    time_of_day: "09:30",
    boolean: "true",
    whole: "30",
    money: "120.00",
    code: "2000",
}
CODES = re.compile(
    r".*(_code|_reason(_description)?)|(post_code|item_code|medicare|old_reference_id|concession_type)|.*_value"
    r"|(provider|reference|dva_card|medicare_reference)_number|reminder_type|follow_up_messages|invoice_default_to"
)
WORDS = {("businesses", "country_code"), ("contacts", "country_code"), ("custom_field_values", "other_value")}
MOMENTS = (timestamp, local_timestamp, visit_time, mark)
LEFT_ALONE = (verbatim, json_cell)  # content is read later, and JSON that is not JSON is told
WRAPPED: dict[str, Callable[[str], str]] = {
    "a guard": lambda cell: f'="{cell}"',
    "a text apostrophe": lambda cell: f"'{cell}",
    "direction marks": lambda cell: f"\u202a{cell}\u202c",
    "a zero-width space": lambda cell: f"{cell}\u200b",
    "a byte order mark": lambda cell: f"\ufeff{cell}",
}
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def names_of(kind: Kind[Any]) -> set[str]:
    return {placed.name for placed in kind.columns}


def value_of(kind: Kind[Any], column: str, cell: str) -> tuple[Any, set[str]]:
    """The value of a row's attribute for a cell, and the codes reported for its column."""
    base = {placed.name: EXACT.get(placed.column.read, "a1") for placed in kind.columns if placed.column.is_key}
    base |= {name: "1234567" for name in ("practitioner_id", "patient_id", "path") if name in names_of(kind)}
    base |= {name: EXACT[timestamp] for name in ("starts_at", "day_of_week") if name in names_of(kind)}
    cells = {**base, column: cell}
    parsed = parse_row(kind, cells, context(), frozenset(cells))
    problems = {problem.code for problem in parsed.problems if problem.column == column}
    return (getattr(parsed.row, column) if parsed.row is not None else None), problems


@pytest.mark.parametrize(("kind", "placed"), COLUMNS)
def test_an_error_word_of_a_spreadsheet_has_no_value_in_any_column(kind: Kind[Any], placed: RowColumn) -> None:
    for error in (*sorted(ERROR_WORDS), "########", "#name?"):
        value, codes = value_of(kind, placed.name, error)
        assert not value
        assert "spreadsheet_error_value" in codes


@pytest.mark.parametrize(("kind", "placed"), COLUMNS)
def test_guards_and_invisible_characters_are_removed_in_every_column(kind: Kind[Any], placed: RowColumn) -> None:
    if placed.column.read in LEFT_ALONE:
        return
    cell = EXACT.get(placed.column.read, "0491570006")
    wanted, _ = value_of(kind, placed.name, cell)
    for wrapped in WRAPPED.values():
        assert value_of(kind, placed.name, wrapped(cell))[0] == wanted, repr(wrapped(cell))
    if placed.column.read in EXACT and placed.column.read is not code:
        assert value_of(kind, placed.name, cell.translate(FULL_WIDTH))[0] == wanted


@pytest.mark.parametrize(("kind", "placed"), COLUMNS)
def test_codes_lose_a_decimal_zero_and_an_exponent_that_lost_digits_has_no_value(
    kind: Kind[Any], placed: RowColumn
) -> None:
    if placed.column.read is not code:
        return
    assert value_of(kind, placed.name, "2000.0") == ("2000", {"spreadsheet_value_mended"})
    assert value_of(kind, placed.name, "2.123456701E+9") == ("2123456701", {"spreadsheet_value_mended"})
    assert value_of(kind, placed.name, "2.1235E+9") == (None, {"spreadsheet_error_value"})


@pytest.mark.parametrize(("kind", "placed"), COLUMNS)
def test_a_column_that_may_hold_a_code_is_read_as_a_code(kind: Kind[Any], placed: RowColumn) -> None:
    by_name = CODES.fullmatch(placed.name) and (kind.name, placed.name) not in WORDS
    beside_code = f"{placed.name}_code" in names_of(kind) and placed.name != "country"
    if (by_name or beside_code) and not placed.column.links_to and not placed.column.is_key:
        assert placed.column.read in (code, whole), placed.name


@pytest.mark.parametrize("kind", ["appointments", "attendees"])
@pytest.mark.parametrize("cell", ["10.0", "10.00", "1.0E+1"])
def test_a_cancellation_code_is_read_after_a_spreadsheet_changed_it(kind: str, cell: str) -> None:
    for column in ("cancellation_reason", "cancellation_reason_description"):
        mended, codes = value_of(CLINIKO.kind(kind), column, cell)
        assert (reason_of(mended, None).name, codes) == ("Feeling better", {"spreadsheet_value_mended"})


@pytest.mark.parametrize(("kind", "placed"), COLUMNS)
def test_a_date_that_is_an_instant_is_read_in_the_clinics_zone(kind: Kind[Any], placed: RowColumn) -> None:
    if placed.column.read not in (birth, day):
        return
    for cell in ("1980-06-01T14:00:00Z", "1980-06-01T14:00:00.000Z", "1980-06-02T02:00:00+12:00"):
        value, codes = value_of(kind, placed.name, cell)
        assert (str(value), codes) == ("1980-06-02", {"date_from_instant"})
    assert value_of(kind, placed.name, "1980-06-01 14:00")[1] == set()


@pytest.mark.parametrize("name", ["Null", "None", "True", "False", "N/A", "nil"])
def test_names_that_look_empty_are_kept(name: str) -> None:
    patients = CLINIKO.kind("patients")
    assert value_of(patients, "first_name", name) == (name, set())


# Rows that say the same.

SPREADSHEET: dict[Any, tuple[str, str]] = {
    timestamp: ("2026-03-02 09:00:23 +1100", "2/03/2026 9:00"),
    local_timestamp: ("2026-03-02 09:00:23 +1100", "2/03/2026 9:00"),
    visit_time: ("2026-03-02 09:00:23 +1100", "2/03/2026 9:00"),
    mark: ("2026-03-02 09:00:23 +1100", "2/03/2026 9:00"),
    birth: ("1980-03-02", "2/03/1980"),
    day: ("2026-03-02", "2/03/2026"),
    boolean: ("true", "TRUE"),
    whole: ("30", "30.0"),
    money: ("120.00", "120"),
    time_of_day: ("09:30", "9:30"),
    code: ("0800", "800"),
    key_id: ("1234567", "1234567.0"),
    one_id: ("1234567", "1234567.0"),
    several_ids: ("1234567, 1234568", "1234567,1234568"),
    token: ("abc", "abc"),
    text: ("0491570006", "491570006"),
    verbatim: ('{"sections": [{"name": "S\\u00e9"}]}', '{"sections":[{"name":"Sé"}]}'),
    json_cell: ('{"a": "b"}', '{"a":"b"}'),
    json_or_text: ('{"a": "b"}', '{"a":"b"}'),
}
API: dict[Any, tuple[str, str]] = {
    **dict.fromkeys(MOMENTS, ("2026-03-02 09:00:00 +1100", "2026-03-01T22:00:00Z")),
    **dict.fromkeys((key_id, one_id, several_ids), ("1234567", "1234567")),
    **dict.fromkeys((token, by_name), ("abc", "abc")),
}


def copies(kind: Kind[Any], pairs: dict[Any, tuple[str, str]]) -> tuple[dict[str, str], dict[str, str]]:
    """A row of a kind with every column filled, and the same row in another program's spelling."""
    filled = {
        placed.name: pairs.get(placed.column.read, ("Some words", "Some words"))
        for placed in kind.columns
        if not placed.column.set_by_reading
    }
    return {name: pair[0] for name, pair in filled.items()}, {name: pair[1] for name, pair in filled.items()}


def digests(kind: Kind[Any], cells: dict[str, str], zone: str = "Australia/Sydney") -> Digests:
    where = context(zone)
    row = parse_row(kind, cells, where, frozenset(cells)).row
    return digests_of(vars(row), cells, where.zone)


def digest(kind: Kind[Any], cells: dict[str, str], zone: str = "Australia/Sydney") -> bytes:
    return digests(kind, cells, zone).exact


def as_a_copy_sees_it(kind: Kind[Any], cells: dict[str, str], zone: str) -> bytes:
    """By which a row is held against a copy that has no offsets."""
    both = digests(kind, cells, zone)
    return both.local or both.exact


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("zone", ["Australia/Sydney", "Australia/Perth", "Europe/London"])
def test_a_row_equals_its_copy_from_a_spreadsheet_in_every_zone(kind: Kind[Any], zone: str) -> None:
    original, copy = copies(kind, SPREADSHEET)
    for each in (copy, dict(reversed(copy.items()))):
        assert as_a_copy_sees_it(kind, original, zone) == as_a_copy_sees_it(kind, each, zone)
        assert same_times(digests(kind, original, zone).seconds, digests(kind, each, zone).seconds)


ONE_INSTANT = "2026-03-02 09:00:00 +1100"
OTHERWISE = (
    "2026-03-01 22:00:00 +0000",
    "2026-03-02 08:00:00 +1000",
    "2026-03-02 06:00:00 +0800",
    "2026-03-01T22:00:00Z",
    "2026-03-02T09:00:00.250+11:00",
    "2026-03-02T07:30:00+09:30",
)


@pytest.mark.parametrize("zone", ["Australia/Sydney", "Australia/Perth", "Europe/London"])
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, placed.name)
        for kind in KINDS
        for placed in kind.columns
        if placed.column.read in MOMENTS and placed.name != CHANGED
    ],
    ids=lambda it: it if isinstance(it, str) else it.name,
)
def test_one_instant_is_equal_with_every_offset(kind: Kind[Any], name: str, zone: str) -> None:
    row = {**copies(kind, SPREADSHEET)[0], name: ONE_INSTANT}
    assert {digest(kind, {**row, name: cell}, zone) for cell in OTHERWISE} == {digest(kind, row, zone)}
    seconds = digests(kind, row, zone).seconds
    assert all(same_times(digests(kind, {**row, name: cell}, zone).seconds, seconds) for cell in OTHERWISE)
    assert digest(kind, {**row, name: "2026-03-02 09:00:00 +1000"}, zone) != digest(kind, row, zone)
    for cell in ("2026-03-02 09:00:01 +1100", "2026-03-01T22:00:59.250Z"):
        assert not same_times(digests(kind, {**row, name: cell}, zone).seconds, seconds)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_row_of_the_native_export_equals_the_row_of_the_api(kind: Kind[Any]) -> None:
    native, api = copies(kind, API)
    assert digest(kind, native) == digest(kind, api)


def differing(kind: Kind[Any]) -> Iterator[tuple[str, dict[str, str]]]:
    original, _ = copies(kind, SPREADSHEET)
    other: dict[Any, str] = {
        timestamp: "2026-03-02 09:01:00 +1100",
        birth: "1980-03-03",
        day: "2026-03-03",
        boolean: "false",
    }
    other |= {whole: "31", money: "120.50"}
    other |= dict.fromkeys(MOMENTS, other[timestamp])
    other |= {
        time_of_day: "09:31",
        code: "0801",
        key_id: "1234569",
        token: "abd",
        one_id: "1234569",
        several_ids: "1234569",
    }
    other |= {text: "0491570007", verbatim: '{"sections":[]}', json_cell: '{"a":1}', json_or_text: '{"a":1}'}
    known = {*other, by_name, token, email_or_text}
    for placed in kind.columns:
        if placed.name in original and placed.column.read in known and placed.column.read is not nothing:
            yield placed.name, {**original, placed.name: other.get(placed.column.read, "Other words")}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_row_that_differs_in_one_value_is_not_equal(kind: Kind[Any]) -> None:
    original, _ = copies(kind, SPREADSHEET)
    for column, changed in differing(kind):
        assert (digest(kind, changed) != digest(kind, original)) == (column != CHANGED), column


# Phones and e-mails.

GOOD = "+61491570006"


@pytest.mark.parametrize(
    ("cell", "has_more"),
    [
        *((cell, False) for cell in ("0491570006", "491570006", "61491570006", "+61 (0) 491 570 006", "0061491570006")),
        *((cell, False) for cell in ("\u202a+61 491 570 006\u202c", "0491\u2011570\u2011006", "'0491570006")),
        *(
            (cell, False)
            for cell in ('="61491570006"', "０４９１５７０００６", "tel:+61491570006", "Mob: 0491 570 006")
        ),
        *(
            (cell, False)
            for cell in ("61491570006.0", "6.1491570006E+10", "\ufeff0491570006", "0491\u00a0570\u00a0006")
        ),
        *((cell, True) for cell in ("0491 570 006 (mum)", "mum 0491570006", "0491570006 ext 12")),
        *((cell, True) for cell in ("0491570006 / 0291111111", "0491 570 006 or 0400 111 222")),
        *((cell, True) for cell in ("0491570006|0400111222", "0491570006 & 0400111222")),
    ],
)
def test_the_first_valid_number_of_a_cell_is_taken(cell: str, has_more: bool) -> None:
    match = find_phone(cell, "AU")
    assert match.phone is not None
    assert (match.phone.whole, match.has_more) == (GOOD, has_more)
    assert match.is_mended == (cell in ("61491570006.0", "6.1491570006E+10"))


@pytest.mark.parametrize("cell", ["ask mum", "6.1491E+10", "room 1234567", "12345", "n/a", "mum"])
def test_text_without_a_certain_number_is_no_phone(cell: str) -> None:
    assert find_phone(cell, "AU").phone is None


@pytest.mark.parametrize(
    ("cell", "address", "has_more", "is_bad"),
    [
        ("bc@mail.example", "bc@mail.example", False, False),
        ("mailto:bc@mail.example", "bc@mail.example", False, False),
        ("MAILTO:bc@mail.example?subject=Hi there", "bc@mail.example", False, False),
        ("bc@mail.example\u200b", "bc@mail.example", False, False),
        ("\u202abc@mail.example\u202c", "bc@mail.example", False, False),
        ("<bc@mail.example>", "bc@mail.example", False, False),
        ("bc@mail.example.", "bc@mail.example", False, False),
        ('="bc@mail.example"', "bc@mail.example", False, False),
        ("'bc@mail.example", "bc@mail.example", False, False),
        ("ｂｃ＠mail．example", "bc@mail.example", False, False),
        ("o'bg@mail.example", "o'bg@mail.example", False, False),
        ("Bc Two <bc@mail.example>", "bc@mail.example", True, False),
        ("bc@mail.example (mum)", "bc@mail.example", True, False),
        ("bc@mail.example; b@mail.example", "bc@mail.example", True, False),
        ("bc@mail.example/b@mail.example", "bc@mail.example", True, False),
        ("bc@mail.example, b@mail.example", "bc@mail.example", True, False),
        ("bc@mail.example b@@x", "bc@mail.example", True, True),
        ("jo@@x", None, True, True),
        ("bh@mail,example", None, True, True),
        ("bh@mail.co,au", None, True, True),
        ("be @mail.example", None, True, True),
        ("none", None, True, True),
    ],
)
def test_the_first_valid_address_of_a_cell_is_taken(
    cell: str, address: str | None, has_more: bool, is_bad: bool
) -> None:
    assert read_email(cell) == (address, has_more, is_bad)


def test_email_alone_takes_the_address_out_of_other_text() -> None:
    assert read(email_or_text, "mailto:a@mail.example") == ("a@mail.example", [])
    assert read(email_or_text, "a@mail.example and Jo") == ("a@mail.example and Jo", [])
