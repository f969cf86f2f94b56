"""A value from a row of another file names that file, its line and its column, for every join of mapping."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from app.records.evidence_lines import NO_CELL, EvidenceLine
from app.records.origin import RecordOrigin
from app.records.shown_cells import Cell
from tests.harness.clinic import runtime_in
from tests.records.joined import DOCUMENTS, TABLES, changed, files_of, pages
from tests.register.story import Desk, Tried

Address = tuple[str, str, str]  # a record's table and source id, and the label of one of its fields
Column = tuple[str, str]  # a table of the export and one of its columns

EMPTY = ("None", "Rich(html='')")
FLIPPED = {"true": "false", "false": "true"}
KEPT = frozenset(["id", "field_token", "option_token", "option_tokens", "field_name", "path"])  # what rows are known by
WORDS: Mapping[str, Mapping[str, str]] = {  # of columns that know only certain words
    "active": {},  # hours of a practitioner who is not active do not come
    "role": {"administrator": "bookkeeper", "receptionist": "practitioner"},
    "time_zone_identifier": {"Australia/Perth": "Australia/Darwin"},
    "type": {"Doctor": "Third Party"},
    "field_type": {"text": "paragraph", "radiobuttons": "checkboxes"},
    "type_code": {"1": "2"},
    "category_code": {"7": "8"},
    "direction_code": {"1": "2"},
    "cancellation_reason": {"Sick": "Work", "Away": "Other"},
    "date_of_birth": {"1950-01-01": "1951-01-01"},
}


def altered(table: str, column: str, cell: str) -> str:
    """Another content of the same type. Keys and references stay the same."""
    if column in KEPT or column.endswith(("_id", "_ids")):
        return cell
    if column in WORDS:
        return WORDS[column].get(cell, cell)
    if table == "practitioner_availability":  # an hour later; the beginning is part of what the record is known by
        return f"{int(cell[:2]) + 1:02}{cell[2:]}" if column == "ends_at" else cell
    if column.endswith("_at"):
        return cell.replace("2026", "2025")
    if column == "email":
        return f"x{cell}"
    if cell[:1] == "{":
        return cell.replace("Better", "Worse")
    return FLIPPED.get(cell) or (f"1{cell}" if cell.replace(".", "").isdigit() else f"{cell} more")


GROUPS: Mapping[str, tuple[Column, ...]] = {
    "lists": (
        ("medical_alerts", "name"),
        ("billable_items", "price"),
        ("concession_types", "name"),
        ("attendees", "arrived"),
        ("users", "first_name"),
        ("appointment_types", "duration_in_minutes"),
        ("custom_fields", "option_name"),
        ("custom_field_values", "value"),
    ),
    "members": (
        ("attendees", "notes"),
        ("attendees", "cancelled_at"),
        ("attendees", "cancellation_reason"),
        ("attendees", "cancellation_note"),
        ("billable_items", "item_code"),
        ("practitioner_availability", "ends_at"),
        ("users", "last_name"),
    ),
    "starts": (("appointments", "starts_at"), ("appointments", "ends_at")),
}
REFERENCES: Mapping[str, tuple[Address, Column, Mapping[str, str]]] = {
    "the user of a practitioner": (("users", "6", "Role"), ("practitioners", "user_id"), {"6": "5"}),
    "the members of a case": (("appointments", "77", "Case"), ("patient_cases", "attendee_ids"), {"501": "505"}),
    "the client of a place": (("appointments", "80", "Client"), ("attendees", "patient_id"), {"12": "13"}),
}


@dataclass(frozen=True)
class Page:
    """The values of a trial's records on their pages, without names of other records."""

    values: Mapping[Address, str]
    names: Mapping[Address, str]
    origins: Mapping[tuple[str, str], Callable[[], RecordOrigin]]


def pages_of(tried: Tried) -> Page:
    values: dict[Address, str] = {}
    names: dict[Address, str] = {}
    origins = {}
    for record, fields, origin in pages(tried):
        place = (str(record.__tablename__), str(record.source_id))
        references = {reference.column for reference in type(record).references}
        origins[place] = origin
        for field in fields:
            names_or_values = names if references.issuperset(field.columns) else values
            names_or_values[(*place, field.label)] = repr(field.value)
    return Page(values, names, origins)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with runtime_in(tmp_path_factory.mktemp("joins")) as runtime:
        yield Desk(runtime)


@pytest.fixture(scope="module")
def tried(desk: Desk) -> Tried:
    return desk.tried(files_of(TABLES))


@pytest.fixture(scope="module")
def shown(tried: Tried) -> Page:
    return pages_of(tried)


@pytest.fixture(scope="module")
def origin_of(shown: Page) -> Callable[[str, str], RecordOrigin]:
    known: dict[tuple[str, str], RecordOrigin] = {}

    def made(table: str, source_id: str) -> RecordOrigin:
        place = (table, source_id)
        if place not in known:
            known[place] = shown.origins[place]()
        return known[place]

    return made


def line_of(origin: RecordOrigin, label: str) -> EvidenceLine:
    return next(line for line in origin.evidence.lines if line.label == label)


def place_of(cell: Cell, origin: RecordOrigin) -> tuple[Column, int]:
    """The table and column of a cell, and its line."""
    assert origin.row is not None
    file, line = (cell.place.file, cell.place.line) if cell.place else (origin.row.file, origin.row.line)
    return (file.removesuffix(".csv"), cell.column), line


