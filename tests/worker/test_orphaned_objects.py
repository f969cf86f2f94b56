"""Objects that a dead process left in storage are removed after a while; objects that the ledger names, and unfinished
ones, stay.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from app.db import now
from app.migration.states import Event, State
from app.worker.clean_up import places, sweep_orphans, wanted_objects
from tests.harness.clinic import Clinic, clinic_files

LATER = timedelta(hours=2)


def put(clinic: Clinic, key: str) -> str:
    with clinic.runtime.objects.writer(f"{clinic.id}/{key}", clinic.runtime.key(clinic.migration)) as out:
        out.write(b"nobody's")
    return f"{clinic.id}/{key}"


def half_written(clinic: Clinic, key: str) -> Path:
    path = clinic.runtime.objects.root / clinic.id / key
    path.write_bytes(b"half")
    return path


def test_no_object_that_the_ledger_names_is_swept(clinic: Clinic) -> None:
    clinic.tried().finalised()
    stored = set(clinic.runtime.objects.list(clinic.id))
    with clinic.runtime.ledger.read() as session:
        looked_at = {key for prefix, _ in places(clinic.id, 1) for key in clinic.runtime.objects.list(prefix)}
        assert looked_at == wanted_objects(session, clinic.id)
    assert sweep_orphans(clinic.runtime, now() + timedelta(days=5)) == 0
    assert set(clinic.runtime.objects.list(clinic.id)) == stored


def test_an_orphaned_object_is_removed_after_an_hour_and_an_upload_after_a_day(clinic: Clinic) -> None:
    clinic.tried()
    part, upload = put(clinic, "export-1/parts/9-000001"), put(clinic, "files/aaaa")
    half = half_written(clinic, "export-1/parts/9-000002~temp01")
    assert sweep_orphans(clinic.runtime) == 0
    assert sweep_orphans(clinic.runtime, now() + LATER) == 2
    assert not clinic.runtime.objects.exists(part)
    assert not half.exists()
    assert clinic.runtime.objects.exists(upload)
    assert sweep_orphans(clinic.runtime, now() + timedelta(hours=25)) == 1
    assert sweep_orphans(clinic.runtime, now() + timedelta(hours=25)) == 0


@pytest.mark.parametrize("paused", [False, True])
def test_an_export_that_is_being_read_is_left_alone(clinic: Clinic, paused: bool) -> None:
    clinic.hand_over(clinic_files())
    if paused:
        clinic.act(Event.PAUSE)
    assert clinic.state() is (State.PAUSED if paused else State.FETCHING)
    part = put(clinic, "export-1/parts/1-000001")
    assert sweep_orphans(clinic.runtime, now() + timedelta(days=5)) == 0
    assert clinic.runtime.objects.exists(part)


def test_a_store_that_is_made_again_after_its_trial_was_dropped_goes(clinic: Clinic) -> None:
    clinic.tried()
    clinic.act(Event.CHANGE_PLAN)
    clinic.start_trial()
    clinic.drain()
    caspen = clinic.runtime.caspen
    caspen.create_trial(clinic.migration.workspace_id, clinic.id, 1, 1)
    assert len(caspen.trial_names()) == 2
    assert sweep_orphans(clinic.runtime) == 1
    assert [name[-2:] for name in caspen.trial_names()] == ["_2"]


def test_reading_leaves_nothing_of_the_index_in_the_clear(clinic: Clinic) -> None:
    clinic.hand_over(clinic_files())
    clinic.drain()
    assert list(clinic.runtime.scratch.folder.iterdir()) == []
