"""Every accepted shape of every kind goes live with the same content; any other shape gets the contract's code."""

import pytest

from tests.shapes.export import KINDS
from tests.shapes.pages import as_page, as_print, as_row
from tests.shapes.shapes import ACCEPTED, REFERENCE, REFUSED, Shape, text
from tests.shapes.tried import reference, refusals, tried


@pytest.mark.parametrize("shape", ACCEPTED, ids=lambda shape: shape.name)
def test_an_export_of_all_kinds_goes_live_alike_in_every_shape(shape: Shape) -> None:
    outcome = tried(shape.files())
    assert outcome.wrong == ()
    assert outcome.digest == reference().digest


@pytest.mark.parametrize("shape", REFUSED, ids=lambda shape: shape.name)
def test_a_shape_that_is_not_accepted_is_refused_with_the_code_of_the_contract(shape: Shape) -> None:
    assert refusals(shape) == dict.fromkeys(KINDS, shape.refused)


def test_a_note_that_is_a_page_goes_live_like_one_that_is_a_row() -> None:
    page = tried(as_page())
    assert page.wrong == ()
    assert page.digest == tried(as_row()).digest


def test_a_printed_note_goes_live_as_a_file_of_its_client() -> None:
    assert tried(as_print()).wrong == ()


def test_ids_alone_in_the_places_of_names_go_live_like_links() -> None:
    files = REFERENCE.files()
    visits = []
    for row in KINDS["appointments"]:
        cells: dict[str, object] = dict(row)
        if (patient := row["PatientID(s)"]).isdigit():
            del cells["PatientID(s)"]
            cells["patient"] = int(patient)
        for name in ("Practitioner", "Business", "Appointment Type"):
            if (own := row.get(f"{name} ID", "")).isdigit():
                del cells[f"{name} ID"]
                cells[name.lower().replace(" ", "_")] = int(own)
        visits.append(cells)
    del files["appointments.csv"]
    said = tried({**files, "appointments.json": text(visits)})
    assert said.wrong == ()
    assert said.digest == reference().digest