def differing(before: Mapping[Address, str], after: Mapping[Address, str]) -> list[Address]:
    """The values that differ; values of removed records do not count."""
    return [address for address, value in before.items() if after.get(address, value) != value]


@pytest.mark.parametrize("group", GROUPS)
def test_a_value_names_file_line_and_column_of_the_cell_that_changes_it(
    desk: Desk, shown: Page, origin_of: Callable[[str, str], RecordOrigin], group: str
) -> None:
    columns = GROUPS[group]
    after = pages_of(desk.tried(changed(lambda t, c, cell: altered(t, c, cell) if (t, c) in columns else cell)))
    met: set[Column] = set()
    for table, source_id, label in differing(shown.values, after.values):
        origin = origin_of(table, source_id)
        line = line_of(origin, label)
        places = [(*place_of(cell, origin), cell.text) for cell in line.cells]
        named = [(column, row, text) for column, row, text in places if column in columns]
        assert named, f"{label} of {table} {source_id} is from {columns}, and names {places}"
        for (file, column), row, text in named:
            assert TABLES[file][row - 2][column] == text
            met.add((file, column))
    assert met == set(columns), "each of these decides a value of the story"


@pytest.mark.parametrize("name", REFERENCES)
def test_a_reference_that_rows_of_another_file_give_names_them(
    desk: Desk, shown: Page, origin_of: Callable[[str, str], RecordOrigin], name: str
) -> None:
    address, column, words = REFERENCES[name]
    after = pages_of(desk.tried(changed(lambda t, c, cell: words.get(cell, cell) if (t, c) == column else cell)))
    before = {**shown.values, **shown.names}
    assert address in differing(before, {**after.values, **after.names})
    origin = origin_of(*address[:2])
    assert column in [place_of(cell, origin)[0] for cell in line_of(origin, address[2]).cells]


def test_a_value_with_a_source_cell_is_never_called_missing(
    desk: Desk, shown: Page, origin_of: Callable[[str, str], RecordOrigin]
) -> None:
    after = pages_of(desk.tried(changed(altered)))
    tables = set()
    for table, source_id, label in differing(shown.values, after.values):
        if shown.values[table, source_id, label] in EMPTY:
            continue
        line = line_of(origin_of(table, source_id), label)
        assert line.cells, f"{label} of {table} {source_id} changes with the export: {line.did}"
        assert NO_CELL not in line.did
        tables.add(table)
    assert tables == {table for table, _ in shown.origins}, "a value of each kind changes"


@pytest.mark.parametrize(
    ("label", "table", "source_id", "places"),
    [
        ("Alert", "clients", "11", [("patients", 2), ("medical_alerts", 2), ("medical_alerts", 4)]),
        ("Alert", "clients", "12", [("medical_alerts", 5)]),
        ("State", "appointments", "77", [("attendees", 2)]),
        ("State", "appointments", "78:13", [("attendees", 5), ("attendees", 5)]),
        ("State", "appointments", "81", [("appointments", 6)]),
        ("Case", "appointments", "77", [("patient_cases", 2), ("patient_cases", 2)]),
        ("Note", "appointments", "79", [("appointments", 4)]),
        ("Hours", "availability", "31/09:00", [("practitioner_availability", 2), ("practitioner_availability", 3)]),
        ("Added by", "files", "5", [("patient_files", 2), ("users", 2), ("users", 2)]),
    ],
)
def test_only_rows_that_have_a_part_in_a_value_are_named(
    origin_of: Callable[[str, str], RecordOrigin], label: str, table: str, source_id: str, places: list[tuple[str, int]]
) -> None:
    origin = origin_of(table, source_id)
    named = [place_of(cell, origin) for cell in line_of(origin, label).cells]
    assert [(file, line) for (file, _), line in named] == places


def test_a_replaced_cell_names_the_row_that_replaces_it(origin_of: Callable[[str, str], RecordOrigin]) -> None:
    others = {line.cells[0].name: line.did for line in origin_of("appointments", "77").evidence.others}
    assert others["did_not_arrive"] == ("Line 2 of attendees.csv counts instead",)


def test_values_from_a_file_or_its_name_show_the_file(
    shown: Page, origin_of: Callable[[str, str], RecordOrigin]
) -> None:
    files = {source_id: origin_of(table, source_id) for table, source_id in shown.origins if table == "files"}
    (unlisted,) = (origin for source_id, origin in files.items() if source_id not in ("5", "6"))
    for origin in files.values():
        for label in ("Size", "Type", "SHA-256"):
            (cell,) = line_of(origin, label).cells
            assert cell.header == "Place in the export"
            assert any(path.endswith(cell.text) for path in DOCUMENTS)
    for origin in (unlisted, files["6"]):  # neither names a client but by the folder
        assert [cell.header for cell in line_of(origin, "Client").cells] == ["Place in the export"]
    assert [cell.header for cell in line_of(files["5"], "Client").cells] == ["patient_id"]
    archived = line_of(origin_of("clients", "15"), "State")
    assert [(cell.header, cell.text) for cell in archived.cells] == [("Name of the file", "patients_archived.csv")]


def test_a_location_without_a_row_is_called_assumed(origin_of: Callable[[str, str], RecordOrigin]) -> None:
    origin = origin_of("busy_times", "61")
    line = line_of(origin, "Location")
    assert [place_of(cell, origin) for cell in line.cells] == [(("businesses", "business_name"), 2)]
    assert line.did == ("Your export names none here: the only one, or the one that you chose",)
