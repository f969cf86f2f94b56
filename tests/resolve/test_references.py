"""References by id and by name: their targets, and the outcomes of rows with broken references."""

from typing import Any

import pytest

from app.index import IndexLink
from app.mapping.kind import Kind
from app.mapping.plan import Plan
from app.mapping.traits import Mention
from app.problems import Level
from app.reading.relation_headers import base_of
from tests.index.story import CATEGORY, IDS, Export, booking, case, patient, practitioner, type_
from tests.reading.story import SOURCE


def test_an_appointment_of_an_unknown_client_waits(export: Export) -> None:
    export.has("patients", "7")
    visit = export.has("appointments", "5", patient("8"))

    assert export.verdict("appointments", visit) == ("held", "appointment_without_patient")


def test_a_note_of_an_unknown_appointment_moves_without_it(export: Export) -> None:
    export.has("patients", "7")
    note = export.has("treatment_notes", "1", patient("7"), booking("5"))

    assert export.verdict("treatment_notes", note) is None
    assert export.row("treatment_notes", note).findings == ("note_without_appointment",)
    assert export.target("treatment_notes", note, "booking") is None


def test_a_note_of_an_appointment_that_waits_moves_without_it(export: Export) -> None:
    export.has("patients", "7")
    export.has("appointments", "5", patient("8"))
    note = export.has("treatment_notes", "1", patient("7"), booking("5"))

    assert export.verdict("treatment_notes", note) is None
    assert export.row("treatment_notes", note).findings == ("note_without_appointment",)
    assert export.target("treatment_notes", note, "booking") is None


def test_only_the_unknown_member_of_a_group_is_missing(export: Export) -> None:
    export.has("patients", "7")
    export.has("patients", "9")
    visit = export.has("appointments", "5", patient("7", "8", "9"))

    row = export.row("appointments", visit)
    assert row.verdict is None
    assert [t.source_id for t in row.joined.many["patient"]] == ["7", "9"]
    assert row.findings == ("appointment_without_patient",)
    assert [problem.severity for problem in row.problems] == [Level.WARNING]


def test_a_group_of_unknown_clients_waits(export: Export) -> None:
    export.has("patients", "7")
    visit = export.has("appointments", "5", patient("8", "9"))

    assert export.verdict("appointments", visit) == ("held", "appointment_without_patient")


def test_a_group_goes_on_without_a_deleted_member(export: Export) -> None:
    export.has("patients", "7")
    export.has("patients", "8", deleted=True)
    visit = export.has("appointments", "5", patient("7", "8"))

    row = export.row("appointments", visit)
    assert row.verdict is None
    assert [t.source_id for t in row.joined.many["patient"]] == ["7"]
    assert row.findings == ("parent_not_imported",)


def test_a_practitioner_is_found_by_name_whatever_the_title(export: Export) -> None:
    export.has("practitioners", "3", name="Dr Sam  Lee")
    visit = export.has("appointments", "5", practitioner(name="sam lee"))

    assert export.target("appointments", visit, "practitioner") == IDS.derive("practitioners", "practitioners", "3")


RELATED = [
    (
        kind,
        placed.column.name_for,
        next(other.column.links_to for other in kind.columns if other.name == placed.column.name_for),
    )
    for kind in SOURCE.kinds
    for placed in kind.columns
    if placed.column.name_for and base_of(placed.column.name_for) == placed.name
]


@pytest.mark.parametrize(("kind", "link", "target"), RELATED, ids=lambda one: getattr(one, "name", one))
def test_digits_in_the_place_of_a_related_thing_are_its_id_unless_they_are_a_name(
    export: Export, kind: Kind[Any], link: str, target: str
) -> None:
    export.source = SOURCE
    export.has(target, "701", name="Sam Lee")
    export.has(target, "702", name="703")
    export.has(target, "703", name="Bo Ray")
    said = {
        digits: export.has(kind.name, digits, IndexLink(link, target, (), digits, required=True, orphan="x"))
        for digits in ("701", "703", "704", "0701")
    }
    plainly = {own: export.has(kind.name, f"9{own}", IndexLink(link, target, (own,))) for own in ("701", "702")}

    led = {digits: export.target(kind.name, row, link) for digits, row in said.items()}
    meant = {own: export.target(kind.name, row, link) for own, row in plainly.items()}
    assert led["701"] == meant["701"] is not None
    assert led["703"] == meant["702"] is not None
    assert not {led["704"], led["0701"]} & {*meant.values()}


def test_two_practitioners_of_one_name_make_an_appointment_wait(export: Export) -> None:
    export.has("practitioners", "3", name="Sam Lee")
    export.has("practitioners", "4", name="Dr Sam Lee")
    visit = export.has("appointments", "5", practitioner(name="Sam Lee"))
    known = export.has("appointments", "6", practitioner("4", name="Sam Lee"))

    assert export.verdict("appointments", visit) == ("held", "practitioner_ambiguous")
    assert export.verdict("appointments", known) is None


def test_a_deleted_namesake_does_not_make_a_name_unclear(export: Export) -> None:
    export.has("practitioners", "3", name="Sam Lee", deleted=True)
    export.has("practitioners", "4", name="Sam Lee")
    visit = export.has("appointments", "5", practitioner(name="Sam Lee"))

    assert export.row("appointments", visit).joined.targets["practitioner"].source_id == "4"


def test_an_unknown_practitioner_makes_an_appointment_wait(export: Export) -> None:
    export.empty.append("practitioners")
    visit = export.has("appointments", "5", practitioner(name="Kim Roe"))

    assert export.verdict("appointments", visit) == ("held", "practitioner_unknown")
    assert list(export.index.made()) == []


