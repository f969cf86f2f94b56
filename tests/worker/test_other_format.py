"""An upgrade while an export is read: an index of another format is noticed, and reading starts again."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import select

from app.index import schema, store
from app.index.store import Index, OtherFormat
from app.index.stored_index import store_index
from app.migration.models import ExportFile, Part, ProblemLine
from app.migration.states import State
from app.reading import reading_stage
from app.worker.runtime import Runtime
from app.worker.work_loop import WorkerTurn, drain
from tests.harness.clinic import Clinic, clinic_files, clinic_in, patients
from tests.harness.waiting import patience

FILES: dict[str, str | bytes] = {
    **clinic_files(30, 40),
    "nothing.xyz": b"?",
    "Patients-2.csv": patients(8, Email="not an address"),
}


def _older(path: Path, change: str) -> None:
    """An index as an earlier version of this product left it."""
    index = Index._writing(path)
    index.connection.execute(change)
    index.close()


CHANGES = {
    "no number, as before it was kept": "PRAGMA user_version = 0",
    "another number": "PRAGMA user_version = 7",
    "the column of namesakes lacks": "ALTER TABLE rows DROP COLUMN namesake",
}


def _noted(runtime: Runtime, migration_id: str) -> list[tuple[object, ...]]:
    with runtime.ledger.read() as session:
        files = session.exec(select(ExportFile).where(ExportFile.migration_id == migration_id)).all()
        parts = session.exec(select(Part).where(Part.migration_id == migration_id)).all()
        lines = session.exec(select(ProblemLine).where(ProblemLine.migration_id == migration_id)).all()
    return sorted(
        [
            *(("file", f.number, f.path, f.kind or "", f.rows, f.refused or "") for f in files),
            *(("part", p.number, p.kind, "", p.rows, p.digest) for p in parts),
            *(("line", x.count, x.code, x.kind or "", x.line or 0, x.file or "") for x in lines),
        ],
        key=str,
    )


@pytest.fixture
def undisturbed(runtime: Runtime) -> list[tuple[object, ...]]:
    clinic = clinic_in(runtime, workspace="wsp_other")
    clinic.hand_over(FILES)
    clinic.drain()
    assert clinic.state() is State.MATCHING
    return _noted(runtime, clinic.id)


def _kept_index(clinic: Clinic) -> str:
    (work,) = clinic.work(phase="read")
    return str(work.result["index"])


def _change_kept(clinic: Clinic, change: str) -> None:
    """Changes the index in safe storage, and the number where the change is one of the tables."""
    runtime, path = clinic.runtime, clinic.runtime.scratch.folder / "older"
    key = _kept_index(clinic)
    with runtime.objects.reader(key, runtime.key(clinic.migration)) as kept, path.open("wb") as plain:
        shutil.copyfileobj(kept, plain)
    _older(path, change)
    if not change.startswith("PRAGMA"):
        _older(path, "PRAGMA user_version = 0")
    store_index(runtime, clinic.migration, path, key)
    store.remove(path)


def _until(clinic: Clinic, claim: Callable[[], bool]) -> None:
    drain(clinic.runtime, clinic.id, patience(60), WorkerTurn("before the upgrade", claim))


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("phase", ["read", "resolve"])
def test_an_export_that_was_half_read_is_read_from_the_start(
    runtime: Runtime,
    undisturbed: list[tuple[object, ...]],
    monkeypatch: pytest.MonkeyPatch,
    phase: str,
    name: str,
) -> None:
    monkeypatch.setattr(reading_stage, "SAFE_EVERY_SECONDS", -1.0)
    monkeypatch.setattr(reading_stage, "SAFE_COST", 0.0)
    clinic = clinic_in(runtime)
    clinic.hand_over(FILES)
    _until(clinic, lambda: _is_at(clinic, phase))
    assert clinic.state() is State.READING
    assert (clinic.work(phase="read")[0].state == "done") is (phase == "resolve")
    assert any(one[0] == "file" and one[4] for one in _noted(runtime, clinic.id)), "some rows were read"
    _change_kept(clinic, CHANGES[name])

    clinic.drain("after the upgrade")

    assert clinic.state() is State.MATCHING
    assert _noted(runtime, clinic.id) == undisturbed


def _is_at(clinic: Clinic, phase: str) -> bool:
    """Whether some files are read and kept, and for `resolve` all of them."""
    works = clinic.work(phase="read")
    if not works or "index" not in works[0].result:
        return False
    return works[0].state == "done" if phase == "resolve" else True


def test_an_index_that_this_version_makes_can_be_taken_over(tmp_path: Path) -> None:
    Index.create(tmp_path / "i").close()
    Index.resume(tmp_path / "i").close()
    _older(tmp_path / "i", "PRAGMA user_version = 0")
    with pytest.raises(OtherFormat):
        Index.resume(tmp_path / "i")


def test_every_change_of_a_table_or_of_a_meaning_is_another_format() -> None:
    statements = (*schema.WHILE_READING, *schema.WHILE_RESOLVING)
    others = {schema.format_of(schema.MEANING + 1, *statements)}
    for place, statement in enumerate(statements):
        others.add(schema.format_of(schema.MEANING, *statements[:place], statement + " ", *statements[place + 1 :]))
        others.add(schema.format_of(schema.MEANING, *statements[:place], *statements[place + 1 :]))
    assert schema.FORMAT not in others
    assert len(others) == 2 * len(statements) + 1
    assert 0 < schema.FORMAT < 2**31
