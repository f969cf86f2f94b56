"""No record hangs on another client's: of every link between two kinds of clients' records, one to another's is out."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.caspen.tables import BY_NAME, OBJECTS
from app.index import IndexLink
from app.mapping.columns import Column
from app.mapping.kind import Kind
from app.sources.cliniko.source import SOURCE
from tests.index.story import Export

ADA, BEN, LONG_ADA = "11", "12", "13"
OWN = {"appointments": ("6", "7", "8", "9"), "attendees": ("82", "91"), "patient_cases": ("52",)}
OTHERS = {"appointments": ("5", "10"), "attendees": ("81",), "patient_cases": ("51", "53")}
NOT_STORED = {("patient_files", "patient_case_id")}


def between_clients(source_kinds: tuple[Kind[Any], ...] = SOURCE.kinds) -> Iterator[tuple[Kind[Any], str, Column]]:
    """Every link of a client's record to another kind of clients' records that the record can be without."""
    owned = {kind.name for kind in source_kinds if kind.imported and kind.owner_link}
    for kind in source_kinds:
        for placed in kind.columns:
            if kind.name in owned and placed.column.links_to in owned and not placed.column.required:
                yield kind, placed.name, placed.column


def link(kind: Kind[Any], field: str, *ids: str) -> IndexLink:
    column = next(placed.column for placed in kind.columns if placed.name == field)
    return IndexLink(field, str(column.links_to), ids, required=column.required, orphan=column.orphan_code)


def of(name: str, *clients: str, **links: str) -> tuple[IndexLink, ...]:
    kind = SOURCE.kind(name)
    return link(kind, str(kind.owner_link), *clients), *(link(kind, field, target) for field, target in links.items())


@pytest.fixture
def export(export: Export) -> Export:
    """Visits 5 (Ada's), 6 (Ben's), 9 (Ada's by its row, Ben's by his attendee); classes 7, 8 (both's), 10 (Ada's)."""
    export.source = SOURCE
    export.has("patients", ADA)
    export.has("patients", BEN)
    export.has("patients", LONG_ADA, link(SOURCE.kind("patients"), "merged_with_patient_id", ADA), merged=True)
    for key, owner in (("51", ADA), ("52", BEN), ("53", LONG_ADA)):
        export.has("patient_cases", key, *of("patient_cases", owner))
    for key, clients in (("5", ADA), ("6", BEN), ("9", ADA)):
        export.has("appointments", key, *of("appointments", clients))
    export.has("appointments", "7", *of("appointments", ADA, BEN), shared=True)
    export.has("appointments", "8", shared=True)
    export.has("appointments", "10", *of("appointments", LONG_ADA), shared=True)
    for key, visit, client in (("81", "8", ADA), ("82", "8", BEN), ("91", "9", BEN)):
        export.has("attendees", key, *of("attendees", client, booking_id=visit), aside=True)
    return export


def test_every_reference_between_clients_records_in_caspen_is_checked() -> None:
    owned = {str(m.__tablename__) for m in OBJECTS if any(one.column == "client_id" for one in m.references)}
    stored = {
        f"{table}.{one.column}"
        for table in owned
        for one in BY_NAME[table].references
        if owned.intersection(one.tables)
    }
    assert {kind.tables[0] for kind in SOURCE.kinds if kind.owner_link} == owned
    assert stored == {column.destination for _, _, column in between_clients() if column.destination}
    checked = {(kind.name, field) for kind, field, column in between_clients() if column.dropped_link_codes}
    assert {(kind.name, field) for kind, field, _ in between_clients()} - checked == NOT_STORED


def test_a_reference_stays_within_its_client_or_is_removed_and_reported(export: Export) -> None:
    made: dict[tuple[str, str, str], int] = {}
    for number, (kind, field, column) in enumerate(between_clients()):
        for target in (*OWN[str(column.links_to)], *OTHERS[str(column.links_to)]):
            key, is_place = f"9{number}{target}", kind.joining is not None
            if is_place:
                export.has("appointments", key, *of("appointments", BEN))
            links = of(kind.name, BEN, **({"booking_id": key} if is_place else {}), **{field: target})
            made[kind.name, field, target] = export.has(kind.name, key, *links, aside=is_place)
    wrong = []
    for kind, field, column in between_clients():
        code = tuple(code for code in (column.other_client_code or column.orphan_code,) if code)
        for target in OWN[str(column.links_to)]:
            line = made[kind.name, field, target]
            if export.target(kind.name, line, field) is None or set(code) & set(export.row(kind.name, line).findings):
                wrong.append((kind.name, field, target, "is the client's own"))
        for target in OTHERS[str(column.links_to)]:
            line = made[kind.name, field, target]
            row = export.row(kind.name, line)
            if export.target(kind.name, line, field) is not None or not set(code) <= set(row.findings):
                wrong.append((kind.name, field, target, "is another's"))
            if row.verdict is not None:
                wrong.append((kind.name, field, target, "must move all the same"))
    assert wrong == []


def test_a_note_keeps_its_clients_visit_if_it_also_names_another_clients_attendee(export: Export) -> None:
    note = export.has("treatment_notes", "1", *of("treatment_notes", BEN, booking_id="8", attendee_id="81"))
    found = export.row("treatment_notes", note)
    assert (found.joined.targets["booking_id"].source_id, "attendee_id" in found.joined.targets) == ("8:12", False)
    assert found.findings == ("note_without_appointment",)


def test_a_message_about_a_busy_time_conflicts_with_nobody(export: Export) -> None:
    export.has("appointments", "20", aside=True)
    line = export.has("communications", "1", *of("communications", BEN, booking_id="20"))
    found = export.row("communications", line)
    assert (found.findings, "booking_id" in found.joined.targets) == ((), False)


def test_an_attendee_counted_by_another_clients_case_goes_to_its_own_clients_case(export: Export) -> None:
    cases = SOURCE.kind("patient_cases")
    wrong = export.has("patient_cases", "60", *of("patient_cases", ADA), link(cases, "attendee_ids", "81", "82"))
    export.has("patient_cases", "61", *of("patient_cases", BEN), link(cases, "attendee_ids", "82"))
    first, second = (export.row("attendees", line).joined.targets["patient_case_id"].source_id for line in (2, 3))
    assert (first, second) == ("60", "61")
    assert export.row("patient_cases", wrong).findings == ("appointment_case_unknown",)


def test_a_case_counts_an_attendee_that_named_another_clients_case(export: Export) -> None:
    cases = SOURCE.kind("patient_cases")
    place = export.has("attendees", "62", *of("attendees", BEN, booking_id="6", patient_case_id="51"), aside=True)
    export.has("patient_cases", "61", *of("patient_cases", BEN), link(cases, "attendee_ids", "62"))
    found = export.row("attendees", place)
    assert found.joined.targets["patient_case_id"].source_id == "61"
    assert found.findings == ("appointment_case_unknown",)
