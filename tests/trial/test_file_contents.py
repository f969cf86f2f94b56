"""The contents of clients' files are proven with the trial, outlive the export, and are deleted when nothing refers to
them.
"""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from app.caspen.gateway import Gateway
from app.caspen.live_files import NotThatContent
from app.caspen.tables import File
from app.migration.states import Event, State
from app.reading.attachment_storage import attachment_key, attachments_prefix
from app.storage import CannotOpen
from app.trial.file_contents import bring_contents, open_in_trial, sweep_workspaces
from app.worker.clean_up import purge
from app.worker.runtime import Runtime
from tests.harness.clinic import WORKSPACE, Clinic, clinic_files, clinic_in

BODIES = {f"Patient files/{1000 + n} - Lee{n}, Ann/scan.pdf": b"%PDF-1.4 " + bytes([n]) * 70_000 for n in range(6)}


def sums() -> set[str]:
    return {hashlib.sha256(body).hexdigest() for body in BODIES.values()}


def export(**more: bytes) -> dict[str, str | bytes]:
    return {**clinic_files(20, 0), **BODIES, **more}


def object_of(clinic: Clinic, sha256: str) -> Path:
    key = attachment_key(attachments_prefix(clinic.id, clinic.migration.export_number), sha256)
    return clinic.runtime.objects.root / key


def live_files(runtime: Runtime) -> list[File]:
    with runtime.caspen.live.database.read() as session:
        return list(session.exec(select(File).order_by(File.id)))


def kept(runtime: Runtime) -> set[str]:
    root = runtime.settings.files_folder
    return {path.name for path in root.rglob("*") if path.is_file()}


def test_a_trial_with_files_balances_and_its_bytes_are_those_of_the_export(clinic: Clinic) -> None:
    clinic.tried(export())
    assert clinic.trial.balanced
    for body in BODIES.values():
        with open_in_trial(clinic.runtime, clinic.migration, hashlib.sha256(body).hexdigest()) as content:
            assert content.read() == body


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("harm", [flipped, Path.unlink])
def test_one_harmed_content_is_named_and_the_trial_cannot_be_approved(clinic: Clinic, harm: object) -> None:
    clinic.hand_over(export())
    clinic.drain()
    path = next(iter(BODIES))
    harm(object_of(clinic, hashlib.sha256(BODIES[path]).hexdigest()))  # type: ignore[operator]
    clinic.start_trial()
    clinic.drain()
    assert not clinic.trial.balanced
    (reported,) = (line for line in clinic.problems("trial:1") if line.code == "file_bytes_altered")
    assert (reported.kind, reported.file, reported.line) == ("patient_files", "Patient files/", 1)
    assert reported.source_id == hashlib.sha256(path.encode()).hexdigest()


def test_a_content_that_was_put_in_anothers_place_is_found(clinic: Clinic) -> None:
    clinic.hand_over(export())
    clinic.drain()
    one, other, *_ = sorted(sums())
    object_of(clinic, one).write_bytes(object_of(clinic, other).read_bytes())
    clinic.start_trial()
    clinic.drain()
    assert [line.code for line in clinic.problems("trial:1")].count("file_bytes_altered") == 1


def test_files_outlive_the_export_and_its_key(clinic: Clinic) -> None:
    clinic.tried(export()).finalised()
    assert clinic.state() is State.FINALISED
    purge(clinic.runtime, clinic.id)
    assert not list(clinic.runtime.objects.list(clinic.id))
    found = live_files(clinic.runtime)
    assert {file.sha256 for file in found} == kept(clinic.runtime) == sums()
    for file in found:
        with clinic.runtime.files.open(WORKSPACE, file.sha256) as content:
            assert hashlib.sha256(content.read()).hexdigest() == file.sha256


def test_what_is_live_is_sealed_and_another_workspace_cannot_open_it(clinic: Clinic) -> None:
    clinic.tried(export()).finalised()
    sha256 = next(iter(sums()))
    root = clinic.runtime.settings.files_folder
    sealed = root / WORKSPACE / sha256[:2] / sha256
    assert b"%PDF" not in sealed.read_bytes()
    other = root / "wsp_other" / sha256[:2] / sha256
    other.parent.mkdir(parents=True)
    other.write_bytes(sealed.read_bytes())
    with pytest.raises(CannotOpen):
        clinic.runtime.files.open("wsp_other", sha256)


