"""The client of a JSON visit, in every spelling: the right client, or the row waits; never a busy time."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import text

from app.worker.runtime import Runtime
from tests.harness.clinic import Clinic, clinic_in, runtime_in
from tests.shapes.tried import WRONG

ADDRESS = "https://api.example.com/v1/patients/"
CERTAIN: tuple[tuple[str, Any, str], ...] = (
    ("patient", 11, "11"),
    ("patient", "11", "11"),
    ("patient", " 11 ", "11"),
    ("patient", {"id": 11, "first_name": "Ada", "last_name": "Brook"}, "11"),
    ("patient", [11], "11"),
    ("patient", [{"id": 11, "first_name": "Ada"}], "11"),
    ("patient", {"links": {"self": f"{ADDRESS}11/"}}, "11"),
    ("patient", f"{ADDRESS}11", "11"),
    ("client", 11, "11"),
    ("client", {"id": 11, "first_name": "Ada"}, "11"),
    ("patients", [{"id": 11}], "11"),
    ("patients", [{"id": 11}, {"id": 12}], "11 12"),
    ("patient", "11, 12", "11 12"),
    ("patients", "11, 12", "11 12"),
    ("patients", 11, "11"),
    ("patient_ids", [{"id": 11}, {"id": 12}], "11 12"),
)
UNCERTAIN: tuple[tuple[str, Any], ...] = (
    ("patient", "Ada Brook"),
    ("patient_name", "Ada Brook"),
    ("patient", True),
    ("patient", {"name": "11"}),
    ("patient", {"first_name": "Ada"}),
    ("patient", {"id": None, "first_name": "Ada"}),
    ("patient", {"id": 7777, "first_name": "No"}),
    ("patient", 7777),
    ("patient", [11, "Ada"]),
    ("patient", [[11]]),
    ("patient", f"{ADDRESS}12/appointments"),
    ("patient_url", f"{ADDRESS}12/appointments"),
    ("patient", {"links": {"self": f"{ADDRESS}12/appointments"}}),
    ("patients", ["Ada Brook"]),
    ("attendees", [{"id": 70, "patient": {"name": "Ada"}}]),
    ("attendee", 70),
)
NOTHING: tuple[tuple[str, Any], ...] = (
    ("patient", None),
    ("patient", ""),
    ("patient", {}),
    ("patient", []),
    ("patient", False),
    ("patient", {"id": None}),
    ("patient", {"links": {"self": None}}),
    ("patients", {"links": {"self": "https://api.example.com/v1/group_appointments/1/patients"}}),
    ("attendees", {"links": {"self": "https://api.example.com/v1/individual_appointments/1/attendees"}}),
)


def exported(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """An export with a practitioner, a business and a service whose names equal other rows' ids."""
    return {
        "businesses.csv": "Business ID,Business Name,Time Zone\n501,North,Australia/Sydney\n502,501,Australia/Sydney\n",
        "practitioners.csv": "Practitioner ID,First Name,Last Name,Display Name,Active\n"
        "601,Orla,Quist,Orla Quist,true\n603,Kim,X,601,true\n604,Lo,Y,699,true\n",
        "appointment_types.csv": "Appointment Type ID,Name,Duration In Minutes,Max Attendees,Price\n"
        "801,Standard,30,1,90\n803,801,60,1,90\n",
        "patients.csv": "Patient ID,First Name,Last Name,Date of Birth\n"
        "11,Ada,Brook,1980-03-01\n12,Ben,11,1980-03-02\n",
        "individual_appointments.json": json.dumps(rows),
    }


def slot(number: int, **said: Any) -> dict[str, Any]:
    hour = {
        "starts_at": f"2027-03-{number % 28 + 1:02}T01:00:00Z",
        "ends_at": f"2027-03-{number % 28 + 1:02}T01:30:00Z",
    }
    return {"id": str(9000 + number), **hour, "business": 501, "practitioner": 601, "appointment_type": 801, **said}


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    with runtime_in(tmp_path_factory.mktemp("relations") / "var") as runtime:
        yield runtime


def tried(runtime: Runtime, rows: list[dict[str, Any]]) -> tuple[Clinic, dict[str, list[tuple[str, ...]]]]:
    """The trial, and by table the rows of its records, with their clients and purposes."""
    clinic = clinic_in(runtime)
    clinic.tried(exported(rows))
    store = runtime.caspen.trial(clinic.id, 1)
    columns = {
        "appointments": "a.source_id, (SELECT source_id FROM clients x WHERE x.id = a.client_id),"
        " (SELECT source_id FROM practitioners x WHERE x.id = a.practitioner_id),"
        " (SELECT source_id FROM locations x WHERE x.id = a.location_id),"
        " (SELECT source_id FROM services x WHERE x.id = a.service_id)",
        "busy_times": "a.source_id",
    }
    with store.database.connection(reading=True) as connection:
        found = {
            table: sorted(map(tuple, connection.execute(text(f"SELECT {named} FROM {table} a"))))
            for table, named in columns.items()
        }
    return clinic, found


def test_a_visit_belongs_to_its_client_or_waits_and_only_a_row_without_a_client_is_a_busy_time(
    runtime: Runtime,
) -> None:
    certain = [slot(at, **{name: value}) for at, (name, value, _) in enumerate(CERTAIN)]
    uncertain = [slot(100 + at, **{name: value}) for at, (name, value) in enumerate(UNCERTAIN)]
    nothing = [slot(200 + at, **{name: value}) for at, (name, value) in enumerate(NOTHING)]

    clinic, found = tried(runtime, [*certain, *uncertain, *nothing])

    wanted = []
    for row, (_, _, clients) in zip(certain, CERTAIN, strict=True):
        each = clients.split()
        wanted += [(row["id"] if len(each) == 1 else f"{row['id']}:{one}", one, "601", "501", "801") for one in each]
    assert found["appointments"] == sorted(wanted)
    assert found["busy_times"] == [(row["id"],) for row in nothing]
    held = [line for line in clinic.problems("trial:1") if line.code == "appointment_without_patient"]
    assert {line.source_id for line in held} == {row["id"] for row in uncertain}
    assert not clinic.codes("trial:1").intersection(WRONG)


def test_a_number_is_an_id_first_and_a_name_where_no_row_has_it(runtime: Runtime) -> None:
    rows = [
        slot(1, patient=11),
        slot(2, patient=11, practitioner=699),
        slot(3, patient=11, practitioner={"name": "601"}, business={"name": "501"}, appointment_type={"name": "801"}),
        slot(4, patient=11, practitioner="601", business="501", appointment_type="801"),
        slot(5, patient=11, practitioner={"id": 603, "label": "Orla Quist"}, appointment_type=[803]),
        slot(6, patient=11, practitioner=698),
    ]
    clinic, found = tried(runtime, rows)

    assert [visit[2:] for visit in found["appointments"]] == [
        ("601", "501", "801"),
        ("604", "501", "801"),
        ("603", "502", "803"),
        ("601", "501", "801"),
        ("603", "501", "803"),
    ]
    assert {line.source_id for line in clinic.problems("trial:1") if line.code == "practitioner_unknown"} == {"9006"}
    assert not clinic.codes("trial:1").intersection(WRONG)
