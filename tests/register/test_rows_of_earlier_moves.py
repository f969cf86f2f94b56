"""A row that an earlier move brought is updated under its own key, of every kind that can be matched by name.

A row that the earlier move had matched with a record of the clinic stays matched with it.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from app.caspen.gateway import Gateway
from app.caspen.record_ids import Ids
from app.caspen.statements import at, change, fetch
from app.migration.states import Event
from tests.harness.clinic import Clinic, clinic_in, runtime_in, runtime_of_copy
from tests.kinds.story import ROWS
from tests.register.story import DIARY, Desk, Tried, export, told_of

TABLES = {
    "businesses": "locations",
    "users": "users",
    "practitioners": "practitioners",
    "appointment_types": "services",
}
Change = tuple[Mapping[str, str], str, object]  # the cells of the later export, and what they become
CHANGES: Mapping[str, Mapping[str, Change]] = {
    "businesses": {
        "renamed": ({"business_name": "Harbour Road"}, "name", "Harbour Road"),
        "changed": ({"email_reply_to": "desk@clinic.example"}, "email", "desk@clinic.example"),
        "ended": ({"archived_at": "2026-03-01 09:00:00 +1100"}, "status", "archived"),
    },
    "users": {
        "renamed": ({"last_name": "Lea"}, "last_name", "Lea"),
        "changed": ({"role": "bookkeeper"}, "role", "accountant"),
        "ended": ({"active": "false"}, "active", False),
    },
    "practitioners": {
        "renamed": ({"display_name": "Dr Sam Lea"}, "display_name", "Dr Sam Lea"),
        "changed": ({"designation": "Osteopath"}, "professional_title", "Osteopath"),
        "ended": ({"active": "false"}, "active", False),
    },
    "appointment_types": {
        "renamed": ({"name": "First consult"}, "name", "First consult"),
        "changed": ({"duration_in_minutes": "50"}, "duration", 50),
        "ended": ({"archived_at": "2026-03-01 09:00:00 +1100"}, "status", "archived"),
    },
}
CASES = list(product(TABLES, ("renamed", "changed", "ended")))


@dataclass(frozen=True)
class Place:
    """A copy of a clinic whose first move is live."""

    clinic: Clinic

    @property
    def workspace(self) -> str:
        return self.clinic.migration.workspace_id

    @property
    def gateway(self) -> Gateway:
        return Gateway(self.clinic.runtime.caspen, self.workspace, "a receptionist")

    def id(self, kind: str) -> str:
        return Ids(self.workspace, "cliniko").derive(TABLES[kind], kind, ROWS[kind]["id"])

    def tried(self, kind: str, cells: Mapping[str, str]) -> Tried:
        later = clinic_in(self.clinic.runtime, self.workspace)
        later.tried(export(*DIARY, "appointments", **{kind: [cells]}))
        return told_of(later)

    def live(self, kind: str, column: str) -> list[object]:
        """The values of a column in all live records of a kind's table, those that people made too."""
        live = self.clinic.runtime.caspen.live
        table = at(live.schema, TABLES[kind])
        query = f'SELECT "{column}" FROM {table} WHERE "workspace_id" = ? AND "deleted_at" IS NULL'
        with live.database.connection(reading=True) as connection:
            return [row[0] for row in fetch(connection, query, (self.workspace,))]


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A clinic whose first move brought every kind: its folder and its id."""
    folder = tmp_path_factory.mktemp("brought") / "var"
    with runtime_in(folder) as runtime:
        return folder, Desk(runtime).clinic().tried(export(*DIARY, "appointments")).finalised().id


@pytest.fixture
def place(brought: tuple[Path, str], tmp_path: Path) -> Iterator[Place]:
    with ExitStack() as stack:
        runtime = stack.enter_context(runtime_of_copy(brought[0], tmp_path / "var"))
        yield Place(Clinic(runtime, brought[1]))


def outcomes(found: Tried, kind: str) -> dict[str, int]:
    names = ("created", "updated", "unchanged", "held", "left_out")
    return {name: found.kind(kind)[name] for name in names if found.kind(kind)[name]}


def as_stored(value: object) -> set[object]:
    return {value, int(value)} if isinstance(value, bool) else {value}


@pytest.mark.parametrize(("kind", "change"), CASES)
def test_an_untouched_record_takes_the_change_of_a_later_export(place: Place, kind: str, change: str) -> None:
    cells, column, value = CHANGES[kind][change]
    before = len(place.live(kind, "id"))
    found = place.tried(kind, cells)
    assert outcomes(found, kind) == {"updated": 1}
    assert {other: outcomes(found, other) for other in TABLES if other != kind} == {
        other: {"unchanged": 1} for other in TABLES if other != kind
    }
    assert found.answer["balanced"]
    found.clinic.finalised()
    assert as_stored(value) & set(place.live(kind, column)), "live took the change"
    assert len(place.live(kind, "id")) == before, "nothing was doubled"


@pytest.mark.parametrize("kind", TABLES)
def test_an_equal_row_is_unchanged(place: Place, kind: str) -> None:
    found = place.tried(kind, {})
    assert {other: outcomes(found, other) for other in TABLES} == {other: {"unchanged": 1} for other in TABLES}
    assert [record["id"] for record in found.records(TABLES[kind])] == [place.id(kind)]


@pytest.mark.parametrize("kind", TABLES)
def test_a_record_that_a_person_changed_is_held(place: Place, kind: str) -> None:
    cells, column, value = CHANGES[kind]["changed"]
    edited: dict[str, Any] = {"locations": {"phone": "123"}, "users": {"title": "Dr"}}
    place.gateway.edit(TABLES[kind], place.id(kind), edited.get(TABLES[kind], {"description": "by us"}))
    found = place.tried(kind, cells)
    assert outcomes(found, kind) == {"held": 1}
    assert [problem["code"] for problem in found.problems("changed_in_caspen", kind)] == ["changed_in_caspen"]
    found.clinic.finalised()
    assert not as_stored(value) & set(place.live(kind, column))


@pytest.mark.parametrize("kind", TABLES)
def test_a_namesake_that_people_made_takes_nothing(place: Place, kind: str) -> None:
    made_by_people(place.gateway)
    cells, column, value = CHANGES[kind]["changed"]
    before = len(place.live(kind, "id"))
    found = place.tried(kind, cells)
    assert outcomes(found, kind) == {"updated": 1}
    found.clinic.finalised()
    values = place.live(kind, column)
    assert sum(each in as_stored(value) for each in values) == 1, "only the record of the row"
    assert len(values) == before


def made_by_people(gateway: Gateway) -> None:
    """A record of each kind with the name of its row."""
    gateway.add_location("Harbour Street")
    gateway.add_service("Initial consult")
    gateway.invite_user("Dr Sam Lee", "sam@clinic.example", "practitioner", invite="accepted")


@pytest.fixture(scope="module")
def matched_by_name(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A clinic whose first move matched every kind with records of the clinic, and brought a service that names one."""
    folder = tmp_path_factory.mktemp("matched") / "var"
    with runtime_in(folder) as runtime:
        first = Desk(runtime).clinic()
        made_by_people(Gateway(runtime.caspen, first.migration.workspace_id, "a receptionist"))
        return folder, first.tried(export(*DIARY, "appointments", appointment_types=[{}, OF_SAM])).finalised().id


