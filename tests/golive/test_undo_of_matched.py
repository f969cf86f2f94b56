"""An undo keeps what another live move holds: the records that its rows found unchanged, changed, or were matched with.

Over every kind that can be matched, what the later move does with the row, and the order of the undos.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from app.caspen.live_counts import count_live
from app.caspen.record_ids import Ids
from app.caspen.shared_records import count_kept_by_later
from app.caspen.statements import at, change, fetch
from app.caspen.undo import preview_undo
from app.golive.live_check import LiveCheck, check_live, summarise_live
from app.mapping.plan import Choice
from app.migration.balance import balance_of
from app.migration.plans import plan_of, save_plan
from app.migration.states import Event, State
from app.sources import source
from app.wizard.live_words import bridges
from app.worker.runtime import Runtime
from tests.harness.clinic import MEGAN, Clinic, clinic_in, runtime_in, runtime_of_copy
from tests.kinds.story import ROWS
from tests.register.story import DIARY, Desk, Rows, export

TABLES = {
    "businesses": "locations",
    "users": "users",
    "practitioners": "practitioners",
    "appointment_types": "services",
    "patients": "clients",
}
CHANGED = {
    "businesses": {"email_reply_to": "desk@clinic.example"},
    "users": {"role": "bookkeeper"},
    "practitioners": {"designation": "Osteopath"},
    "appointment_types": {"duration_in_minutes": "50"},
    "patients": {"occupation": "Nurse"},
}
WAYS = ("matched", "unchanged", "updated")
ORDERS = (("older",), ("newer",), ("older", "newer"), ("newer", "older"))
NEW = "900001"


def rows_of(way: str) -> dict[str, Rows]:
    """The later export. Matched rows have ids of their own, with the names of the earlier rows."""
    if way == "matched":
        own = {"practitioners": {"user_id": NEW}}
        return {kind: [{"id": NEW, **own.get(kind, {})}] for kind in TABLES}
    return {kind: [CHANGED[kind] if way == "updated" else {}] for kind in TABLES}


@dataclass(frozen=True)
class Moves:
    """Two live moves of one clinic: an older and a newer."""

    older: Clinic
    newer: Clinic

    @property
    def runtime(self) -> Runtime:
        return self.older.runtime

    @property
    def workspace(self) -> str:
        return self.older.migration.workspace_id

    def id(self, kind: str) -> str:
        return Ids(self.workspace, "cliniko").derive(TABLES[kind], kind, ROWS[kind]["id"])

    def live(self) -> dict[str, str]:
        """The records of the older move's rows that are live, each with the move that it names."""
        live, there = self.runtime.caspen.live, dict[str, str]()
        with live.database.connection(reading=True) as connection:
            for kind, table in TABLES.items():
                query = f'SELECT "migration_id" FROM {at(live.schema, table)} WHERE "workspace_id" = ? AND "id" = ?'
                for (name,) in fetch(connection, query, (self.workspace, self.id(kind))):
                    there[kind] = str(name)
        return there

    def undo(self, which: str) -> None:
        clinic: Clinic = getattr(self, which)
        clinic.act(Event.UNDO)
        clinic.drain()
        assert clinic.state() is State.UNDONE

    def checked(self) -> list[LiveCheck]:
        return list(check_live(self.runtime))


def two_moves(runtime: Runtime, way: str) -> Moves:
    older = Desk(runtime).clinic().tried(export(*DIARY)).finalised()
    newer = clinic_in(runtime, older.migration.workspace_id)
    moves = Moves(older, newer)
    newer.hand_over(export(**rows_of(way)))
    newer.drain()
    if way == "matched":  # as the clinic chooses; a client can be matched with the plan alone
        chosen = {table: {NEW: Choice(to="match", id=moves.id(kind))} for kind, table in TABLES.items()}
        with runtime.ledger.write() as session:
            save_plan(session, newer.id, plan_of(newer.migration).model_copy(update=chosen), MEGAN, confirmed=True)
    newer.start_trial()
    newer.drain()
    assert newer.trial.balanced
    for kind in newer.trial.kinds:
        if kind["kind"] in TABLES:
            assert (kind["updated"] if way == "updated" else kind["unchanged"]) == 1, kind["kind"]
    newer.finalised()
    assert newer.state() is State.FINALISED
    return moves


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[Path, str, str]]:
    places = {}
    for way in WAYS:
        folder = tmp_path_factory.mktemp(way) / "var"
        with runtime_in(folder) as runtime:
            moves = two_moves(runtime, way)
            places[way] = (folder, moves.older.id, moves.newer.id)
    return places


