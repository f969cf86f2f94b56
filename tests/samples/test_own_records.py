"""No record of a sample refers to another client's visit or case."""

from collections import defaultdict

from app.sources.cliniko.sample.kinds import KINDS
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.sizes import SIZES
from app.sources.cliniko.sample.world import World

WRITTEN = ("treatment_notes", "patient_forms", "communications")


def test_every_record_of_a_sample_refers_to_its_own_clients_records_alone() -> None:
    world = World(SIZES["small"], 1, "api")
    rows: dict[str, list[SampleRow]] = {kind.name: list(kind.rows(world)) for kind in KINDS if kind.is_exported(world)}
    whose: dict[str, set[str]] = defaultdict(set)
    for visit in rows["appointments"]:
        whose[str(visit.values["id"])].add(str(visit.values.get("patient_id")))
    for place in rows["attendees"]:
        whose[str(place.values["booking_id"])].add(str(place.values["patient_id"]))
    courses = {str(row.values["id"]): str(row.values["patient_id"]) for row in rows["patient_cases"]}
    named = [(row, whose.get(str(row.values.get("booking_id")))) for kind in WRITTEN for row in rows[kind]]
    counted = [(row, courses.get(str(row.values.get("case_id")))) for row in rows["appointments"]]
    assert [row.source_id for row, those in named if those and str(row.values["patient_id"]) not in those] == []
    assert [row.source_id for row, owner in counted if owner and owner != str(row.values.get("patient_id"))] == []
    assert any(owner for _, owner in counted)