OF_SAM = {"id": "900001", "name": "Review", "practitioner_ids": "7"}


@pytest.fixture
def matched(matched_by_name: tuple[Path, str], tmp_path: Path) -> Iterator[Place]:
    folder, migration_id = matched_by_name
    with runtime_of_copy(folder, tmp_path / "var") as runtime:
        yield Place(Clinic(runtime, migration_id))


@pytest.mark.parametrize(("kind", "change"), CASES)
def test_a_row_that_the_earlier_move_matched_with_a_record_of_the_clinic_stays_matched(
    matched: Place, kind: str, change: str
) -> None:
    cells, column, _ = CHANGES[kind][change]
    before = matched.live(kind, column)
    found = matched.tried(kind, cells)
    assert outcomes(found, kind) == {"unchanged": 1}
    assert found.records(TABLES[kind]) == []
    found.clinic.finalised()
    assert matched.live(kind, column) == before


@pytest.mark.parametrize("kind", TABLES)
def test_a_match_of_a_move_from_before_caspen_stored_matches_is_known_by_its_ledger(matched: Place, kind: str) -> None:
    live = matched.clinic.runtime.caspen.live
    with live.database.connection() as connection:
        assert change(connection, f"DELETE FROM {at(live.schema, 'live_matches')}") == len(TABLES)
    found = matched.tried(kind, CHANGES[kind]["renamed"][0])
    assert {other: outcomes(found, other) for other in TABLES if other != "appointment_types"} == {
        other: {"unchanged": 1} for other in TABLES if other != "appointment_types"
    }
    assert not [record for record in found.records(TABLES[kind]) if record["source_id"] == ROWS[kind]["id"]]


@pytest.mark.parametrize("kind", ["businesses", "appointment_types"])
def test_a_match_of_a_move_that_was_undone_does_not_count(matched: Place, kind: str) -> None:
    matched.clinic.act(Event.UNDO)
    matched.clinic.drain()
    found = matched.tried(kind, CHANGES[kind]["renamed"][0])
    assert outcomes(found, kind)["created"] == 1


@pytest.mark.parametrize("absent", ["practitioners", "users"])
def test_a_service_keeps_the_person_of_the_clinic_when_the_later_export_lacks_a_file(
    matched: Place, absent: str
) -> None:
    kinds = [kind for kind in DIARY if kind not in (absent, "appointment_types")]
    later = clinic_in(matched.clinic.runtime, matched.workspace)
    found = told_of(later.tried(export(*kinds, "appointments", appointment_types=[{}, OF_SAM])))
    assert outcomes(found, "appointment_types") == {"unchanged": 2}
    assert outcomes(found, "appointments") == {"unchanged": 1}
    assert (found.records("practitioners"), found.records("users")) == ([], [])


def test_a_practitioner_keeps_the_user_of_the_clinic_when_the_later_export_has_no_users(tmp_path: Path) -> None:
    with runtime_in(tmp_path / "var") as runtime:
        first = Desk(runtime).clinic()
        gateway = Gateway(runtime.caspen, first.migration.workspace_id, "a receptionist")
        user = gateway.invite_user("Sam Lee", "sam@clinic.example", "receptionist", invite="accepted").user_id
        place = Place(first.tried(export(*DIARY, "appointments")).finalised())
        assert place.live("practitioners", "user_id") == [user]
        kinds = [kind for kind in DIARY if kind != "users"]
        later = clinic_in(runtime, place.workspace).tried(export(*kinds, "appointments"))
        assert outcomes(told_of(later), "practitioners") == {"unchanged": 1}
        later.finalised()
        assert place.live("practitioners", "user_id") == [user]
        assert place.live("users", "id") == [user]


def test_a_location_that_rows_only_name_keeps_what_its_row_brought(place: Place) -> None:
    """The later export has no file of locations: a visit names the location's id alone."""
    kinds = [kind for kind in DIARY if kind != "businesses"]
    later = clinic_in(place.clinic.runtime, place.workspace).tried(export(*kinds, "appointments"))
    found = told_of(later)
    assert outcomes(found, "appointments") == {"unchanged": 1}
    assert found.records("locations") == []
