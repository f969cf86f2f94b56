"""A birth that no calendar has costs its own cell, not the births whose order the file proves."""

from sqlmodel import col, select

from app.caspen.tables import Client
from tests.harness.clinic import Clinic
from tests.resolve.test_same_rows import table
from tests.shapes.export import BESIDE, KINDS


def test_one_impossible_birth_costs_its_own_cell_alone(clinic: Clinic) -> None:
    births = ["13/02/1980", "03/04/1990", "1/99/1980"]
    rows = [{**row, "Date of Birth": birth} for row, birth in zip([*KINDS["patients"]] * 3, births, strict=False)]
    rows = [{**row, "Patient ID": str(1000001 + at)} for at, row in enumerate(rows)]
    clinic.tried(
        {**{f"{kind}.csv": table(each) for kind, each in KINDS.items()}, "patients.csv": table(rows), **BESIDE}
    )
    with clinic.runtime.caspen.trial(clinic.id, 1).database.read() as session:
        stored = session.exec(select(Client).order_by(col(Client.source_id))).all()
    assert [str(client.date_of_birth) for client in stored][:3] == ["1980-02-13", "1990-04-03", "None"]
    assert "date_ambiguous" not in clinic.codes("trial:1")
    assert clinic.trial.balanced