def test_without_a_practitioners_file_inactive_ones_are_made_once(export: Export) -> None:
    visit = export.has("appointments", "5", practitioner(name="Kim Roe"))
    again = export.has("appointments", "6", practitioner(name="Dr Kim Roe"))
    by_id = export.has("appointments", "8", practitioner("33"))

    made = IDS.derive("practitioners", "practitioners", "name:kim roe")
    assert export.target("appointments", visit, "practitioner") == made
    assert export.target("appointments", again, "practitioner") == made
    assert export.target("appointments", by_id, "practitioner") == IDS.derive("practitioners", "practitioners", "33")
    assert list(export.index.made()) == [
        ("practitioners", Mention("practitioners", "33", "Unknown (Elsewhere 33)")),
        ("practitioners", Mention("practitioners", "name:kim roe", "Dr Kim Roe")),
        ("practitioners", Mention("users", "33", "Unknown (Elsewhere 33)")),
        ("practitioners", Mention("users", "name:kim roe", "Dr Kim Roe")),
    ]
    assert [(p.code, p.kind, p.count) for p in export.problems] == [
        ("practitioner_placeholder_created", "practitioners", 2)
    ]


def test_a_note_of_a_practitioner_who_was_made_has_its_author(export: Export) -> None:
    export.has("patients", "7")
    author = IndexLink("practitioner", "practitioners", ("33",), orphan="note_without_practitioner")
    note = export.has("treatment_notes", "1", patient("7"), author)

    assert export.target("treatment_notes", note, "practitioner") is not None
    assert export.row("treatment_notes", note).findings == ()


def test_a_type_that_is_only_named_becomes_one_service(export: Export) -> None:
    export.has("appointment_types", "1", name="Massage")
    known = export.has("appointments", "4", type_(name="massage"))
    visit = export.has("appointments", "5", type_(name="Initial  Consult"))
    again = export.has("appointments", "6", type_(name="initial consult"))

    service = IDS.derive("services", "appointment_types", "name:initial consult")
    assert export.target("appointments", known, "type") == IDS.derive("services", "appointment_types", "1")
    assert export.target("appointments", visit, "type") == export.target("appointments", again, "type") == service
    assert export.row("appointments", visit).findings == ("appointment_type_created_from_name",)
    assert export.row("appointments", known).findings == ()
    assert list(export.index.made()) == [
        ("appointment_types", Mention("services", "name:initial consult", "Initial  Consult")),
        ("appointment_types", CATEGORY),
    ]


def test_a_type_with_only_an_id_is_named_after_its_id(export: Export) -> None:
    visit = export.has("appointments", "5", type_("44"))

    assert export.verdict("appointments", visit) is None
    unknown = Mention("services", "44", "Unknown type (Elsewhere 44)")
    assert ("appointment_types", unknown) in export.index.made()


def test_what_a_made_service_belongs_to_is_made_once(export: Export) -> None:
    export.has("appointment_types", "1", name="Massage", mentions=(CATEGORY,))
    export.has("appointments", "5", type_(name="Yoga"))

    assert list(export.index.made()) == [
        ("appointment_types", CATEGORY),
        ("appointment_types", Mention("services", "name:yoga", "Yoga")),
    ]


def test_a_service_is_not_made_for_an_appointment_that_waits(export: Export) -> None:
    export.has("appointments", "5", patient("8"), type_(name="Massage"))

    assert list(export.index.made()) == []


def test_two_types_of_one_name_make_an_appointment_wait(export: Export) -> None:
    export.has("appointment_types", "1", name="Massage")
    second = export.has("appointment_types", "2", name="massage")
    visit = export.has("appointments", "5", type_(name="Massage"))

    assert export.row("appointment_types", second).findings == ("duplicate_name",)
    assert export.row("appointment_types", second).joined.extra == {"same_name": "2"}
    assert export.verdict("appointments", visit) == ("held", "appointment_type_ambiguous")


def test_what_rows_mention_is_made_once_and_only_for_rows_that_move(export: Export) -> None:
    sick = Mention("cancellation_reasons", "name:sick", "Sick")
    export.has("appointments", "1", mentions=(sick,))
    export.has("appointments", "2", mentions=(sick,))
    export.has("appointments", "3", mentions=(Mention("cancellation_reasons", "name:away", "Away"),), deleted=True)

    assert list(export.index.made(Plan())) == [("appointments", sick)]


def test_a_kind_that_does_not_move_is_counted_and_holds_nothing_back(export: Export) -> None:
    export.has("patients", "7")
    kept = export.has("patient_cases", "1", patient("7"))
    visit = export.has("appointments", "5", patient("7"), case("1"))

    assert export.verdict("patient_cases", kept) == ("skipped", "kind_not_imported")
    assert export.row("appointments", visit).findings == ()
    assert export.target("appointments", visit, "case") is None


def test_a_reference_to_a_kind_that_does_not_move_is_no_orphan(export: Export) -> None:
    export.has("patients", "7")
    visit = export.has("appointments", "5", patient("7"), case("nobody looked"))

    assert export.row("appointments", visit).verdict is None
    assert export.row("appointments", visit).findings == ()


def test_many_rows_with_broken_references_are_reported_for_the_kind(export: Export) -> None:
    export.has("patients", "7")
    for number in range(7):
        export.has("appointments", f"1{number}", patient("7"))
    for number in range(3):
        export.has("appointments", f"2{number}", patient("8"))

    assert export.index
    assert [(p.code, p.kind, p.count) for p in export.problems] == [("many_orphans", "appointments", 3)]
