"""A clinic of another source moves to its live workspace, and no line outside the source's folder knows the source."""

import io
import json
from collections.abc import Iterator

import pytest

from app.caspen.gateway import Gateway
from app.migration.exports import current_export
from app.migration.states import State
from app.reading.inventory import Inventory
from app.sources import SOURCES
from app.trial.verification.plain import plain_rows
from tests.clinic import WORKSPACE, Clinic, clinic_in, runtime_in
from tests.toy_source.source import SOURCE

FILES: dict[str, str | bytes] = {
    "Tidewater/Harbours.csv": "Harbour Ref,Signboard\nh1,North Quay\n",
    "Tidewater/Deckhands.csv": "Deckhand Ref,Spoken Name\nd1,Ida Noor\n",
    "Tidewater/Offerings.csv": "Offering Ref,Wording,Minutes Long\no1,Long session,45\n",
    "Tidewater/Extra questions.csv": "Question Ref,Asked As\nq1,Favourite sea\n",
    "Tidewater/Souls.csv": "Passenger Ref,Given,Family,Birthday\ns1,Ann,Lee,1980-02-13\ns2,Ben,Low,1981-03-14\n",
    "Tidewater/Sailings.csv": (
        "Sailing Ref,Aboard,At Helm,From Harbour,As Offered,Leaves At,Back At\n"
        "v1,s1,d1,h1,o1,2026-01-05T09:00:00Z,2026-01-05T09:45:00Z\n"
        "v2,s2,d1,h1,o1,2026-01-06T09:00:00Z,2026-01-06T09:45:00Z\n"
        "v3,s9,d1,h1,o1,2026-01-07T09:00:00Z,2026-01-07T09:45:00Z\n"
    ),
    "Tidewater/Logbooks.csv": "Logbook Ref,Written Of,Headline,Entry,Noted At\nn1,s1,First,Calm,2026-01-05T10:00:00Z\n",
    "Tidewater/Logs/s2 - Low, Ben/2026-01-06 Second [n2].html": "<h1>Second</h1><p>Windy</p>",
    "Tidewater/Drawers/s1 - Lee, Ann/letter.pdf": b"%PDF-1.4 a letter",
}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """The clinic, reviewing the trial of its export."""
    SOURCES[SOURCE.name] = SOURCE  # type: ignore[index]  # a dictionary at run time
    try:
        with runtime_in(tmp_path_factory.mktemp("tidewater")) as runtime:
            yield clinic_in(runtime, source=SOURCE.name).tried(FILES)
    finally:
        SOURCES.pop(SOURCE.name)  # type: ignore[attr-defined]  # a dictionary at run time


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
        "papers": 1,
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
    assert created["papers"] == (1, 0)


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
