"""Counting new, changed and equal records in both stores before an approval."""

import pytest

from app.caspen.becoming_live import BecomingLive, count_becoming_live
from app.caspen.stores import Stores
from tests.caspen.story import WORKSPACE, clinic, trial_of
from tests.caspen.test_undo_of_several import Approved, Clinic, generated


@pytest.mark.parametrize("seed", range(4))
def test_each_record_of_a_later_trial_is_new_changed_or_the_same(stores: Stores, seed: int) -> None:
    clinic, live = Clinic(stores), Approved()
    for name, approved in zip(("mig_01", "mig_02", "mig_03"), generated(seed), strict=True):
        same = sum(live.get(key) == title for key, title in approved.items())
        new = len(approved.keys() - live.keys())
        before = count_becoming_live(stores, clinic.trial(name, approved), WORKSPACE, ("clients",))["clients"]
        assert before == BecomingLive(new, len(approved) - new - same, same)
        clinic.go_live(name)
        live |= approved
        after = count_becoming_live(stores, clinic.trials[name], WORKSPACE, ("clients",))["clients"]
        assert after == BecomingLive(same=len(approved))


def test_a_first_trial_is_all_new_and_a_dropped_one_counts_nothing(stores: Stores) -> None:
    store, _ = trial_of(stores, clinic(3))
    tables = ("clients", "appointments")
    assert count_becoming_live(stores, store, WORKSPACE, tables) == dict.fromkeys(tables, BecomingLive(new=3))
    stores.drop_trial(store)
    assert count_becoming_live(stores, store, WORKSPACE, tables) == dict.fromkeys(tables, BecomingLive())
