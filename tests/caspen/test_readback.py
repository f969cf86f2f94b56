"""Reading back detects every record that differs from what was written."""

import random

import pytest

from app.caspen.gateway import Gateway
from app.caspen.readback import read_back
from app.caspen.stores import Stores
from tests.caspen.story import WORKSPACE, client, clinic, rows, tamper_with, trial_of

SEED = 20261122
CHANGES = (
    'UPDATE {clients} SET "last_name" = "last_name" || \' \' WHERE "source_id" = \'%s\'',
    "UPDATE {clients} SET \"email\" = '' WHERE \"source_id\" = '%s'",
    "UPDATE {clients} SET \"date_of_birth\" = '1990-01-03' WHERE \"source_id\" = '%s'",
    "UPDATE {clients} SET \"address\" = '{{}}' WHERE \"source_id\" = '%s'",
    'UPDATE {clients} SET "portal_access" = TRUE WHERE "source_id" = \'%s\'',
    "UPDATE {clients} SET \"source_created_at\" = '2026-03-02T12:00:00.000001Z' WHERE \"source_id\" = '%s'",
)


def test_thirty_seven_altered_clients_are_found_and_no_other(stores: Stores) -> None:
    store, loaded = trial_of(stores, rows(*[client(str(n)) for n in range(1000, 3000)]))
    chosen = sorted(str(n) for n in random.Random(SEED).sample(range(1000, 3000), 37))
    for n, key in enumerate(chosen):
        assert tamper_with(store, CHANGES[n % len(CHANGES)] % key) == 1
    result = read_back(store, WORKSPACE)
    assert sorted(record.source_id for record in result.altered) == chosen
    assert result.altered_count == 37
    assert result.digests["patients"] != loaded.digests["patients"]


@pytest.mark.parametrize("change", CHANGES)
def test_each_kind_of_change_shows_in_the_digest(stores: Stores, change: str) -> None:
    store, loaded = trial_of(stores, clinic())
    tamper_with(store, change % "1001")
    assert read_back(store, WORKSPACE).digests["patients"] != loaded.digests["patients"]


def test_changing_the_stored_hash_too_is_detected(stores: Stores) -> None:
    store, loaded = trial_of(stores, clinic())
    tamper_with(store, CHANGES[0] % "1001")
    tamper_with(store, "UPDATE {clients} SET \"content_hash\" = '00'")
    assert read_back(store, WORKSPACE).digests["patients"] != loaded.digests["patients"]


def test_two_swapped_records_do_not_cancel(stores: Stores) -> None:
    store, loaded = trial_of(stores, rows(client("1", last_name="A"), client("2", last_name="B")))
    tamper_with(store, "UPDATE {clients} SET \"last_name\" = CASE \"last_name\" WHEN 'A' THEN 'B' ELSE 'A' END")
    result = read_back(store, WORKSPACE)
    assert result.digests != loaded.digests
    assert result.altered_count == 2


def test_a_lost_record_shows_in_the_count(stores: Stores) -> None:
    store, _ = trial_of(stores, clinic())
    tamper_with(store, "DELETE FROM {progress_notes} WHERE \"source_id\" = '71000'")
    assert read_back(store, WORKSPACE).digests["treatment_notes"].count == 2


def test_records_that_people_made_are_not_read_back(stores: Stores) -> None:
    Gateway(stores, WORKSPACE, "megan@example.com").add_location("North")
    assert read_back(stores.live, WORKSPACE).digests == {}
