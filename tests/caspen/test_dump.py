"""Writing a store's records as plain files."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.caspen.dump import dump
from app.caspen.gateway import Gateway
from app.caspen.stores import Stores
from app.caspen.tables import OBJECTS
from tests.caspen.story import WORKSPACE, appointment, client, client_id, clinic, live_clinic, rows, service, trial_of


def dumped(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def test_there_is_a_file_per_object(stores: Stores, tmp_path: Path) -> None:
    store, loaded = trial_of(stores, clinic(2))
    counts = dump(store, WORKSPACE, tmp_path / "records")
    assert {name: count for name, count in counts.items() if count} == loaded.records
    assert sorted(p.stem for p in (tmp_path / "records").iterdir()) == sorted(str(t.__tablename__) for t in OBJECTS)


def test_a_client_has_the_fields_of_the_workspace_page(stores: Stores, tmp_path: Path) -> None:
    store, _ = trial_of(stores, rows(client("1558354464010667075", notes='Line "1"\nline 2')))
    dump(store, WORKSPACE, tmp_path)
    (record,) = dumped(tmp_path, "clients")
    assert list(record)[:3] == ["id", "source_kind", "source_id"]
    assert record["id"] == client_id("1558354464010667075")
    assert (record["source_kind"], record["source_id"]) == ("patients", "1558354464010667075")
    assert record["external_ref"] == "elsewhere:patients:1558354464010667075"
    assert (record["first_name"], record["date_of_birth"], record["notes"]) == (
        "Zoë",
        "1990-01-02",
        'Line "1"\nline 2',
    )
    assert record["address"] == {"line1": "1 High Street", "city": "Sydney", "country_code": "AU"}
    assert record["phone_numbers"][0]["type"] == "mobile"
    assert (record["source_created_at"], record["portal_access"], record["email"]) == (
        "2026-03-02T12:00:00Z",
        False,
        None,
    )


def test_times_are_utc_and_amounts_are_text(stores: Stores, tmp_path: Path) -> None:
    store, _ = trial_of(stores, rows(appointment(), service(price=Decimal("80.50"))))
    dump(store, WORKSPACE, tmp_path)
    (visit,) = dumped(tmp_path, "appointments")
    assert (visit["starts_at"], visit["ends_at"], visit["status"]) == (
        "2026-03-02T12:00:00Z",
        "2026-03-02T12:45:00Z",
        "pending",
    )
    (sold,) = dumped(tmp_path, "services")
    assert (sold["price"], sold["kind"], sold["location_ids"]) == ("80.5", "appointment", [])


def test_what_people_deleted_is_not_dumped(stores: Stores, tmp_path: Path) -> None:
    live_clinic(stores)
    Gateway(stores, WORKSPACE, "megan@example.com").delete("clients", client_id("1001"))
    assert dump(stores.live, WORKSPACE, tmp_path)["clients"] == 2
    assert [line["source_id"] for line in dumped(tmp_path, "clients")] == ["1000", "1002"]
