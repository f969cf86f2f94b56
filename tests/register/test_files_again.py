"""A file of a client stays one record, whether an export names its files in a list, or its folders alone.

Generated over the order in which exports come with and without the list.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from app.caspen.gateway import Gateway
from app.caspen.statements import at, fetch
from app.golive.live_check import check_live
from app.migration.states import Event, State
from app.worker.runtime import Runtime
from tests.harness.clinic import Clinic, clinic_in, runtime_in
from tests.records.joined import pages
from tests.register.story import Desk, Files, Tried, export, table, told_of

PDF = b"%PDF-1.4 a referral"
FOLDER = "Patient files/11 - O'Brien, Zoë"
BODIES = {"scan.pdf": PDF, "letters/gp.pdf": PDF + b" to the doctor", "photo.pdf": PDF + b" of a knee"}
DETAILS = {"5": "Referral", "6": "Letter", "7": ""}
WAYS = ("listed", "unlisted")
ORDERS = [order for number in (2, 3) for order in product(WAYS, repeat=number)]
COLUMNS = "name, folder, description, uploaded_by, source_created_at, sha256"


def lying(folder: str = FOLDER, bodies: Mapping[str, bytes] = BODIES) -> Files:
    return {**export("users"), **{f"{folder}/{path}": body for path, body in bodies.items()}}


def listed(folder: str = FOLDER, bodies: Mapping[str, bytes] = BODIES) -> Files:
    """The files with a list that says more of each, and that calls one of them otherwise."""
    header = ("id", "patient_id", "filename", "path", "description", "user_id", "created_at")
    names = {"scan.pdf": "Referral of Zoë.pdf", "letters/gp.pdf": "gp.pdf", "photo.pdf": "photo.pdf"}
    lines = [
        (id_, "11", names[path], f"{folder}/{path}", told, "5", "2026-01-02 09:00:00 +1100")
        for (id_, told), path in zip(DETAILS.items(), bodies, strict=False)
    ]
    return {**lying(folder, bodies), "patient_files.csv": table(header, *lines)}


EXPORTS = {"listed": listed, "unlisted": lying}


class Place:
    """A clinic whose exports go live one after the other."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.workspace = Desk(runtime).clinic().migration.workspace_id

    def finalised(self, files: Files) -> Tried:
        clinic = clinic_in(self.runtime, self.workspace)
        found = told_of(clinic.tried(files))
        assert found.answer["balanced"]
        assert clinic.finalised().state() is State.FINALISED
        return found

    def live(self, columns: str = COLUMNS) -> list[tuple[Any, ...]]:
        live = self.runtime.caspen.live
        named = ", ".join(f'"{name.strip()}"' for name in columns.split(","))
        with live.database.connection(reading=True) as connection:
            sql = f'SELECT {named} FROM {at(live.schema, "files")} WHERE "workspace_id" = ? ORDER BY "sha256"'
            return fetch(connection, sql, (self.workspace,))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with runtime_in(tmp_path / "var") as runtime:
        yield Place(runtime)


def expected_after(order: tuple[str, ...], tmp_path: Path) -> list[tuple[Any, ...]]:
    """What one export alone makes: with the list, where any of the exports had it."""
    with runtime_in(tmp_path / "alone") as runtime:
        alone = Place(runtime)
        alone.finalised(EXPORTS["listed" if "listed" in order else "unlisted"]())
        return alone.live()


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_files_stand_once_with_what_any_list_said_of_them(place: Place, order: tuple[str, ...], tmp_path: Path) -> None:
    ids: list[tuple[Any, ...]] = []
    told: set[str] = set()
    for way in order:
        found = place.finalised(EXPORTS[way]()).kind("patient_files")
        outcome = "created" if not ids else "updated" if way == "listed" and way not in told else "unchanged"
        assert found[outcome] == found["read"] == len(BODIES), (way, found)
        told.add(way)
        ids = ids or place.live("id")
        assert place.live("id") == ids
    assert place.live() == expected_after(order, tmp_path)
    assert all(checked.holds for checked in check_live(place.runtime))


@pytest.mark.parametrize("order", ORDERS[:4], ids="-".join)
def test_no_file_that_came_again_is_listed_as_gone(place: Place, order: tuple[str, ...]) -> None:
    for way in order:
        assert place.finalised(EXPORTS[way]()).problems("gone_from_export") == []
    some = dict(list(BODIES.items())[:1])
    gone = place.finalised(EXPORTS[order[0]](bodies=some)).problems("gone_from_export")
    assert sum(problem["count"] for problem in gone) == len(BODIES) - 1


