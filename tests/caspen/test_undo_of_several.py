"""Any of several moves of one clinic may be undone, in any order. Records that other moves approved are kept.

The cases are generated. A model computes the expected live records: what each remaining move approved, the latest last.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from random import Random

import pytest

from app.caspen.canonical_values import moment_text
from app.caspen.digests import Digest
from app.caspen.gateway import Gateway
from app.caspen.live_verification import LedgerMoments, verify_live
from app.caspen.load_part import load_part
from app.caspen.part_fences import PartKey
from app.caspen.promote import Promotion, promote
from app.caspen.replaced_records import journal_digest
from app.caspen.shared_records import count_kept_by_later
from app.caspen.stores import Store, Stores
from app.caspen.undo import Why, preview_undo, undo
from tests.caspen.story import IDS, NOON, WORKSPACE, client, client_id, query, rows, workspace_version

KEYS = tuple(str(number) for number in range(1000, 1008))
MOVES = ("mig_01", "mig_02", "mig_03")
Approved = dict[str, str]  # a client's key and its title


def generated(seed: int) -> list[Approved]:
    """What each of three moves approves: each client is absent, as in the first move, or changed."""
    random = Random(seed)
    return [
        {key: random.choice(("Ms", "Ms", f"Dr {move}")) for key in KEYS if random.random() < 0.7} or {KEYS[0]: "Ms"}
        for move in MOVES
    ]


class Clinic:
    """A workspace with its live moves."""

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        self.trials: dict[str, Store] = {}
        self.digests: dict[str, dict[str, Digest]] = {}
        self.moments: dict[str, str | None] = {}

    def move(self, name: str, approved: Approved) -> None:
        self.trial(name, approved)
        self.go_live(name)

    def trial(self, name: str, approved: Approved) -> Store:
        store = self.stores.create_trial(WORKSPACE, name, 1, workspace_version(self.stores))
        records = rows(*(client(key, title=title) for key, title in approved.items()))
        loaded = load_part(self.stores, store, IDS, PartKey(name, 1, 1, 1), records, moment=NOON)
        self.trials[name], self.digests[name] = store, dict(loaded.digests)
        return store

    def go_live(self, name: str) -> None:
        """Promotes the last trial of this name."""
        moment, earlier = NOON + timedelta(days=len(self.moments)), frozenset(self.moments)
        promoted = Promotion(WORKSPACE, name, 1, self.digests[name], earlier)
        promote(self.stores, self.trials[name], promoted, moment=moment)
        self.moments[name] = moment_text(moment)

    def live(self) -> Approved:
        titles = query(self.stores.live, 'SELECT "source_id", "title" FROM {clients}')
        return {str(key): str(title) for key, title in titles}

    def bringers(self) -> set[str]:
        return {str(row[0]) for row in query(self.stores.live, 'SELECT DISTINCT "migration_id" FROM {clients}')}

    def holds(self, name: str) -> bool:
        known = LedgerMoments(self.moments, self.digests[name])
        return verify_live(self.stores, self.trials[name], WORKSPACE, name, (), known).holds

    def journal(self, name: str) -> str:
        with self.stores.live.database.connection(reading=True) as connection:
            return str(journal_digest(connection, self.stores.live.schema, WORKSPACE, name))


@pytest.fixture
def clinic(stores: Stores) -> Clinic:
    return Clinic(stores)


def model(approved: Sequence[Approved], left: Sequence[str]) -> Approved:
    live: Approved = {}
    for name, titles in zip(MOVES, approved, strict=True):
        if name in left:
            live |= titles
    return live


@pytest.mark.parametrize("order", list(permutations(MOVES)), ids=lambda order: "-".join(order))
def test_the_live_records_are_those_of_the_remaining_moves(clinic: Clinic, order: tuple[str, ...]) -> None:
    approved = generated(MOVES.index(order[0]) * 10 + MOVES.index(order[1]))
    for name, titles in zip(MOVES, approved, strict=True):
        clinic.move(name, titles)
    left = list(MOVES)
    for name in order:
        before, was = clinic.live(), len(clinic.live())
        expected = count_kept_by_later(clinic.stores, WORKSPACE, name)
        journals = {other: clinic.journal(other) for other in left if other != name}
        shown = preview_undo(clinic.stores, WORKSPACE, name)
        assert clinic.live() == before
        done = undo(clinic.stores, WORKSPACE, name)
        left.remove(name)
        assert done == shown
        assert clinic.live() == model(approved, left), f"after {name} was undone"
        assert clinic.bringers() <= set(left), "no record names a move that was undone"
        assert done.later.total() == expected
        assert was - done.removed["clients"] - done.left_over["clients"] == len(clinic.live())
        for other, digest in journals.items():
            assert (digest, clinic.journal(other)) == done.journals.get(other, (digest, digest))
        if left:
            assert clinic.holds(left[-1])
    assert clinic.live() == {}
    assert query(clinic.stores.live, 'SELECT "id" FROM {journal}') == []
    assert query(clinic.stores.live, 'SELECT "id" FROM {shared_records}') == []


def test_undoing_the_newest_move_keeps_records_shared_with_an_older_move(clinic: Clinic) -> None:
    for name, title in zip(MOVES, ("Ms", "Ms", "Dr"), strict=True):
        clinic.move(name, {"1000": title})
    done = undo(clinic.stores, WORKSPACE, MOVES[2])
    assert (done.restored["clients"], done.later.total()) == (1, 0)
    assert clinic.live() == {"1000": "Ms"}
    assert clinic.holds(MOVES[1])


def test_an_edited_record_is_kept_when_a_later_move_holds_it(clinic: Clinic) -> None:
    clinic.move(MOVES[0], {"1000": "Ms", "1001": "Ms", "1002": "Ms"})
    clinic.move(MOVES[1], {"1000": "Ms", "1001": "Ms"})
    Gateway(clinic.stores, WORKSPACE, "megan@example.com").edit("clients", client_id("1000"), {"title": "Prof"})
    done = undo(clinic.stores, WORKSPACE, MOVES[0])
    assert [(record.id, record.why) for record in done.kept] == [(client_id("1000"), Why.EDITED)]
    assert (done.later.total(), done.removed["clients"]) == (1, 1)
    assert clinic.live() == {"1000": "Prof", "1001": "Ms"}
    assert clinic.holds(MOVES[1])
