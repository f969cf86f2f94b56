"""A command with `--database` knows the matches with which earlier commands went live there.

Each command has a ledger of its own, so Caspen's database must know them. Generated over the kinds that are matched and
what the later export says of the row.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.caspen.gateway import Gateway, create_workspace
from app.caspen.statements import at, fetch
from app.caspen.undo import undo
from app.cli import app
from app.commands.private import DEMO, live_workspace_id, private_engine
from app.worker.runtime import Runtime
from tests.harness.turns_here import turns_here
from tests.register.story import DIARY, Rows, export
from tests.register.test_rows_of_earlier_moves import CHANGES, TABLES, made_by_people

WORKSPACE = live_workspace_id(DEMO)
WAYS = ("unchanged", "renamed", "changed", "absent")
LIVE = ("caspen/live.sqlite", "caspen/live.files")


@pytest.fixture(scope="module", autouse=True)
def takes_turns_here() -> Iterator[None]:
    with turns_here():
        yield


class Place:
    """A Caspen database of a clinic, whose exports are brought live by commands."""

    def __init__(self, folder: Path, database: str = "") -> None:
        self.folder = folder
        self.database = database or f"sqlite:///{folder}/{LIVE[0]}"

    def prepared(self) -> "Place":
        """With records of the clinic, and an export live that matched each kind of row with one of them."""
        (self.folder / "caspen").mkdir(parents=True)
        with private_engine(self.database) as runtime:
            create_workspace(runtime.caspen, WORKSPACE, DEMO)
            made_by_people(Gateway(runtime.caspen, WORKSPACE, "a receptionist"))
        first = self.finalised(export(*DIARY, "appointments"))
        assert {kind: first[kind]["unchanged"] for kind in TABLES} == dict.fromkeys(TABLES, 1)
        return self

    def finalised(self, files: Mapping[str, str | bytes]) -> dict[str, dict[str, Any]]:
        """Brings an export live with a command of its own. Returns the numbers of each kind."""
        folder, answer = self.folder / "export", self.folder / "answer.json"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        words = ["trial", folder, "--database", self.database, "--finalise", "--json", answer]
        result = CliRunner().invoke(app, [str(word) for word in words])
        assert result.exit_code == 0, result.output
        return {kind["kind"]: kind for kind in json.loads(answer.read_text())["kinds"]}

    def live(self) -> dict[str, list[tuple[Any, ...]]]:
        """The live records of the matched kinds, and which of them the visits lead to."""
        links = '"practitioner_id", "location_id", "service_id"'
        with private_engine(self.database) as runtime:
            found = {table: self._rows(runtime, table, "*") for table in TABLES.values()}
            return {**found, "appointments": self._rows(runtime, "appointments", links)}

    def undo_last(self) -> None:
        with private_engine(self.database) as runtime:
            [(migration_id,)] = self._rows(runtime, "live_moves", '"migration_id"')
            undo(runtime.caspen, WORKSPACE, migration_id)

    def _rows(self, runtime: Runtime, table: str, columns: str) -> list[tuple[Any, ...]]:
        live = runtime.caspen.live
        with live.database.connection(reading=True) as connection:
            sql = f'SELECT {columns} FROM {at(live.schema, table)} WHERE "workspace_id" = ? ORDER BY 1'
            return fetch(connection, sql, (WORKSPACE,))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Place(tmp_path_factory.mktemp("matched") / "place").prepared().folder


@pytest.fixture
def place(prepared: Path, tmp_path: Path) -> Place:
    shutil.copytree(prepared, tmp_path / "place")
    return Place(tmp_path / "place")


def later(kind: str, way: str) -> dict[str, str | bytes]:
    if way == "absent":
        return export(*(other for other in DIARY if other != kind), "appointments")
    rows: dict[str, Rows] = {kind: [{} if way == "unchanged" else CHANGES[kind][way][0]]}
    if way == "renamed" and kind in ("users", "practitioners"):  # a person is found by e-mail too
        rows["users"] = [{**CHANGES["users"]["renamed"][0], "email": "lea@clinic.example"}]
    return export(*DIARY, "appointments", **rows)


@pytest.mark.parametrize(("kind", "way"), list(product(TABLES, WAYS)))
def test_a_row_that_an_earlier_command_matched_stays_matched(place: Place, kind: str, way: str) -> None:
    before = place.live()
    numbers = place.finalised(later(kind, way))
    assert way == "absent" or numbers[kind]["unchanged"] == 1
    assert numbers["appointments"]["unchanged"] == 1
    assert place.live() == before


@pytest.mark.parametrize("kind", TABLES)
def test_a_match_counts_while_its_move_is_live(place: Place, kind: str) -> None:
    place.undo_last()
    assert place.finalised(later(kind, "renamed"))[kind]["created"] == 1


@pytest.mark.postgres
def test_postgres_keeps_the_matches(postgres: str, tmp_path: Path) -> None:
    place = Place(tmp_path / "place", postgres).prepared()
    before = place.live()
    renamed: dict[str, Rows] = {kind: [CHANGES[kind]["renamed"][0]] for kind in TABLES}
    place.finalised(export(*DIARY, "appointments", **renamed))
    assert place.live() == before
