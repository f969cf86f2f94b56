"""Looking up records of earlier migrations by source key, with their client."""

from app.caspen.earlier_records import EarlierRecord, RecordOwner, earlier_among
from app.caspen.stores import Stores
from tests.caspen.story import MIGRATION, WORKSPACE, client_id, clinic, live_clinic

OTHER = "mig_other"


def test_a_record_of_an_earlier_move_is_found_with_its_client(stores: Stores) -> None:
    live_clinic(stores, clinic(2))
    owners = earlier_among(stores.live, WORKSPACE, "appointments", "appointments", OTHER, ["51000", "51001", "404"])
    assert {key: found.owner for key, found in owners.items()} == {
        f"5{key}": RecordOwner(client_id(key), "patients", key) for key in ("1000", "1001")
    }
    assert earlier_among(stores.live, WORKSPACE, "appointments", "appointments", MIGRATION, ["51000"]) == {}


def test_a_record_without_an_owner_has_no_client(stores: Stores) -> None:
    live_clinic(stores, clinic(1))
    assert earlier_among(stores.live, WORKSPACE, "locations", "businesses", OTHER, ["10"]) == {
        "10": EarlierRecord(None, "Harbour Street")
    }
