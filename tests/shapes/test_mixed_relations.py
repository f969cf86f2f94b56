"""Cells of one relation's column in different forms: each cell is read in its own form, and verification agrees."""

import json
from collections.abc import Callable

import pytest

from app.mapping.columns import normalise_header
from app.reading.relation_headers import base_of
from app.sources.cliniko.source import CLINIKO
from tests.harness.clinic import Clinic
from tests.shapes.export import BESIDE, KINDS, Row
from tests.shapes.shapes import REFERENCE, encoded
from tests.shapes.tried import WRONG, reference, tried

ADDRESS = "https://api.au1.example.com/v1/things/"
FORMS: dict[str, Callable[[str], str]] = {
    "an address": lambda own: f"{ADDRESS}{own}",
    "an object with an address": lambda own: json.dumps({"links": {"self": f"{ADDRESS}{own}"}}),
    "an object with an id": lambda own: json.dumps({"id": own}),
    "an object with a number and a name": lambda own: json.dumps({"id": int(own), "name": "Lee"}),
    "an object with an address and the same id": lambda own: json.dumps(
        {"id": own, "links": {"self": f"{ADDRESS}{own}"}}
    ),
}
NO_THING = ("Ann Lee", '{"links": ', "{}", "null", "n/a", '{"links": {"self": null}}', "{'id': 1000001}", "[]", "7")
CONTRADICTION = json.dumps({"id": "1000002", "links": {"self": f"{ADDRESS}1000001"}})


def plain(own: str) -> str:
    return own


def with_forms(kind: str, suffix: str, *forms: Callable[[str], str]) -> list[Row]:
    """Each row of a kind once in each form. The ids of its relations are under `patient` and `suffix`."""
    links = {
        header: base_of(placed.name)
        for placed in CLINIKO.kind(kind).columns
        if placed.column.links_to and not placed.column.set_by_reading
        for header in KINDS[kind][0]
        if normalise_header(header) in placed.normalised_headers()
    }
    return [
        {
            f"{links[header]}{suffix}" if header in links else header: form(cell)
            if header in links and cell.isdigit()
            else cell
            for header, cell in row.items()
        }
        for row in KINDS[kind]
        for form in forms
    ]


@pytest.mark.parametrize("suffix", ["", "_id"])
@pytest.mark.parametrize("form", [name for name in FORMS if name != "an address"])
def test_an_object_among_addresses_leads_to_the_same_thing_in_every_kind(form: str, suffix: str) -> None:
    files = REFERENCE.files()
    for kind in (kind for kind in KINDS if CLINIKO.kind(kind).imported and kind != "custom_field_values"):
        files |= encoded("utf-8")(kind, with_forms(kind, suffix, FORMS["an address"], FORMS[form]))
    outcome = tried(files)
    assert outcome.wrong == ()
    assert outcome.digest == reference().digest


@pytest.mark.parametrize("suffix", ["", "_id"])
def test_a_plain_id_among_addresses_and_objects_leads_to_the_same_thing_in_every_kind(suffix: str) -> None:
    files = REFERENCE.files()
    for kind in (kind for kind in KINDS if CLINIKO.kind(kind).imported and kind != "custom_field_values"):
        names = {placed.name for placed in CLINIKO.kind(kind).columns}
        bases = {base_of(placed.name) for placed in CLINIKO.kind(kind).columns if placed.column.links_to}
        if suffix or names.isdisjoint(bases):  # under `practitioner`, some kinds have names
            rows = with_forms(kind, suffix, FORMS["an address"], plain, FORMS["an object with an address"])
            files |= encoded("utf-8")(kind, rows)
    outcome = tried(files)
    assert outcome.wrong == ()
    assert outcome.digest == reference().digest


@pytest.mark.parametrize("suffix", ["", "_id"])
def test_a_cell_without_an_id_among_addresses_decides_for_its_row_alone(clinic: Clinic, suffix: str) -> None:
    files = REFERENCE.files()
    bad: dict[str, set[str]] = {}
    for kind in ("patient_cases", "appointments", "treatment_notes", "patient_forms", "communications"):
        template, key = KINDS[kind][0], next(iter(KINDS[kind][0]))
        header = next(header for header in template if header.startswith("Patient") and header != key)
        cells = [*NO_THING, CONTRADICTION, *(form("1000001") for form in FORMS.values())]
        rows = [{**template, key: str(n), header: cell} for n, cell in enumerate(cells, start=5000)]
        renamed = [{f"patient{suffix}" if name == header else name: cell for name, cell in row.items()} for row in rows]
        files |= encoded("utf-8")(kind, renamed)
        bad[kind] = {row[key] for row in rows[: len(NO_THING) + 1]}
    clinic.tried({**files, **BESIDE})
    assert (clinic.codes("trial:1") | clinic.codes("export:1")).isdisjoint(WRONG)
    assert clinic.trial.balanced
    for kind, wanted in bad.items():
        with clinic.runtime.caspen.trial(clinic.id, 1).database.connection(reading=True) as connection:
            table = CLINIKO.kind(kind).tables[0]
            query = f"SELECT source_id FROM {table} WHERE source_kind = '{kind}'"
            moved = {str(own) for own in connection.exec_driver_sql(query).scalars()}
        assert moved == {str(5000 + n) for n in range(len(NO_THING) + 1 + len(FORMS))} - wanted, kind
