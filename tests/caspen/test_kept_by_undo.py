"""What the warning before an undo counts is what the undo keeps.

Generated over moves that hold some records of one another and refer to others, acts of people, and orders of undos.
"""

from datetime import timedelta
from itertools import permutations
from random import Random

import pytest

from app.caspen.digests import merge
from app.caspen.gateway import Gateway
from app.caspen.kept_by_undo import KeptByUndo, count_kept_by_undo
from app.caspen.load_part import load_part
from app.caspen.part_fences import PartKey
from app.caspen.promote import Promotion, promote
from app.caspen.readback import read_back
from app.caspen.stores import Stores
from app.caspen.undo import Undone, Why, undo
from app.mapping.rows import Record
from tests.caspen.story import (
    IDS,
    NOON,
    WORKSPACE,
    appointment,
    category,
    client,
    client_id,
    location,
    note,
    practitioner,
    rows,
    service,
    tax,
    user,
    workspace_version,
)

MOVES = ("mig_01", "mig_02", "mig_03")
ORDERS = list(permutations(MOVES))
CLIENTS = [str(number) for number in range(1000, 1006)]


def everything(random: Random) -> list[Record]:
    """A whole clinic in which clients refer each other, with some values that differ from move to move."""

    def title() -> str:
        return random.choice(("Ms", "Ms", "Dr"))

    of_clients = []
    for place, key in enumerate(CLIENTS):
        referrer = {"referred_by_id": client_id(CLIENTS[place // 2])} if place % 3 else {}
        of_clients += [client(key, title=title(), **referrer), appointment(f"5{key}", key), note(f"7{key}", key)]
        if place % 2:
            of_clients.append(note(f"8{key}", key, title=title(), appointment_id=visit_id(key)))
    return [location(), user(), practitioner(), category(), tax(), service(), *of_clients]


def visit_id(key: str) -> str:
    return IDS.derive("appointments", "appointments", f"5{key}")


def live_moves(stores: Stores, random: Random) -> None:
    """The first move brings everything, each later one some of it again, and records of its own."""
    for number, name in enumerate(MOVES):
        share = random.choice((0.0, 0.2, 0.6))
        records = [record for record in everything(random) if not number or random.random() < share]
        records += [note(f"9{number}{key}", key) for key in CLIENTS if number and random.random() < 0.3]
        store = stores.create_trial(WORKSPACE, name, 1, workspace_version(stores))
        moment = NOON + timedelta(days=number)
        loaded = load_part(stores, store, IDS, PartKey(name, 1, 1, 1), rows(*records), moment=moment)
        approved, earlier = merge({}, loaded.digests), frozenset(MOVES[:number])
        promote(stores, store, Promotion(WORKSPACE, name, 1, approved, earlier), moment=moment)


def people_act(stores: Stores, random: Random) -> None:
    desk = Gateway(stores, WORKSPACE, "megan@example.com")
    edited, deleted = random.sample(CLIENTS, 2)
    desk.edit("clients", client_id(edited), {"title": "Prof"})
    desk.delete("appointments", visit_id(deleted))


def kept(done: Undone) -> KeptByUndo:
    return KeptByUndo(done.later.total(), sum(record.why is Why.IN_USE for record in done.kept))


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_the_count_before_an_undo_is_what_the_undo_keeps(stores: Stores, order: tuple[str, ...], seed: int) -> None:
    random = Random(seed * 10 + ORDERS.index(order))
    live_moves(stores, random)
    if seed % 2:
        people_act(stores, random)
    for name in order:
        before = read_back(stores.live, WORKSPACE).digests
        counted = count_kept_by_undo(stores, WORKSPACE, name)
        assert read_back(stores.live, WORKSPACE).digests == before
        assert kept(undo(stores, WORKSPACE, name)) == counted


def test_records_that_later_moves_refer_to_are_counted(stores: Stores) -> None:
    """The later move brings one note: its client stays, with everything of the first move that the client needs."""
    for number, (name, records) in enumerate(
        (
            (MOVES[0], [client("1000"), client("1001", referred_by_id=client_id("1000"))]),
            (MOVES[1], [note("9", "1001")]),
        )
    ):
        store = stores.create_trial(WORKSPACE, name, 1, workspace_version(stores))
        loaded = load_part(stores, store, IDS, PartKey(name, 1, 1, 1), rows(*records), moment=NOON)
        what = Promotion(WORKSPACE, name, 1, merge({}, loaded.digests), frozenset(MOVES[:number]))
        promote(stores, store, what, moment=NOON + timedelta(days=number))
    assert count_kept_by_undo(stores, WORKSPACE, MOVES[0]) == KeptByUndo(0, 2)
    assert count_kept_by_undo(stores, WORKSPACE, MOVES[1]) == KeptByUndo(0, 0)


def test_the_references_of_a_large_move_are_not_followed(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.caspen.kept_by_undo.MOST", 10)
    live_moves(stores, Random(1))
    counted = count_kept_by_undo(stores, WORKSPACE, MOVES[0])
    assert counted.in_use is None
    assert counted.later == undo(stores, WORKSPACE, MOVES[0]).later.total()
