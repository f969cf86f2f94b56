"""A kind is added in one file and one line: it is read, tried, proven and written out like all the others."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.caspen.record_ids import Ids
from app.sources import SOURCES, source
from tests.harness.clinic import clinic_in, runtime_in
from tests.kinds import appliances
from tests.register.story import Tried, export, table, told_of

WORKSHOP = "workshop"
FILE = table(
    ("Appliance ID", "Patient ID", "Appliance", "Handed Over"),
    ("1", "11", "Knee brace", "2026-02-03"),
    ("2", "11", "", "30/02/2026"),
    ("3", "404", "Insole", ""),
    ("4", "11", "Splint", ""),
    ("4", "11", "Splint", ""),
    ("", "11", "Sling", ""),
)


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    cliniko = source("cliniko")
    kinds = (*cliniko.kinds, appliances.KIND)  # the line
    SOURCES[WORKSHOP] = replace(cliniko, name=WORKSHOP, kinds=kinds)  # type: ignore[index]  # a dictionary at run time
    try:
        with runtime_in(tmp_path_factory.mktemp("workshop")) as runtime:
            clinic = clinic_in(runtime, source=WORKSHOP)
            yield told_of(clinic.tried(export() | {"Appliances.csv": FILE}))
    finally:
        SOURCES.pop(WORKSHOP)  # type: ignore[attr-defined]  # a dictionary at run time


def test_it_is_read(tried: Tried) -> None:
    file = tried.file("Appliances.csv")
    assert (file["kind"], file["dialect"], file["rows"], file["refused"]) == ("appliances", "native", 6, None)
    assert tried.answer["inventory"]["appliances"] == {
        "rows": 6, "ids": 4, "duplicates": 1, "first": None, "last": None,
    }  # fmt: skip


def test_every_row_has_an_outcome_in_the_trial(tried: Tried) -> None:
    kind = tried.kind("appliances")
    assert (kind["read"], kind["created"], kind["skipped"], kind["held"], kind["records"]) == (6, 3, 2, 1, 3)
    codes = {p["code"]: (p["level"], p["count"]) for p in tried.answer["problems"] if p["kind"] == "appliances"}
    assert codes == {
        "bad_date": ("warning", 1),
        "communication_without_patient": ("held", 1),
        "duplicate_row": ("skipped", 1),
        "missing_id": ("skipped", 1),
        "name_missing": ("warning", 1),
    }


def test_it_is_proven(tried: Tried) -> None:
    kind = tried.kind("appliances")
    assert tried.answer["balanced"]
    assert kind["source_digest"] == kind["caspen_digest"]


def test_it_is_written_out(tried: Tried) -> None:
    result = {r["source_id"]: r for r in tried.records("communications")}
    assert set(result) == {"1", "2", "4"}
    assert result["1"]["id"] == Ids("wsp_harbour", WORKSHOP).derive("communications", "appliances", "1")
    assert (result["1"]["subject"], result["1"]["occurred_at"]) == ("Knee brace", "2026-02-03T00:00:00Z")
    assert result["1"]["client_id"] == tried.record("clients", "11")["id"]
    assert result["1"]["external_ref"] == f"{WORKSHOP}:appliances:1"
