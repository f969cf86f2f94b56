"""A clinic of another source moves to its live workspace, and no line outside the source's folder knows the source."""

import io
import json
from collections.abc import Iterator

import pytest

from app.caspen.gateway import Gateway
from app.migration.exports import current_export
from app.migration.states import State
from app.reading.inventory import Inventory
from app.trial.verification.plain import plain_rows
from tests.harness.clinic import WORKSPACE, Clinic, clinic_in, runtime_in
from tests.toy_source.export import FILES
from tests.toy_source.tidewater.source import SOURCE


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """The clinic, reviewing the trial of its export."""
    with runtime_in(tmp_path_factory.mktemp("tidewater")) as runtime:
        yield clinic_in(runtime, source=SOURCE.name).tried(FILES)


def test_the_inventory_has_the_names_of_the_source(clinic: Clinic) -> None:
    with clinic.runtime.ledger.read() as session:
        export = current_export(session, clinic.migration)
    assert export is not None
    assert export.inventory is not None
    inventory = Inventory.from_json(export.inventory)
    rows = {kind: holding.rows for kind, holding in inventory.kinds.items()}
    assert rows == {
        "harbours": 1,
        "deckhands": 1,
        "offerings": 1,
        "extra_questions": 1,
        "souls": 2,
        "sailings": 3,
        "logbooks": 2,
        "ship_papers": 1,
    }
    (helm,) = inventory.references["deckhands"]
    assert (helm.name, helm.appointments) == ("Ida Noor", 3)


def test_every_row_of_the_trial_is_accounted_for(clinic: Clinic) -> None:
    assert clinic.state() in (State.REVIEWING, State.FINALISED)
    assert clinic.trial.balanced
    created = {kind["kind"]: (kind["created"], kind["held"]) for kind in clinic.trial.kinds}
    assert created["souls"] == (2, 0)
    assert created["sailings"] == (2, 1)
    assert created["logbooks"] == (2, 0)
    assert created["ship_papers"] == (1, 0)


def test_the_trial_goes_live(clinic: Clinic) -> None:
    clinic.finalised()
    assert clinic.state() is State.FINALISED
    live = Gateway(clinic.runtime.caspen, WORKSPACE, "test").counts()
    tables = ("locations", "practitioners", "services", "clients", "appointments", "progress_notes", "files")
    assert [live[table] for table in tables] == [1, 1, 1, 2, 2, 2, 1]


def test_verification_reads_the_relations_that_the_source_names() -> None:
    sailing = {"sailing_ref": "v1", "aboard": {"id": 7, "rank": "mate"}, "crews": [{"id": 3}, {"id": 4}], "at_helm": 9}
    data = json.dumps([sailing]).encode()
    [(_, row)] = plain_rows(lambda: io.BytesIO(data), "utf-8", raw_format=SOURCE.raw_format)
    assert row == {"sailingref": "v1", "aboardid": "7", "crewid": "3,4", "athelmid": "9"}
    [(_, row)] = plain_rows(lambda: io.BytesIO(data), "utf-8")
    assert row.keys() == {"sailingref", "aboard", "crews", "athelm"}