@pytest.mark.parametrize("order", [o for o in ORDERS[:4] if o != ("listed", "listed")], ids="-".join)
def test_files_in_a_folder_with_another_name_of_the_client_stand_once(place: Place, order: tuple[str, ...]) -> None:
    renamed = "Patient files/11 - Lee, Zoë"
    place.finalised(EXPORTS[order[0]]())
    before = place.live("id")
    found = place.finalised(EXPORTS[order[1]](renamed)).kind("patient_files")
    assert found["created"] == 0
    assert place.live("id") == before


@pytest.mark.parametrize("order", ORDERS[:4], ids="-".join)
def test_a_file_that_people_deleted_is_not_brought_again(place: Place, order: tuple[str, ...]) -> None:
    place.finalised(EXPORTS[order[0]]())
    Gateway(place.runtime.caspen, place.workspace, "a receptionist").delete("files", place.live("id")[0][0])
    assert place.finalised(EXPORTS[order[1]]()).kind("patient_files")["created"] == 0
    assert len(place.live("id")) == len(BODIES)


@pytest.mark.parametrize("order", ORDERS[:4], ids="-".join)
def test_a_file_that_people_changed_keeps_their_change(place: Place, order: tuple[str, ...]) -> None:
    place.finalised(EXPORTS[order[0]]())
    Gateway(place.runtime.caspen, place.workspace, "a receptionist").edit(
        "files", place.live("id")[0][0], {"name": "Ours.pdf"}
    )
    assert place.finalised(EXPORTS[order[1]]()).kind("patient_files")["created"] == 0
    assert [name for (name,) in place.live("name")].count("Ours.pdf") == 1
    assert len(place.live("id")) == len(BODIES)


@pytest.mark.parametrize("order", ORDERS[:4], ids="-".join)
def test_the_page_of_a_file_shows_its_row(place: Place, order: tuple[str, ...]) -> None:
    place.finalised(EXPORTS[order[0]]())
    later = told_of(clinic_in(place.runtime, place.workspace).tried(EXPORTS[order[1]]()))
    origins = [origin() for record, _, origin in pages(later) if record.source_kind == "patient_files"]
    assert len(origins) == len(BODIES)
    for origin in origins:
        assert origin.row is not None, origin.why
        assert origin.row.source_id in DETAILS or order[1] == "unlisted"


def test_rows_under_earlier_keys_are_verified_like_all_others(place: Place) -> None:
    def compared(clinic: Clinic) -> int:
        [cells] = [work.result["looked_at"]["cells"] for work in clinic.work() if "looked_at" in work.result]
        return int(cells)

    place.finalised(lying())
    alone = Place(place.runtime).finalised(listed()).clinic
    assert compared(place.finalised(listed()).clinic) == compared(alone) > len(BODIES)


def test_other_bytes_and_other_ids_are_other_files(place: Place) -> None:
    place.finalised(listed())
    others = {path: body + b" again" for path, body in BODIES.items()}
    assert place.finalised(lying(bodies=others)).kind("patient_files")["created"] == len(BODIES)
    again: Files = {**listed(), "patient_files.csv": str(listed()["patient_files.csv"]).replace("\n5,", "\n55,")}
    assert place.finalised(again).kind("patient_files")["created"] == 1, "the list gives the same bytes another id"


@pytest.mark.parametrize("undone", ["older", "newer"])
@pytest.mark.parametrize("order", ORDERS[:4], ids="-".join)
def test_an_undo_keeps_the_files_of_the_other_move(place: Place, order: tuple[str, ...], undone: str) -> None:
    first = place.finalised(EXPORTS[order[0]]()).clinic
    alone = place.live()
    second = place.finalised(EXPORTS[order[1]]()).clinic
    both = place.live()
    clinic: Clinic = first if undone == "older" else second
    clinic.act(Event.UNDO)
    clinic.drain()
    assert place.live() == (both if undone == "older" else alone)


@pytest.mark.postgres
def test_postgres_keeps_one_record_of_each_file(postgres: str, tmp_path: Path) -> None:
    with runtime_in(tmp_path / "pg", database_url=postgres, caspen_database_url=postgres) as runtime:
        place = Place(runtime)
        for way in ("listed", "unlisted", "listed", "unlisted"):
            place.finalised(EXPORTS[way]())
        assert len(place.live()) == len(BODIES)
        assert [told for *_, told, _, _, _ in place.live("name, description, uploaded_by, folder, sha256")]
