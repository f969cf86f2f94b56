"""Clients that the clinic merged before it left."""

from tests.index.story import IDS, Export, merged_into, patient


def client(number: str) -> str:
    return IDS.derive("clients", "patients", number)


def test_what_belonged_to_a_merged_client_goes_to_the_survivor(export: Export) -> None:
    survivor = export.has("patients", "200")
    loser = export.has("patients", "100", merged_into("200"), merged=True, archived=True)
    note = export.has("treatment_notes", "1", patient("100"))

    assert export.verdict("patients", survivor) is None
    assert export.verdict("patients", loser) == ("skipped", "merged_patient_redirected")
    assert export.verdict("treatment_notes", note) is None
    assert export.target("treatment_notes", note, "patient") == client("200")


def test_a_chain_of_merges_is_followed_to_its_end(export: Export) -> None:
    export.has("patients", "1", merged_into("2"), merged=True)
    export.has("patients", "2", merged_into("3"), merged=True)
    export.has("patients", "3")
    note = export.has("treatment_notes", "1", patient("1"))

    assert export.target("treatment_notes", note, "patient") == client("3")


def test_a_circle_of_merges_waits_for_a_decision(export: Export) -> None:
    one = export.has("patients", "1", merged_into("2"), merged=True)
    two = export.has("patients", "2", merged_into("1"), merged=True)
    into = export.has("patients", "3", merged_into("1"), merged=True)
    note = export.has("treatment_notes", "1", patient("2"))

    assert {export.verdict("patients", row) for row in (one, two, into)} == {("held", "merge_cycle")}
    assert export.verdict("treatment_notes", note) == ("held", "parent_not_imported")


def test_a_merged_client_whose_survivor_is_missing_moves(export: Export) -> None:
    loser = export.has("patients", "1", merged_into("2"), merged=True)
    note = export.has("treatment_notes", "1", patient("1"))

    assert export.verdict("patients", loser) is None
    assert export.row("patients", loser).findings == ("merge_survivor_missing",)
    assert export.target("treatment_notes", note, "patient") == client("1")


def test_a_merged_client_without_a_link_moves(export: Export) -> None:
    loser = export.has("patients", "1", merged=True)

    assert export.verdict("patients", loser) is None
    assert export.row("patients", loser).findings == ("merge_target_unknown",)


def test_a_group_that_both_clients_attended_has_the_survivor_once(export: Export) -> None:
    export.has("patients", "1", merged_into("2"), merged=True)
    export.has("patients", "2")
    visit = export.has("appointments", "5", patient("1", "2"))

    assert [t.id for t in export.row("appointments", visit).joined.many["patient"]] == [client("2")]