def test_undo_removes_what_nobody_touched_and_keeps_the_rest(clinic: Clinic) -> None:
    clinic.tried(export()).finalised()
    touched, *_ = live_files(clinic.runtime)
    Gateway(clinic.runtime.caspen, WORKSPACE, "sam").edit("files", touched.id, {"description": "Seen"})
    clinic.act(Event.UNDO)
    clinic.drain()
    assert {file.sha256 for file in live_files(clinic.runtime)} == kept(clinic.runtime) == {touched.sha256}


def test_a_second_export_brings_only_what_is_new_and_its_undo_brings_back_what_it_replaced(runtime: Runtime) -> None:
    path, body = next(iter(BODIES.items()))
    listed = "id,patient_id,filename,path,size\n7,1000,scan.pdf,{},{}\n"
    first, second = body, body + b"more"
    clinic_in(runtime).tried(export() | {path: first, "patient_files.csv": listed.format(path, len(first))}).finalised()
    again = clinic_in(runtime)
    again.tried(export() | {path: second, "patient_files.csv": listed.format(path, len(second))})
    (kind,) = (kind for kind in again.trial.kinds if kind["kind"] == "patient_files")
    assert (kind["updated"], kind["unchanged"]) == (1, 5)
    again.finalised()
    sweep_workspaces(runtime)
    assert kept(runtime) == sums() | {hashlib.sha256(second).hexdigest()}
    again.act(Event.UNDO)
    again.drain()
    assert kept(runtime) == sums() == {file.sha256 for file in live_files(runtime)}


def test_a_promotion_that_is_stopped_half_way_goes_on_and_leaves_nothing_behind(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic.tried(export())
    clinic.approve()
    added: list[str] = []
    add = clinic.runtime.files.add

    def interrupted(workspace_id: str, sha256: str, content: object) -> None:
        if len(added) == 3:
            added.append("stopped")
            raise KeyboardInterrupt
        added.append(sha256)
        add(workspace_id, sha256, content)  # type: ignore[arg-type]

    monkeypatch.setattr(clinic.runtime.files, "add", interrupted)
    with pytest.raises(KeyboardInterrupt):
        clinic.drain()
    assert not live_files(clinic.runtime)
    assert len(kept(clinic.runtime)) == 3
    assert sweep_workspaces(clinic.runtime) == 0  # what is on its way is left alone
    clinic.runtime.ledger.engine.dispose()
    for work in clinic.work(phase="promote"):
        assert work.owner
    monkeypatch.undo()
    with clinic.runtime.ledger.write() as session:
        for work in clinic.work(phase="promote"):
            work.leased_until = work.leased_until.replace(year=2000) if work.leased_until else None
            session.merge(work)
    clinic.drain("another")
    assert clinic.state() is State.FINALISED
    assert kept(clinic.runtime) == sums() == {file.sha256 for file in live_files(clinic.runtime)}


def test_contents_that_are_swept_while_they_arrive_are_brought_again(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic.tried(export())
    clinic.approve()
    turns: list[int] = []

    def then_swept(*given: Any) -> None:
        bring_contents(*given)
        if not turns:
            clinic.runtime.files.delete(WORKSPACE, next(iter(sums())))
        turns.append(1)

    monkeypatch.setattr("app.golive.finalise.bring_contents", then_swept)
    clinic.drain()
    assert (clinic.state(), len(turns)) == (State.FINALISED, 2)
    assert kept(clinic.runtime) == sums()


def test_a_content_that_changed_after_the_approval_does_not_go_live(clinic: Clinic) -> None:
    clinic.tried(export())
    clinic.approve()
    flipped(object_of(clinic, next(iter(sums()))))
    clinic.drain()
    assert clinic.state() is State.FINALISING_FAILED
    assert not live_files(clinic.runtime)


def test_cancelling_frees_the_room(clinic: Clinic) -> None:
    clinic.tried(export())
    clinic.act(Event.CANCEL)
    purge(clinic.runtime, clinic.id)
    assert not list(clinic.runtime.objects.list(clinic.id))
    assert not kept(clinic.runtime)


def test_a_replaced_export_leaves_no_contents_behind(clinic: Clinic) -> None:
    clinic.tried(export())
    old = attachments_prefix(clinic.id, clinic.migration.export_number)
    clinic.act(Event.REPLACE_EXPORT)
    clinic.hand_over(clinic_files(20, 0))
    clinic.drain()
    assert not list(clinic.runtime.objects.list(old.rstrip("/")))


def test_nothing_is_kept_under_a_sum_that_is_not_its_own(runtime: Runtime, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"other")
    with (tmp_path / "x").open("rb") as content, pytest.raises(NotThatContent):
        runtime.files.add(WORKSPACE, "ab" * 32, content)
    assert not kept(runtime)
