"""The inventory of an export, which the clinic and the command line show before an import."""

from pathlib import Path

import pytest

from app.index import IndexLink
from app.reading.inventory import Inventory, take_inventory
from tests.index.story import SOURCE, Export, booking, business, day, patient, practitioner, type_

NOW = day("2026-06-01")


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export(tmp_path / "index.sqlite")


def author(id_: str) -> IndexLink:
    return IndexLink("practitioner", "practitioners", (id_,), orphan="note_without_practitioner")


def test_every_kind_is_counted_with_its_first_and_last_day(export: Export) -> None:
    export.has("patients", "7", created_at=day("2020-01-02"))
    export.has("patients", "8", content="Bo", created_at=day("2021-01-02"))
    export.has("patients", "8", content="Bo", created_at=day("2021-01-02"))
    export.has("appointments", "5", patient("7"), starts_at=day("2020-03-01"), created_at=day("2019-01-01"))
    export.has("patient_cases", "1")
    export.empty.append("treatment_notes")

    inventory = take_inventory(export.index, SOURCE, NOW)

    assert inventory.report(SOURCE)["inventory"] == {
        "patients": {
            "rows": 3,
            "ids": 2,
            "duplicates": 1,
            "first": "2020-01-02T00:00:00Z",
            "last": "2021-01-02T00:00:00Z",
        },
        "patient_cases": {"rows": 1, "ids": 1, "duplicates": 0, "first": None, "last": None},
        "appointments": {
            "rows": 1,
            "ids": 1,
            "duplicates": 0,
            "first": "2020-03-01T00:00:00Z",
            "last": "2020-03-01T00:00:00Z",
        },
        "treatment_notes": {"rows": 0, "ids": 0, "duplicates": 0, "first": None, "last": None},
    }
    held = {"patients", "patient_cases", "appointments", "treatment_notes"}
    assert inventory.absent == tuple(kind.name for kind in SOURCE.kinds if kind.imported and kind.name not in held)
    assert inventory.signs == ("none_ahead",)


def test_every_referenced_person_is_listed_with_the_numbers_of_rows(export: Export) -> None:
    export.has("patients", "7")
    export.has("businesses", "1", name="Main")
    export.has("users", "9", name="Sam Lee", alias="sam@harbour.example")
    export.has("practitioners", "3", IndexLink("user", "users", ("9",)), name="Dr Sam Lee")
    export.has("practitioners", "4", name="Gone", archived=True)
    export.has("practitioners", "6", name="Deleted", deleted=True)
    for number, when in enumerate(("2020-01-01", "2026-12-01", "2026-12-02")):
        export.has(
            "appointments",
            f"{number}",
            *(patient("7"), practitioner("3"), type_(name="Massage"), business("1")),
            starts_at=day(when),
        )
    export.has("treatment_notes", "1", patient("7"), author("3"), booking("0"))

    inventory = take_inventory(export.index, SOURCE, NOW)

    assert inventory.report(SOURCE)["references"] == {
        "businesses": [{"id": "1", "name": "Main", "active": True, "appointments": 3, "notes": 1}],
        "practitioners": [
            {"id": "3", "name": "Dr Sam Lee", "active": True, "appointments": 3, "notes": 1},
            {"id": "4", "name": "Gone", "active": False, "appointments": 0, "notes": 0},
        ],
        "appointment_types": [
            {"id": "name:massage", "name": "Massage", "active": False, "appointments": 3, "notes": 1}
        ],
    }
    sam = inventory.references["practitioners"][0]
    assert (sam.user, sam.past, sam.future) == ("9", 1, 2)
    assert inventory.references["users"][0].email == "sam@harbour.example"
    assert inventory.references["appointment_types"][0].named_only


def test_an_export_that_starts_late_shows_it(export: Export) -> None:
    export.has("patients", "7", created_at=day("2015-01-01"))
    export.has("appointments", "5", starts_at=day("2025-01-01"))
    export.has("appointments", "6", starts_at=day("2027-01-01"))

    assert take_inventory(export.index, SOURCE, NOW).signs == ("starts_late",)


def test_rows_that_do_not_move_are_counted_all_the_same(export: Export) -> None:
    export.has("patients", "7")

    inventory = take_inventory(export.index, SOURCE, NOW, {"patient_cases": 12})

    assert inventory.kinds["patient_cases"].rows == 12


def test_an_inventory_survives_json(export: Export) -> None:
    export.has("practitioners", "3", name="Sam Lee", created_at=day("2020-01-01"))

    inventory = take_inventory(export.index, SOURCE, NOW)

    assert Inventory.from_json(inventory.to_json()) == inventory
