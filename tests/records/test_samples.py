"""An example of each case is picked, on both databases."""

from datetime import timedelta

import pytest

from app.caspen.record_ids import Ids
from app.caspen.stores import Store, Stores
from app.wizard.review_samples import RULES, Sample, SampledTrial, pick_samples
from tests.caspen.story import IDS, NOON, WORKSPACE, appointment, client, client_id, clinic, note, trial_of
from tests.records.story import case, communication, form, group, row

LONG = "WilhelminaLeopoldina"


def samples(store: Store, *merged: str) -> dict[str, Sample]:
    with store.database.read() as session:
        sampled = SampledTrial(session, WORKSPACE, Ids(WORKSPACE, "elsewhere"), "patients", merged)
        return {sample.why: sample for sample in pick_samples(sampled)}


@pytest.fixture
def trial(stores: Stores) -> Store:
    in_group = IDS.derive("appointment_groups", "appointments", "5500")
    later = NOON + timedelta(days=90)
    return trial_of(
        stores,
        [
            *clinic(4),
            row(client("1", first_name=LONG), client("2", last_name="العنزي"), client("3", status="archived")),
            row(client("4", source_created_at=NOON + timedelta(1)), line=95),
            row(group(), *(appointment(f"5{n}", of=f"100{n}", group_id=in_group) for n in (1, 2)), line=91),
            row(appointment("71", of="1003", starts_at=later), appointment("72", of="1003"), line=92),
            row(appointment("73", of="2", status="cancelled", cancelled_at=NOON), line=93),
            row(note("8", of="1002", body="<p>" + "a" * 999), note("9", of="1001", state="draft"), line=94),
            row(form("1", signatures=[{"signature_id": "1", "image": "x"}], status="completed", completed_at=NOON)),
            row(form("2", content=[{"name": "a" * 99, "fields": []}]), communication(), case(limit_kind="sessions")),
        ],
    )[0]


def test_each_rule_picks_its_sample(trial: Store) -> None:
    picked = samples(trial, "1001")
    assert picked["Newest client"].record == client_id("4")
    assert picked["Longest note"].record == client_id("1002")
    assert picked["Note that is a draft"].record == client_id("1001")
    assert picked["Most appointments"].record == client_id("1003")
    assert picked["Appointment in a group"].tiny == "2 clients on 02/03/2026"
    assert picked["Cancelled appointment"].record == IDS.derive("appointments", "appointments", "73")
    assert picked["Form with a signature"].record == IDS.derive("forms", "patient_forms", "1")
    assert picked["Longest form"].record == IDS.derive("forms", "patient_forms", "2")
    assert picked["Most messages"].at == f"clients/{client_id()}/communications"
    assert picked["Case with a limit"].kind == "cases"
    assert picked["Archived client"].record == client_id("3")
    assert picked["Merged client"].at == f"clients/{client_id('1001')}/appointments"
    assert picked["Name in another script"].record == client_id("2")
    assert picked["Longest name"].record == client_id("1")


def test_a_record_that_fits_two_rules_is_shown_once(trial: Store) -> None:
    picked = samples(trial)
    assert "Booked furthest ahead" not in picked, "the same client has most appointments"
    places = [sample.at for sample in picked.values()]
    assert len(set(places)) == len(places)


def test_a_trial_without_anything_has_no_samples(stores: Stores) -> None:
    store = trial_of(stores, clinic(0))[0]
    assert samples(store) == {}
    assert len(RULES) > 15