@pytest.fixture
def moves(made: Mapping[str, tuple[Path, str, str]], way: str, tmp_path: Path) -> Iterator[Moves]:
    folder, older, newer = made[way]
    with runtime_of_copy(folder, tmp_path / "var") as runtime:
        yield Moves(Clinic(runtime, older), Clinic(runtime, newer))


@pytest.mark.parametrize(("way", "order"), list(product(WAYS, ORDERS)))
def test_a_record_is_live_while_a_live_move_holds_it(moves: Moves, way: str, order: tuple[str, ...]) -> None:
    left = {"older", "newer"}
    for which in order:
        clinic: Clinic = getattr(moves, which)
        counted = count_kept_by_later(moves.runtime.caspen, moves.workspace, clinic.id)
        shown = preview_undo(moves.runtime.caspen, moves.workspace, clinic.id)
        moves.undo(which)
        left.discard(which)
        undone = clinic.migration.report["undone"]
        assert sum(undone["later"].values()) == counted == shown.later.total()
        assert sum(undone["removed"].values()) == shown.removed.total()
        assert set(moves.live()) == (set(TABLES) if left else set())
        if left:
            [holder] = left
            assert set(moves.live().values()) == {getattr(moves, holder).id}, "each names the live move"
            assert counted >= len(TABLES) if which == "older" else counted == 0
            [checked] = moves.checked()
            assert checked.holds
    if not left:
        assert count_live(moves.runtime.caspen, moves.workspace).total == 0


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", TABLES)
def test_the_later_moves_report_counts_what_is_live_now(moves: Moves, kind: str, way: str) -> None:
    caspen = moves.runtime.caspen
    before = count_live(caspen, moves.workspace, moves.newer.id)
    moves.undo("older")
    assert count_live(caspen, moves.workspace, moves.newer.id) == before
    assert not any("missing" in words or "replaced" in words for words in bridges_of(moves).values())
    with caspen.live.database.connection() as connection:
        table = at(caspen.live.schema, TABLES[kind])
        assert change(connection, f'DELETE FROM {table} WHERE "id" = ?', (moves.id(kind),)) == 1
    [checked] = moves.checked()
    assert not checked.holds
    summary = summarise_live(moves.runtime, moves.newer.migration, moves.newer.trial)
    assert summary.missing == {kind: 1}
    assert summary.verification is not None
    assert [record.id for record in summary.verification.missing] == [moves.id(kind)]
    gone = {other for other, words in bridges_of(moves).items() if "1 missing, and not deleted by your team" in words}
    assert gone == {kind}


@pytest.mark.postgres
@pytest.mark.parametrize("way", WAYS)
def test_postgres_keeps_the_same_records(way: str, postgres: str, tmp_path: Path) -> None:
    with runtime_in(tmp_path / "pg", database_url=postgres, caspen_database_url=postgres) as runtime:
        moves = two_moves(runtime, way)
        moves.undo("older")
        assert set(moves.live().values()) == {moves.newer.id}
        [checked] = moves.checked()
        assert checked.holds
        assert not any("missing" in words for words in bridges_of(moves).values())
        moves.undo("newer")
        assert count_live(runtime.caspen, moves.workspace).total == 0


def bridges_of(moves: Moves) -> dict[str, str]:
    """The differences that the report of the newer move names, by kind."""
    newer = moves.newer
    summary = summarise_live(moves.runtime, newer.migration, newer.trial)
    live = count_live(moves.runtime.caspen, moves.workspace, newer.id)
    lines = balance_of(newer.trial, source("cliniko")).lines
    return bridges(lines, live, newer.migration.report, summary.missing, summary.matched)
